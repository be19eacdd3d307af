"""A bot's updates, read from a real local server."""

from __future__ import annotations

import asyncio
import json
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
from core.records import Engagement, Mention
from core.text import mention_key
from listener.base import Page
from listener.collectors.telegram import LIMIT, REQUESTS, Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # of the Bot API's own manual
DATA = Path(__file__).parents[2] / "data" / "telegram"
GROUP = -1001234567890


def text(number: int, said: str, chat: int = GROUP) -> dict[str, Any]:
    sender = {"id": 5, "first_name": "Lan"}
    message = {"message_id": number, "date": 1795143600, "chat": {"id": chat, "type": "supergroup"}, "from": sender, "text": said}
    return {"update_id": 900 + number, "message": message}


class Bot:
    """Telegram's side: updates wait until a request asks for those behind them."""

    def __init__(self) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        self.paths.append(request.path)
        if self.refusal is not None:
            return web.json_response(self.refusal[1], status=self.refusal[0])
        offset = int(form.get("offset", 0))
        self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        return web.json_response({"ok": True, "result": self.waiting[: int(form["limit"])]})


async def serve(request: web.Request, answer: str) -> web.StreamResponse:
    bot = Bot()
    bot.waiting = [] if answer == "empty" else [text(1, "Ấm nổ"), text(2, "Ấm tốt")]
    return web.json_response([]) if answer == "malformed" else await bot.handle(request)


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": Options(token=TOKEN, api=url), "serve": serve}


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    bot = Bot()
    app = web.Application()
    app.router.add_post("/{path:.*}", bot.handle)
    bot.server = TestServer(app)
    await bot.server.start_server()
    yield bot
    await bot.server.close()


async def look(bot: Bot, cursor: str | None = None, now: datetime = NOW, **options: Any) -> list[Page]:
    async with Fetcher(now=lambda: now, allow=[f"127.0.0.1:{bot.server.port}"]) as http:
        settings = Options(**{"token": TOKEN, "api": str(bot.server.make_url("/")), **options})
        return [page async for page in Collector(settings, source_id="nhóm", http=http, now=lambda: now).listen(cursor)]


async def heard(bot: Bot, **options: Any) -> dict[str, Mention]:
    bot.waiting = json.loads((DATA / "updates.json").read_text(encoding="utf-8"))["result"]
    (page,) = await look(bot, **options)
    return {mention.native_id: mention for mention in page.mentions}


async def test_a_message_of_a_private_group_becomes_a_mention(bot: Bot) -> None:
    mention = (await heard(bot))[f"{GROUP}/12"]
    assert mention.key == mention_key("telegram", "telegram.org", f"{GROUP}/12")
    assert (mention.source_id, mention.seen_at, mention.kind) == ("nhóm", NOW, "original")
    assert mention.published_at == datetime.fromtimestamp(1795143660, UTC)
    assert mention.url == "https://t.me/c/1234567890/12"
    assert mention.author is not None
    assert (mention.author.key, mention.author.handle, mention.author.name) == ("telegram.org/502", None, "Minh")
    assert mention.text == "nhà mình cũng vậy\n[photo]"


async def test_an_answer_knows_what_it_answers(bot: Bot) -> None:
    mentions = await heard(bot)
    answer, question = mentions[f"{GROUP}/12"], mentions[f"{GROUP}/11"]
    assert (answer.reply_to, answer.parent_key) == (question.native_id, question.key)
    assert question.reply_to is None, "the message that opened the forum's topic says nothing"


async def test_an_edit_is_the_same_mention_with_new_words(bot: Bot) -> None:
    bot.waiting = json.loads((DATA / "updates.json").read_text(encoding="utf-8"))["result"][:1]
    (first,) = (await look(bot))[0].mentions
    assert first.text == "Ấm Acme nhà mình bốc cháy 🔥 xem ở đây\nhttps://example.org/anh?x=1"
    assert first.url == "https://t.me/c/1234567890/4/11"
    edited = (await heard(bot))[f"{GROUP}/11"]
    assert (edited.key, edited.text) == (first.key, "Ấm Acme nhà mình bốc khói")
    assert edited.edited_at == datetime.fromtimestamp(1795143700, UTC)


