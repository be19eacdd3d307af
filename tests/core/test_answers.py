"""What an answer means."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime

import pytest

from core.answers import MAX_RETRY_AFTER_S, Answer, Limits, Unpacker, check_status, redacted, retry_after_s
from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LIMITS = Limits(wire_bytes=100_000, decoded_bytes=1_000_000, ratio_after_bytes=200_000, ratio=100)


def answer(status: int, retry_after: float | None = None) -> Answer:
    return Answer(status=status, headers={}, body=b"", url="http://x.example/", retry_after_s=retry_after)


@pytest.mark.parametrize("status", [200, 204, 206, 226, 304])
def test_a_good_status_says_nothing(status: int) -> None:
    check_status(answer(status), "rss")


@pytest.mark.parametrize("status", [401, 403, 410])
def test_refused_credentials_and_gone_for_good_pause_a_source(status: int) -> None:
    with pytest.raises(SourceRejected, match=str(status)):
        check_status(answer(status), "rss")


@pytest.mark.parametrize("status", [300, 302, 400, 404, 405, 406, 408, 418, 425, 429, 451, 500, 502, 503, 504, 520, 999])
def test_any_other_status_may_pass(status: int) -> None:
    with pytest.raises(SourceUnavailable, match=str(status)) as caught:
        check_status(answer(status, 7.0), "rss")
    assert caught.value.retry_after_s == 7.0


def test_a_403_that_names_a_time_to_wait_is_a_rate_limit() -> None:
    with pytest.raises(SourceUnavailable):
        check_status(answer(403, 60.0), "rss")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "999999999999999999999"}, MAX_RETRY_AFTER_S),
        ({"retry-after": "Sat, 21 Nov 2026 03:10:00 GMT"}, 600.0),
        ({"retry-after": "Sat, 21 Nov 2026 03:10:00 GMT", "date": "Sat, 21 Nov 2026 03:09:00 GMT"}, 60.0),
        ({"retry-after": "Sat, 21 Nov 2020 03:10:00 GMT"}, 0.0),
        ({"retry-after": "Sat, 21 Nov 2099 03:10:00 GMT"}, MAX_RETRY_AFTER_S),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "١٢"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_how_long_a_place_asks_us_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://lan:secret@x.example:8443/a/b?token=abc#frag", "https://x.example:8443/a/b?..."),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http://[broken/?token=abc", "(an address that cannot be read)"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert redacted(url) == shown


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


BODY = b"<rss>" + bytes(range(256)) * 1000
PACKED = {
    "gzip": gzip.compress(BODY),
    "x-gzip": gzip.compress(BODY[:100]) + gzip.compress(BODY[100:]) + b"\0\0\0",
    "deflate": zlib.compress(BODY),
    "Deflate ": raw_deflate(BODY),
}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("step", [1, 7, 4096, 10**7])
def test_a_packed_body_is_unpacked_however_it_is_cut(encoding: str, step: int) -> None:
    unpacker = Unpacker(encoding, Limits(), "rss")
    for at in range(0, len(PACKED[encoding]), step):
        unpacker.feed(PACKED[encoding][at : at + step])
    assert unpacker.finish() == BODY


def test_a_bomb_is_refused_before_it_grows() -> None:
    with pytest.raises(SourceUnreadable, match="times its size"):
        Unpacker("gzip", Limits(), "rss").feed(gzip.compress(bytes(50_000_000))[:12_000])
    with pytest.raises(SourceUnreadable, match="times its size"):
        Unpacker("gzip", Limits(ratio=10), "rss").feed(gzip.compress(bytes(50_000_000)))
    with pytest.raises(SourceUnreadable, match="bytes unpacked"):
        Unpacker("gzip", Limits(ratio=10_000), "rss").feed(gzip.compress(bytes(50_000_000)))


def test_a_body_too_large_on_the_wire_is_refused() -> None:
    unpacker = Unpacker("", LIMITS, "rss")
    unpacker.feed(bytes(100_000))
    with pytest.raises(SourceUnreadable, match="100,000 bytes"):
        unpacker.feed(b"x")


def test_a_broken_or_cut_or_unknown_packing_is_told_apart() -> None:
    with pytest.raises(SourceUnreadable, match="broken"):
        Unpacker("gzip", LIMITS, "rss").feed(b"no gzip at all")
    with pytest.raises(SourceUnreadable, match="did not ask"):
        Unpacker("br", LIMITS, "rss")
    cut = Unpacker("gzip", Limits(), "rss")
    cut.feed(PACKED["gzip"][:-10])
    with pytest.raises(SourceUnavailable, match="cut short"):
        cut.finish()
