"""What an answer means for a delivery: the table of faults of R6, and no word of the address in any of them."""

from __future__ import annotations

import email
import email.policy
import traceback
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from alerting.posting import MAX_SAID, is_fine, multipart, post, refused, said, told
from core.errors import DeliveryFailed
from core.http import Answer, Fetcher
from tests.core.site import SMALL, Site, fetcher, serving


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as found:
        yield found


async def failure(http: Fetcher, url: str) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        await post(http, url, place="chat", payload={"text": "á"})
    assert "sesame" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    return caught.value


async def test_what_is_posted_is_json_and_any_status_comes_back(site: Site) -> None:
    site.answer = lambda _: web.json_response({"ok": False}, status=418)
    async with fetcher(allow=[site.pair]) as http:
        answer = await post(
            http, site.url("/sesame"), place="chat", payload={"text": "á"}, headers={"authorization": "Bearer x"}, method="PUT"
        )
    asked = site.asked[0]
    assert (asked.method, asked.content_type, asked.headers["authorization"]) == ("PUT", "application/json", "Bearer x")
    assert (answer.status, told(answer), is_fine(answer)) == (418, {"ok": False}, False)


async def test_a_definite_no_and_an_ambiguous_silence_are_told_apart(site: Site) -> None:
    def silent(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with fetcher(allow=[site.pair, "127.0.0.1:9"], limits=SMALL) as http:
        nobody = await failure(http, "http://127.0.0.1:9/sesame")
        forbidden = await failure(http, "http://127.0.0.2/sesame")
        unreadable = (await failure(http, "ftp://sesame.example")).permanent
        site.answer = lambda _: web.Response(body=b"x", headers={"content-encoding": "br"})
        packed = await failure(http, site.url("/sesame"))
        site.answer = silent
        broken = await failure(http, site.url("/sesame"))
    assert (nobody.permanent, nobody.ambiguous) == (False, False)
    assert not any(one.answered for one in (nobody, forbidden, packed, broken))
    assert (forbidden.permanent, forbidden.reason) == (True, "chat: the address is not allowed")
    assert unreadable
    assert (packed.permanent, packed.ambiguous) == (False, True)
    assert (broken.permanent, broken.ambiguous) == (False, True)


@pytest.mark.parametrize(
    ("status", "permanent", "ambiguous"),
    [
        (400, True, False), (401, True, False), (403, True, False), (404, True, False), (410, True, False), (413, True, False), (408, False, False),
        (409, False, False), (425, False, False), (429, False, False), (500, False, True), (502, False, True), (503, False, True),
    ],
)  # fmt: skip
def test_each_status_means_what_it_means(status: int, permanent: bool, ambiguous: bool) -> None:
    failed = refused("chat", status, says="why")
    assert (failed.permanent, failed.ambiguous, str(failed)) == (permanent, ambiguous, f"chat answered with status {status}: why")
    assert failed.answered


@pytest.mark.parametrize(("asked", "waits"), [(None, None), (30.0, 30.0), (86_400.0, 900.0), (-1.0, 0.0)])
def test_it_waits_as_long_as_asked_within_reason(asked: float | None, waits: float | None) -> None:
    assert refused("chat", 429, wait_s=asked).retry_after_s == waits


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b"\xff"])
def test_an_answer_that_is_no_object_says_nothing(body: bytes) -> None:
    assert told(Answer(status=200, headers={}, body=body, url="")) == {}


def test_the_words_of_a_service_are_one_short_dead_line() -> None:
    assert said("Bad Request:\ncan't parse <b> at https://evil.example") == "Bad Request: can't parse ‹b› at hxxps[:]//evil[.]example"
    assert len(said("x" * 5000)) == MAX_SAID
    assert said({"no": "text"}) == ""


def test_a_form_with_a_file_reads_back() -> None:
    body, headers = multipart({"chat_id": "7", "caption": "nổ\r\n--x"}, {"photo": ("chart.png", "image/png", b"\x89PNG\r\n\x00")})
    head = f"content-type: {headers['content-type']}\r\n\r\n".encode()
    parts = list(email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts())
    assert [part.get_param("name", header="content-disposition") for part in parts] == ["chat_id", "caption", "photo"]
    assert parts[1].get_payload(decode=True) == "nổ\r\n--x".encode()
    assert (parts[2].get_filename(), parts[2].get_content_type(), parts[2].get_payload(decode=True)) == (
        "chart.png",
        "image/png",
        b"\x89PNG\r\n\x00",
    )