async def test_the_operators_channel_is_his_own_voice_and_so_is_its_copy_in_the_group(bot: Bot) -> None:
    mentions = await heard(bot)
    post, copy = mentions["-1002000000009/77"], mentions[f"{GROUP}/13"]
    assert (post.kind, post.url) == ("own", "https://t.me/acme_vn/77")
    assert (copy.kind, copy.repost_of) == ("own", post.native_id)
    assert post.author is not None
    assert (post.author.handle, post.author.name) == ("acme_vn", "Acme Việt Nam")


async def test_a_forwarded_message_is_a_repost(bot: Bot) -> None:
    mention = (await heard(bot))[f"{GROUP}/14"]
    assert (mention.kind, mention.repost_of) == ("repost", None), "who hides himself has no message to point at"


async def test_a_poll_says_its_question_and_its_answers_and_a_plain_group_is_told_by_the_bot(bot: Bot) -> None:
    mention = (await heard(bot))["110201543:-42/9"]
    assert mention.text == "Ấm nhà bạn có nổ không?\n- Có\n- Không"
    assert mention.url is None


async def test_commands_private_talks_and_service_messages_are_left_out_and_a_broken_update_is_counted(bot: Bot) -> None:
    mentions = await heard(bot)
    assert not {f"{GROUP}/15", f"{GROUP}/16", "110201543:505/3"} & set(mentions)
    (page,) = await look(bot, commands=True, chats=[505, str(GROUP)])
    natives = {mention.native_id for mention in page.mentions}
    assert {f"{GROUP}/15", "110201543:505/3"} <= natives
    assert page.skipped == 1
    assert page.problem


async def test_only_the_named_chats_are_heard(bot: Bot) -> None:
    assert {name.rpartition("/")[0] for name in await heard(bot, chats=["@Acme_VN"])} == {"-1002000000009"}
    assert all(mention.url is None for mention in (await heard(bot, chats=[-42])).values())


async def test_reactions_are_a_reading_of_a_post_heard_before(bot: Bot) -> None:
    bot.waiting = json.loads((DATA / "updates.json").read_text(encoding="utf-8"))["result"]
    (page,) = await look(bot)
    (reading,) = page.readings
    assert reading.engagement == Engagement(likes=42)
    assert reading.key in {mention.key for mention in page.mentions}


async def test_updates_are_confirmed_by_the_next_look_alone(bot: Bot) -> None:
    bot.waiting = [text(1, "một"), text(2, "hai")]
    (first,) = await look(bot)
    assert len(bot.waiting) == 2, "a page that was never stored must come again"
    again = await look(bot)
    assert [mention.key for mention in again[0].mentions] == [mention.key for mention in first.mentions]
    (second,) = await look(bot, first.cursor)
    assert (second.mentions, bot.waiting) == ((), [])
    assert bot.asked[-1]["offset"] == "903"
    assert json.loads(bot.asked[-1]["allowed_updates"])[-1] == "message_reaction_count"


async def test_a_flood_is_drained_page_by_page_and_what_is_left_is_said(bot: Bot) -> None:
    bot.waiting = [text(number, f"câu {number}") for number in range(LIMIT * REQUESTS + 5)]
    pages = await look(bot)
    assert [len(page.mentions) for page in pages] == [LIMIT] * REQUESTS
    assert [page.missed for page in pages] == [None] * (REQUESTS - 1) + ["capped"]
    rest = await look(bot, pages[-1].cursor)
    assert [mention.text for mention in rest[0].mentions] == [f"câu {number}" for number in range(1000, 1005)]


