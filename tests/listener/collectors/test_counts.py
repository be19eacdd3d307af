"""Numbers from a file that grows, over HTTP, and pushed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from listener.base import Page
from listener.collectors.counts import Collector, Options, receive
from listener.collectors.webhook import sign
from listener.pushed import WebhookRefused

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)  # ten in Hà Nội


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": Options(secrets=(SECRET,)), "pushed": True}


async def look(options: Options, cursor: str | None = None, *, allow: tuple[str, ...] = (), now: datetime = NOW) -> Page:
    async with Fetcher(now=lambda: now, allow=allow) as http:
        (page,) = [page async for page in Collector(options, source_id="hotline", http=http, now=lambda: now).listen(cursor)]
    return page


def told(page: Page) -> list[tuple[str, str, float]]:
    return [(one.name, one.at.isoformat()[:16], one.value) for one in page.counts]


async def test_a_file_that_grows_tells_what_is_new_and_what_may_be_corrected(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("timestamp,value\n2026-11-18 09:00,5\n2026-11-21 09:30,6\n2026-11-21 09:45,7\n")
    options = Options(path=path, name="Hotline")
    first = await look(options)
    assert told(first) == [("Hotline", "2026-11-18T02:00", 5.0), ("Hotline", "2026-11-21T02:30", 6.0), ("Hotline", "2026-11-21T02:45", 7.0)]
    same = await look(options, first.cursor)
    assert (same.counts, same.unchanged) == ((), True)
    path.write_text(path.read_text().replace("09:45,7", "09:45,48") + "2026-11-21 10:00,9\n")
    assert told(await look(options, same.cursor)) == [
        ("Hotline", "2026-11-21T02:30", 6.0), ("Hotline", "2026-11-21T02:45", 48.0), ("Hotline", "2026-11-21T03:00", 9.0),
    ]  # fmt: skip


async def test_a_vietnamese_file_of_an_old_excel_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tong-dai.csv"
    text = "Báo cáo tổng đài;;\nThời gian;Số cuộc gọi;Nhánh\n21/11/2026 09:00;1.204;Đặt hàng\nhỏng;;\n"
    path.write_bytes(decomposed(text).encode("cp1258"))
    page = await look(Options(path=path, columns={"value": "Số cuộc gọi"}))
    assert told(page) == [("Đặt hàng", "2026-11-21T02:00", 1204.0)]
    assert (page.skipped, page.problem) == (1, "line 4: no time or no number from 0")


def decomposed(text: str) -> str:
    """Windows-1258 has tones as marks of their own."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    import unicodedata

    found = ""
    for char in text:
        apart = unicodedata.normalize("NFD", char)
        tone = "".join(mark for mark in apart if mark in tones)
        found += unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in tones)) + tone
    return found


async def test_a_missing_file_and_one_without_numbers_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="cannot read the file"):
        await look(Options(path=tmp_path / "none.csv"))
    (tmp_path / "a.csv").write_text("one,two\n1,2\n")
    with pytest.raises(SourceUnreadable, match="no column for at"):
        await look(Options(path=tmp_path / "a.csv"))


class Desk:
    """A ticket system that tells numbers as JSON."""

    document: Any = None
    status = 200
    shown: str | None = None

    async def handle(self, request: web.Request) -> web.Response:
        self.shown = request.headers.get("Authorization")
        return web.json_response(self.document, status=self.status)


@pytest.fixture
async def desk() -> AsyncIterator[tuple[Desk, TestServer]]:
    desk, app = Desk(), web.Application()
    app.router.add_get("/stats", desk.handle)
    server = TestServer(app)
    await server.start_server()
    yield desk, server
    await server.close()


