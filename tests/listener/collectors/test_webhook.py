"""Signed inbound mentions."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import SourceUnreadable
from core.text import mention_key
from listener.collectors.webhook import MAX_MENTIONS, Collector, Options, WebhookRefused, read, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
BODY = b'{"text": "hi"}'
AT = 1_614_265_330
NOW = datetime.fromtimestamp(AT, UTC)


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": Options(secrets=(SECRET,)), "pushed": True}


def signed(secret: str = SECRET, **changed: str) -> dict[str, str]:
    headers = {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(AT)} | changed
    return {"Webhook-Signature": sign(headers["Webhook-Id"], headers["Webhook-Timestamp"], BODY, secret)} | headers


def test_the_signature_is_the_one_of_the_standard() -> None:
    # The example that the standard's own libraries are tested with.
    body = b'{"test": 2432232314}'
    assert sign("msg_p5jXN8AQM9LWM0D4loKWxJek", str(AT), body, SECRET) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_message_gives_its_id() -> None:
    assert verify(signed(), BODY, [SECRET], NOW) == "msg_1"
    assert verify({name.lower(): value for name, value in signed().items()}, BODY, [SECRET], NOW) == "msg_1"


def test_any_of_several_secrets_and_signatures_will_do() -> None:
    assert verify(signed(OTHER), BODY, [SECRET, OTHER], NOW) == "msg_1"
    several = signed() | {"Webhook-Signature": f"v1a,xyz v2,abc v1,{'A' * 43}= {signed()['Webhook-Signature']}"}
    assert verify(several, BODY, [SECRET], NOW) == "msg_1"


@pytest.mark.parametrize("off", [300, -300])
def test_a_clock_may_be_five_minutes_off(off: int) -> None:
    assert verify(signed(), BODY, [SECRET], NOW + timedelta(seconds=off)) == "msg_1"
    with pytest.raises(WebhookRefused, match="five minutes"):
        verify(signed(), BODY, [SECRET], NOW + timedelta(seconds=off + (1 if off > 0 else -1)))


@pytest.mark.parametrize(
    ("changed", "body", "secrets"),
    [
        ({}, BODY + b" ", [SECRET]),
        ({}, BODY, [OTHER]),
        ({}, BODY, []),
        ({"Webhook-Id": ""}, BODY, [SECRET]),
        ({"Webhook-Id": "x" * 201}, BODY, [SECRET]),
        ({"Webhook-Id": "a\nb"}, BODY, [SECRET]),
        ({"Webhook-Timestamp": "now"}, BODY, [SECRET]),
        ({"Webhook-Timestamp": "9" * 30}, BODY, [SECRET]),
        ({"Webhook-Timestamp": "-1"}, BODY, [SECRET]),
    ],
)
def test_a_message_that_does_not_fit_is_refused(changed: dict[str, str], body: bytes, secrets: list[str]) -> None:
    with pytest.raises(WebhookRefused):
        verify(signed(**changed), body, secrets, NOW)


@pytest.mark.parametrize("signature", ["", "v1", "v1,", "v1,ấm", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1, " * 1000])
def test_a_message_without_a_fitting_signature_is_refused(signature: str) -> None:
    with pytest.raises(WebhookRefused, match="no signature fits"):
        verify(signed() | {"Webhook-Signature": signature}, BODY, [SECRET], NOW)


def test_a_signature_of_another_id_or_time_is_refused() -> None:
    for name, value in (("Webhook-Id", "msg_2"), ("Webhook-Timestamp", str(AT + 1))):
        with pytest.raises(WebhookRefused):
            verify(signed() | {name: value}, BODY, [SECRET], NOW)


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (b'{"text": "a"}', ["a"]),
        (b'[{"text": "a"}, {"text": "b"}]', ["a", "b"]),
        (b'{"mentions": [{"text": "a"}]}', ["a"]),
        (b'{"type": "mention.created", "timestamp": "x", "data": {"text": "a"}}', ["a"]),
        (b'{"type": "mentions", "data": [{"text": "a"}]}', ["a"]),
        (b'{"data": {"mentions": [{"text": "a"}]}}', ["a"]),
        (b"[]", []),
    ],
)
def test_a_message_holds_mentions_in_any_of_its_shapes(body: bytes, texts: list[str]) -> None:
    page = read(body, source_id="hook", seen_at=NOW)
    assert [mention.text for mention in page.mentions] == texts
    assert page.skipped == 0


def test_the_sender_is_bound_to_its_source() -> None:
    (mention,) = read(
        b'{"text": "a", "native_id": "1", "source_id": "vnexpress", "seen_at": "2020-01-01T00:00:00Z"}', source_id="hook", seen_at=NOW
    ).mentions
    assert (mention.source_id, mention.key, mention.seen_at) == ("hook", mention_key("webhook", "hook", "1"), NOW)


def test_what_cannot_be_read_is_counted_and_the_rest_is_kept() -> None:
    page = read(b'[{"text": "a"}, 5, {"text": "b", "published_at": "2026-11-21T10:00:00"}]', source_id="hook", seen_at=NOW)
    assert (len(page.mentions), page.skipped, page.problem) == (1, 2, "not a JSON object")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"5", b'"x"', b'{"mentions": 5}', b"[" * 100_000, b"\xff", b"[" + b"{}," * MAX_MENTIONS + b"{}]"]
)
def test_a_message_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(SourceUnreadable):
        read(body, source_id="hook", seen_at=NOW)


@pytest.mark.parametrize("secrets", [[], ["hunter2"], ["whsec_!!"], ["whsec_c2hvcnQ="], [SECRET] * 6])
def test_a_weak_or_broken_secret_is_refused_and_not_shown(secrets: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(secrets=secrets)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValueError, match="whsec_"):
        sign("a", "1", b"", "hunter2")


async def test_nothing_is_polled() -> None:
    assert [page async for page in Collector(Options(secrets=(SECRET,)), source_id="hook").listen(None)] == []
    assert SECRET not in repr(Options(secrets=(SECRET,)))
    assert Options(secrets=(SECRET,)).keys() == (SECRET,)