async def test_a_day_of_standstill_is_a_gap(bot: Bot) -> None:
    (page,) = await look(bot)
    (later,) = await look(bot, page.cursor, now=NOW + timedelta(hours=25))
    assert later.missed == "partial"
    assert (await look(bot, page.cursor, now=NOW + timedelta(hours=23)))[0].missed is None


async def test_another_bot_starts_anew(bot: Bot) -> None:
    bot.waiting = [text(1, "một")]
    (page,) = await look(bot)
    await look(bot, page.cursor, token="999:" + "A" * 35)
    assert "offset" not in bot.asked[-1]


async def test_a_stream_goes_on_and_beats_while_it_is_quiet(bot: Bot) -> None:
    bot.waiting = [text(1, "một")]
    pages: list[Page] = []
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{bot.server.port}"]) as http:
        options = Options(token=TOKEN, api=str(bot.server.make_url("/")), streaming=True)
        async for page in Collector(options, source_id="nhóm", http=http, now=lambda: NOW).listen(None):
            pages.append(page)
            if len(pages) == 3:
                break
    assert [page.live for page in pages] == [False, True, True], "what waited before the first look is history"
    assert [len(page.mentions) for page in pages] == [1, 0, 0]
    assert [form["timeout"] for form in bot.asked[:4]] == ["0", "8", "8", "8"], "a heartbeat every third quiet poll"


@pytest.mark.parametrize(
    ("status", "told", "error", "words"),
    [
        (401, {"error_code": 401, "description": "Unauthorized"}, SourceRejected, "BotFather"),
        (404, {"error_code": 404, "description": "Not Found"}, SourceRejected, "BotFather"),
        (
            409,
            {"error_code": 409, "description": "Conflict: can't use getUpdates method while webhook is active"},
            SourceRejected,
            "deleteWebhook",
        ),
        (409, {"error_code": 409, "description": "Conflict: terminated by other getUpdates request"}, SourceRejected, "another program"),
        (429, {"error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 31}}, SourceUnavailable, "429"),
        (502, {"error_code": 502, "description": "Bad Gateway"}, SourceUnavailable, "502"),
        (200, {"error_code": 400, "description": "Bad Request: \u202eodd\nwords"}, SourceUnavailable, "odd words"),
    ],
)
async def test_a_refusal_says_its_mend(bot: Bot, status: int, told: dict[str, Any], error: type[SourceError], words: str) -> None:
    bot.refusal = (status, {"ok": False, **told})
    with pytest.raises(error) as caught:
        await look(bot)
    assert words in caught.value.reason
    assert TOKEN not in str(caught.value)
    if isinstance(caught.value, SourceUnavailable) and status == 429:
        assert caught.value.retry_after_s == 31.0


async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 nonsense\r\n\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize("allowed", [True, False])
async def test_the_token_stands_in_no_error_nor_in_its_causes(allowed: bool) -> None:
    server = await asyncio.start_server(broken, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{port}"] if allowed else []) as http:
        options = Options(token=TOKEN, api=f"http://127.0.0.1:{port}")
        with pytest.raises(SourceUnavailable) as caught:
            [page async for page in Collector(options, source_id="nhóm", http=http, now=lambda: NOW).listen(None)]
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__cause__) + repr(caught.value.__context__)
    assert TOKEN.partition(":")[2] not in told + repr(options)


async def test_an_answer_that_is_none_of_telegrams_is_unreadable(bot: Bot) -> None:
    bot.refusal = (200, {"result": "x"})
    with pytest.raises(SourceUnreadable):
        await look(bot)


@pytest.mark.parametrize(
    "wrong", [{"token": "hunter2"}, {"token": "1:hunter2/../x"}, {"chats": ["no at"]}, {"chats": ["@a/b"]}, {"api": "ftp://x"}, {"more": 1}]
)
def test_an_option_that_cannot_be_is_refused_and_no_secret_shown(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(**{"token": TOKEN, **wrong})
    assert "hunter2" not in str(caught.value)