@pytest.mark.parametrize(
    ("document", "pointer", "columns", "expected"),
    [
        ({"open": 12}, "/open", {}, [("Phiếu", "2026-11-21T03:00", 12.0)]),
        ({"data": [{"t": "2026-11-21T02:00:00Z", "n": 4}]}, "/data", {"at": "t", "value": "n"}, [("Phiếu", "2026-11-21T02:00", 4.0)]),
        (
            {"a/b": {"hoàn tiền": 3, "khiếu nại": 8}},
            "/a~1b",
            {},
            [("hoàn tiền", "2026-11-21T03:00", 3.0), ("khiếu nại", "2026-11-21T03:00", 8.0)],
        ),
        ([{"name": "x", "at": "21/11/2026 09:00", "value": "7"}], "", {}, [("x", "2026-11-21T02:00", 7.0)]),
    ],
)
async def test_json_tells_a_number_a_list_or_numbers_by_name(desk: Any, document: Any, pointer: str, columns: Any, expected: Any) -> None:
    place, server = desk
    place.document = document
    options = Options(url=str(server.make_url("/stats")), pointer=pointer, name="Phiếu", columns=columns, token="t0ken-of-desk")
    page = await look(options, allow=(f"127.0.0.1:{server.port}",))
    assert told(page) == expected
    assert place.shown == "Bearer t0ken-of-desk"
    assert "t0ken" not in str(page.cursor)


async def test_a_growing_total_is_told_by_what_came_since(desk: Any) -> None:
    place, server = desk
    options = Options(url=str(server.make_url("/stats")), pointer="/n", means="total")
    cursor, found = None, []
    for turn, total in enumerate((100, 107, 130, 4)):
        place.document = {"n": total}
        page = await look(options, cursor, allow=(f"127.0.0.1:{server.port}",), now=NOW + turn * timedelta(minutes=5))
        cursor, found = page.cursor, [*found, [one.value for one in page.counts]]
    assert found == [[], [7.0], [23.0], [4.0]]


@pytest.mark.parametrize(("status", "error"), [(401, SourceRejected), (503, SourceUnavailable)])
async def test_a_status_says_what_to_do(desk: Any, status: int, error: type[Exception]) -> None:
    place, server = desk
    place.status = status
    with pytest.raises(error) as caught:
        await look(Options(url=str(server.make_url("/stats")), token="t0ken-of-desk"), allow=(f"127.0.0.1:{server.port}",))
    assert "t0ken" not in str(caught.value)


async def test_a_pointer_that_leads_nowhere_and_text_are_unreadable(desk: Any) -> None:
    place, server = desk
    for document, pointer in (({"a": 1}, "/b"), ({"a": "many"}, "/a"), ({"a": [-1]}, "/a/0"), ({"a": [1]}, "/a/01/x")):
        place.document = document
        with pytest.raises(SourceUnreadable):
            await look(Options(url=str(server.make_url("/stats")), pointer=pointer), allow=(f"127.0.0.1:{server.port}",))


def pushed(body: Any, secret: str = SECRET) -> Page:
    data = json.dumps(body).encode()
    sent = str(int(NOW.timestamp()))
    headers = {"webhook-id": "m1", "webhook-timestamp": sent, "webhook-signature": sign("m1", sent, data, secret)}
    return receive(headers, data, Options(secrets=(SECRET,)), source_id="hotline", now=NOW)


def test_numbers_may_be_pushed_signed() -> None:
    assert told(pushed({"name": "Hotline", "at": "2026-11-21T02:45:00Z", "value": 48})) == [("Hotline", "2026-11-21T02:45", 48.0)]
    assert [one.value for one in pushed([{"value": 1, "name": "a"}, {"value": 2, "name": "b"}]).counts] == [1.0, 2.0]
    with pytest.raises(WebhookRefused):
        pushed({"value": 1}, "whsec_" + "QUFB" * 12)
    for body in ({"value": "many"}, {"value": True}, {"value": -1}, {"value": 1, "at": "soon"}, {"value": 1, "at": "2027-01-01T00:00:00Z"}):
        with pytest.raises(SourceUnreadable):
            pushed(body)


@pytest.mark.parametrize("given", [{}, {"path": "a.csv", "url": "https://a.example/"}, {"url": "file:///etc/passwd"}, {"path": "a", "timezone": "Hanoi"},
    {"secrets": ["short"]}, {"secrets": [SECRET], "means": "total"}, {"url": "https://a.example/", "pointer": "n"}])  # fmt: skip
def test_a_slip_in_the_options_is_told(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**given)
