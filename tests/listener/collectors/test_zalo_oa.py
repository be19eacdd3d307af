"""An Official Account, asked at a real local server and pushed to."""

from __future__ import annotations

import fcntl
import json
import stat
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from core.records import Mention
from core.text import mention_key
from listener.base import Page
from listener.collectors.zalo_oa import Collector, Options, receive
from listener.pushed import WebhookRefused
from listener.zalo import sign

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
AT = int(NOW.timestamp() * 1000)
APP = "431234567890123456"
KEYS = {"secret_key": "app-secret-1", "oa_secret": "oa-secret-1"}
OA = "900"


def chat(number: int, text: str, person: str = "7", *, ago_s: int = 60, own: bool = False, **more: Any) -> dict[str, Any]:
    sides = {"from_id": OA, "to_id": person} if own else {"from_id": person, "to_id": OA}
    told = {"src": 0 if own else 1, "time": AT - ago_s * 1000, "type": "text", "message": text, "message_id": f"m{number}"}
    return told | sides | {"from_display_name": "Acme" if own else "Lan", "from_avatar": "https://a.example/1.jpg"} | more


def tokens(folder: Path, **told: Any) -> Path:
    path = folder / "zalo.json"
    good = {"refresh_token": "refresh-1", "access_token": "access-1", "expires_at": (NOW + timedelta(hours=5)).isoformat()}
    path.write_text(json.dumps(told or good))
    path.chmod(0o600)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Zalo:
    """Zalo's side: conversations, and a login that takes each refresh token once."""

    def __init__(self) -> None:
        self.talks: dict[str, list[dict[str, Any]]] = {}
        self.access = "access-1"
        self.refresh = "refresh-1"
        self.exchanged = 0
        self.error: tuple[int, str] = (0, "Success")
        self.asked: list[str] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/v4/oa/access_token"):
            return await self._login(request)
        data = json.loads(request.query["data"])
        self.asked.append(request.path.rpartition("/")[2])
        if request.headers.get("access_token") != self.access:
            return web.json_response({"error": -216, "message": "Access token is invalid"})
        if self.error[0]:
            return web.json_response({"error": self.error[0], "message": self.error[1]})
        if request.path.endswith("/listrecentchat"):
            found = sorted((talk[0] for talk in self.talks.values() if talk), key=lambda each: -each.get("time", 0))
        else:
            found = self.talks[str(data["user_id"])]
        return web.json_response({"error": 0, "message": "Success", "data": found[data["offset"] : data["offset"] + data["count"]]})

    async def _login(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert (form["app_id"], form["grant_type"], request.headers["secret_key"]) == (APP, "refresh_token", KEYS["secret_key"])
        if form["refresh_token"] != self.refresh:
            return web.json_response({"error": -14014, "error_name": "Invalid refresh token", "error_reason": "used"})
        self.exchanged += 1
        self.access, self.refresh = f"access-new-{self.exchanged}", f"refresh-new-{self.exchanged}"
        return web.json_response({"access_token": self.access, "refresh_token": self.refresh, "expires_in": "90000"})


async def serve(request: web.Request, answer: str) -> web.StreamResponse:
    if answer == "malformed":
        return web.json_response(["no"])
    zalo = Zalo()
    zalo.talks = {} if answer == "empty" else {"7": [chat(1, "Ấm nổ")], "8": [chat(2, "Ấm tốt", "8")]}
    return await zalo.handle(request)


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": Options(app_id=APP, secret_key=KEYS["secret_key"], tokens_file=tokens(folder), api=url, oauth=url), "serve": serve}


@pytest.fixture
async def zalo() -> AsyncIterator[Zalo]:
    zalo = Zalo()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", zalo.handle)
    zalo.server = TestServer(app)
    await zalo.server.start_server()
    yield zalo
    await zalo.server.close()


async def look(zalo: Zalo, file: Path, cursor: str | None = None) -> list[Page]:
    url = str(zalo.server.make_url("/"))
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{zalo.server.port}"]) as http:
        options = Options(app_id=APP, tokens_file=file, api=url, oauth=url, **KEYS)
        return [page async for page in Collector(options, source_id="oa", http=http, now=lambda: NOW).listen(cursor)]


def heard(pages: list[Page]) -> dict[str, Mention]:
    return {mention.native_id: mention for page in pages for mention in page.mentions}


async def test_what_people_write_becomes_mentions_and_the_answers_are_our_own(zalo: Zalo, tmp_path: Path) -> None:
    zalo.talks = {"7": [chat(1, "Ấm Acme cháy!")], "8": [chat(2, "Dạ vâng", "8", own=True)]}
    mentions = heard(await look(zalo, tokens(tmp_path)))
    said = mentions["m1"]
    assert said.key == mention_key("zalo_oa", "zalo.me", "m1")
    assert (said.text, said.kind, mentions["m2"].kind) == ("Ấm Acme cháy!", "original", "own")
    assert said.published_at == NOW - timedelta(seconds=60)
    assert said.author is not None
    assert (said.author.key, said.author.name) == ("zalo.me/7", "Lan")


async def test_a_new_message_opens_its_conversation_and_nothing_comes_twice(zalo: Zalo, tmp_path: Path) -> None:
    zalo.talks = {"7": [chat(1, "một")], "8": [chat(2, "hai", "8")]}
    first = await look(zalo, tokens(tmp_path))
    assert zalo.asked == ["listrecentchat"], "history is not dug up"
    assert heard(await look(zalo, tokens(tmp_path), first[-1].cursor)) == {}
    more = [chat(number, f"câu {number}", ago_s=40 - number) for number in range(25, 2, -1)]
    zalo.talks["7"] = [*more, chat(1, "một")]
    again = await look(zalo, tokens(tmp_path), first[-1].cursor)
    assert set(heard(again)) == {f"m{number}" for number in range(3, 26)}
    assert again[-1].missed is None
    assert heard(await look(zalo, tokens(tmp_path), again[-1].cursor)) == {}
    cut_off = heard(await look(zalo, tokens(tmp_path), again[0].cursor))
    assert "m25" not in cut_off, "a kill after a page repeats nothing of it"


async def test_pictures_links_and_stickers_are_named(zalo: Zalo, tmp_path: Path) -> None:
    zalo.talks = {
        "7": [chat(1, "", type="photo", url="https://photo.example/1.jpg", description="vỡ rồi")],
        "8": [chat(2, "", "8", type="links", links=[{"title": "Báo", "url": "https://bao.example/1"}])],
        "9": [chat(3, "", "9", message=None)],
        "10": [{"message_id": 5}],
    }
    pages = await look(zalo, tokens(tmp_path))
    assert {mention.text for mention in heard(pages).values()} == {"vỡ rồi\n[photo]", "Báo\nhttps://bao.example/1"}


async def test_an_old_token_is_exchanged_and_both_are_kept_before_use(zalo: Zalo, tmp_path: Path) -> None:
    file = tokens(tmp_path, refresh_token="refresh-1")
    zalo.talks = {"7": [chat(1, "một")]}
    pages = await look(zalo, file)
    assert len(heard(pages)) == 1
    kept = json.loads(file.read_text())
    assert (kept["refresh_token"], kept["access_token"]) == ("refresh-new-1", "access-new-1")
    assert datetime.fromisoformat(kept["expires_at"]) == NOW + timedelta(hours=25)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(tmp_path) == [".zalo.json.lock", "zalo.json"]
    await look(zalo, file, pages[-1].cursor)
    assert zalo.exchanged == 1
    assert not [page for page in pages if "refresh" in (page.cursor or "") or "access" in (page.cursor or "")]


async def test_a_token_that_zalo_takes_no_more_is_exchanged_once(zalo: Zalo, tmp_path: Path) -> None:
    zalo.access, zalo.talks = "another", {"7": [chat(1, "một")]}
    file = tokens(tmp_path)
    assert len(heard(await look(zalo, file))) == 1
    assert zalo.exchanged == 1
    zalo.refresh = "gone"
    zalo.access = "gone too"
    with pytest.raises(SourceRejected, match="log in again") as caught:
        await look(zalo, file)
    assert "refresh-new-1" not in "".join(traceback.format_exception(caught.value))


async def test_while_another_process_exchanges_we_wait(zalo: Zalo, tmp_path: Path) -> None:
    file = tokens(tmp_path, refresh_token="refresh-1")
    with (tmp_path / ".zalo.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SourceUnavailable, match="another process"):
            await look(zalo, file)
    assert zalo.exchanged == 0


@pytest.mark.parametrize("trouble", ["missing", "open", "broken"])
async def test_a_tokens_file_that_cannot_be_used_says_its_mend(zalo: Zalo, tmp_path: Path, trouble: str) -> None:
    file = tokens(tmp_path)
    if trouble == "missing":
        file.unlink()
    elif trouble == "open":
        file.chmod(0o644)
    else:
        file.write_text('{"token": "hunter2"}')
    with pytest.raises(SourceRejected, match="tokens_file") as caught:
        await look(zalo, file)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("code", "kind", "words", "wait"),
    [
        (-32, SourceUnavailable, "-32", 60.0),
        (-209, SourceRejected, "permission", None),
        (-224, SourceRejected, "package", None),
        (-999, SourceUnavailable, "odd words", None),
    ],
)
async def test_a_refusal_says_its_mend(
    zalo: Zalo, tmp_path: Path, code: int, kind: type[SourceError], words: str, wait: float | None
) -> None:
    zalo.error = (code, "odd\nwords access-1")
    with pytest.raises(kind) as caught:
        await look(zalo, tokens(tmp_path))
    assert words in caught.value.reason
    assert "access-1" not in caught.value.reason
    assert getattr(caught.value, "retry_after_s", None) == wait


def pushed(event: str = "user_send_text", secret: str = KEYS["oa_secret"], app: str = APP, **message: Any) -> Page:
    told = {"app_id": app, "event_name": event, "timestamp": str(AT), "sender": {"id": "7"}, "recipient": {"id": OA}, "message": message}
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {"X-ZEvent-Signature": f"mac={sign(APP, body, str(AT), secret)}"}
    return receive(headers, body, Options(app_id=APP, oa_secret=KEYS["oa_secret"]), source_id="oa", now=NOW)


def test_a_push_has_the_key_that_a_poll_gives_it() -> None:
    (mention,) = pushed(msg_id="m1", text="Ấm cháy!", quote_msg_id="m0").mentions
    assert mention.key == mention_key("zalo_oa", "zalo.me", "m1")
    assert (mention.text, mention.published_at, mention.reply_to) == ("Ấm cháy!", NOW, "m0")
    assert mention.author is not None
    assert mention.author.key == "zalo.me/7"


def test_a_picture_a_file_and_an_answer_of_ours() -> None:
    picture = pushed("user_send_image", msg_id="m1", text="vỡ", attachments=[{"type": "image", "payload": {"url": "https://a.example/1"}}])
    assert picture.mentions[0].text == "vỡ\n[image]"
    file = pushed("user_send_file", msg_id="m2", attachments=[{"type": "file", "payload": {"name": "hoa-don.pdf", "checksum": "x"}}])
    assert file.mentions[0].text == "[file: hoa-don.pdf]"
    assert pushed("oa_send_text", msg_id="m3", text="Dạ").mentions[0].kind == "own"


@pytest.mark.parametrize("event", ["follow", "unfollow", "user_seen_message", "user_submit_info"])
def test_what_says_nothing_is_no_mention(event: str) -> None:
    assert pushed(event, msg_id="m1", text="x").mentions == ()


def test_what_is_not_signed_or_of_another_app_is_refused() -> None:
    for wrong in ({"secret": "other"}, {"app": "1"}):
        with pytest.raises(WebhookRefused):
            pushed(msg_id="m1", text="x", **wrong)
    for body in (b"", b"{", b"[]", b'{"timestamp": 5}'):
        with pytest.raises(WebhookRefused):
            receive({}, body, Options(app_id=APP, oa_secret="k"), source_id="oa", now=NOW)
    body = json.dumps({"timestamp": "1", "event_name": 5}).encode()
    with pytest.raises(SourceUnreadable):
        receive({"x-zevent-signature": sign(APP, body, "1", "k")}, body, Options(app_id=APP, oa_secret="k"), source_id="oa", now=NOW)


async def test_an_account_that_is_only_pushed_to_is_not_asked() -> None:
    async with Fetcher(now=lambda: NOW) as http:
        collector = Collector(Options(app_id=APP, oa_secret="k"), source_id="oa", http=http, now=lambda: NOW)
        assert [page async for page in collector.listen(None)] == []


@pytest.mark.parametrize(
    "wrong", [{"app_id": "x"}, {"oa_secret": None}, {"secret_key": "hunter2"}, {"oa_secret": "hunter2\r\n"}, {"api": "ftp://x", "more": 1}]
)
def test_an_option_that_cannot_be_is_refused_and_no_secret_shown(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(**{"app_id": APP, "oa_secret": "k", **wrong})
    assert "hunter2" not in str(caught.value)
