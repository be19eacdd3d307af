"""Flags: pushed by default; by mail and by bot where those are given, from real local servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceError
from core.flagged import Picture
from core.http import Fetcher
from core.records import Engagement
from listener.base import Page
from listener.collectors.flag import Collector, Options, page_of
from listener.flags import Flag, FlagError
from tests.listener.collectors.mail_server import MailServer, mail_server

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
GROUP, PRIVATE = -1001234567890, 77
FLAG = "nhóm zalo: Cư dân CT3\nthích 12, bình luận 3\nThang máy Acme rơi tự do"


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind: people push to it."""
    return {"options": Options(), "pushed": True}


def letter(text: str, subject: str = "Cờ", number: int = 1, sender: str = "Mai <mai@example.org>") -> bytes:
    head = {"From": sender, "Subject": subject, "Date": "Sat, 21 Nov 2026 09:00:00 +0700", "Message-ID": f"<{number}@example.org>"}
    head |= {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + b"\r\n" + text.replace("\n", "\r\n").encode()


class Bot:
    """Telegram's side."""

    def __init__(self) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.status = 200

    def hear(self, said: str, *, chat: int = GROUP, **message: Any) -> None:
        number = len(self.waiting) + 1
        sender = {"id": 5, "first_name": "Lan", "username": "lan_mod"}
        told = {"message_id": number, "date": 1795143600, "chat": {"id": chat}, "from": sender, "text": said, **message}
        self.waiting.append({"update_id": 900 + number, "message": told})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.status != 200:
            return web.json_response({"ok": False, "error_code": self.status, "description": "busy"}, status=self.status)
        offset = int(str((await request.post()).get("offset", 0)))
        return web.json_response({"ok": True, "result": [update for update in self.waiting if update["update_id"] >= offset]})


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
async def bot() -> AsyncIterator[tuple[Bot, str]]:
    bot, app = Bot(), web.Application()
    app.router.add_post("/{path:.*}", bot.handle)
    async with TestServer(app) as server:
        yield bot, f"http://127.0.0.1:{server.port}"


async def look(
    *, mailbox: MailServer | None = None, bot: tuple[Bot, str] | None = None, cursor: str | None = None, pages: list[Page] | None = None
) -> list[Page]:
    given: dict[str, Any] = {}
    allow = []
    if mailbox is not None:
        given["mail"] = {"host": "127.0.0.1", "port": mailbox.port, "user": "flag", "password": "hunter2-hunter2", "security": "plain"}
        allow.append(f"127.0.0.1:{mailbox.port}")
    if bot is not None:
        given["bot"] = {"token": TOKEN, "api": bot[1], "chats": [GROUP, PRIVATE]}
        allow.append(bot[1].removeprefix("http://"))
    found = [] if pages is None else pages
    async with Fetcher(now=lambda: NOW, allow=allow) as http:
        async for page in Collector(Options(**given), source_id="groups", http=http, now=lambda: NOW).listen(cursor):
            found.append(page)
    return found


async def test_without_mailbox_and_bot_nothing_is_asked() -> None:
    assert await look() == []


async def test_a_letter_is_a_flag_of_its_sender(mailbox: MailServer) -> None:
    mailbox.deliver(letter(FLAG))
    (page,) = await look(mailbox=mailbox)
    (found,), (flagged,) = page.mentions, page.flags
    assert (found.source_id, found.title, found.text) == ("groups", "Cư dân CT3", "Thang máy Acme rơi tự do")
    assert found.engagement == Engagement(likes=12, replies=3)
    assert (flagged.key, flagged.by, flagged.place) == (found.key, "mai@example.org", "zalo_group")
    (again,) = await look(mailbox=mailbox, cursor=page.cursor)
    assert (again.mentions, again.flags) == ((), ())


async def test_a_letters_subject_belongs_to_the_words_where_it_says_something(mailbox: MailServer) -> None:
    mailbox.deliver(letter("Ai cũng kêu", subject="Sữa Acme có dị vật", number=1))
    mailbox.deliver(letter("Ấm Acme nổ", subject="cờ", number=2))
    mailbox.deliver(letter("Ấm Acme rò điện", subject="Fwd: abc", number=3))
    (page,) = await look(mailbox=mailbox)
    assert [found.text for found in page.mentions] == ["Sữa Acme có dị vật\nAi cũng kêu", "Ấm Acme nổ", "Ấm Acme rò điện"]


async def test_commands_in_a_group_and_anything_in_a_private_talk_are_flags(bot: tuple[Bot, str]) -> None:
    bot[0].hear(f"/flag@acme_bot {FLAG}")
    bot[0].hear("chuyện khác trong nhóm mod")
    bot[0].hear("/phốt Acme lừa đảo")
    bot[0].hear("/help")
    bot[0].hear("Sữa Acme bị mốc", chat=PRIVATE)
    bot[0].hear("/start", chat=PRIVATE)
    bot[0].hear("", caption="/co nhóm fb: Mẹ bỉm\nẤm Acme nổ", photo=[{}])
    (page,) = await look(bot=bot)
    told = [(found.title, found.text) for found in page.mentions]
    assert told == [("Cư dân CT3", "Thang máy Acme rơi tự do"), ("", "Acme lừa đảo"), ("", "Sữa Acme bị mốc"), ("Mẹ bỉm", "Ấm Acme nổ")]
    assert {flagged.by for flagged in page.flags} == {"@lan_mod"}


async def test_answers_to_a_question_for_counters_are_no_mentions(bot: tuple[Bot, str], mailbox: MailServer) -> None:
    bot[0].hear("/số 41 thích 480, bình luận 1,2k")
    bot[0].hear("số 42 đã xóa", chat=PRIVATE)
    mailbox.deliver(letter("số 41 thích 500", subject="Re: Xem lại số"))
    pages = await look(bot=bot, mailbox=mailbox)
    assert [page.mentions for page in pages] == [(), ()]
    told = [(one.mention_id, one.engagement.likes, one.engagement.replies, one.gone, one.by) for page in pages for one in page.counted]
    assert told == [(41, 500, None, False, "mai@example.org"), (41, 480, 1200, False, "@lan_mod"), (42, None, None, True, "@lan_mod")]


async def test_a_mailbox_that_is_down_does_not_keep_the_bot_from_being_heard(bot: tuple[Bot, str], mailbox: MailServer) -> None:
    bot[0].hear("/flag Acme nổ")
    mailbox.deliver(letter("Acme cháy"))
    first = await look(bot=bot, mailbox=mailbox)
    assert [len(page.mentions) for page in first] == [1, 1]
    mailbox.greeting = b"* BYE too busy"
    bot[0].hear("/flag Acme cháy")
    pages: list[Page] = []
    with pytest.raises(SourceError):
        await look(bot=bot, mailbox=mailbox, cursor=first[-1].cursor, pages=pages)
    assert [found.text for page in pages for found in page.mentions] == ["Acme cháy"]


async def test_a_bot_that_is_down_keeps_what_the_mailbox_brought(bot: tuple[Bot, str], mailbox: MailServer) -> None:
    mailbox.deliver(letter("Acme cháy"))
    bot[0].status = 500
    pages: list[Page] = []
    with pytest.raises(SourceError):
        await look(bot=bot, mailbox=mailbox, pages=pages)
    (page,) = pages
    bot[0].status = 200
    rest = await look(bot=bot, mailbox=mailbox, cursor=page.cursor)
    assert [found.text for found in page.mentions] == ["Acme cháy"]
    assert [each.mentions for each in rest] == [(), ()]


@pytest.mark.parametrize("cursor", ["", "{", "[]", '{"mail": 3}', "\x00"])
async def test_a_cursor_that_cannot_be_read_begins_again(bot: tuple[Bot, str], cursor: str) -> None:
    bot[0].hear("/flag Acme nổ")
    (page,) = await look(bot=bot, cursor=cursor)
    assert len(page.mentions) == 1


def test_pushed_pictures_are_part_of_the_flag() -> None:
    shown = Picture(sha256="ab" * 32, media_type="image/png", data=b"x")
    page = page_of(Flag(by="mai", place="tiktok"), source_id="groups", seen_at=NOW, pictures=(shown,))
    assert page.mentions[0].title == "tiktok"
    assert page.flags[0].pictures == (shown,)
    with pytest.raises(FlagError):
        page_of(Flag(by="mai", group="Hội mẹ bỉm"), source_id="groups", seen_at=NOW)


@pytest.mark.parametrize(
    "options",
    [
        {"ask_again": "10s"},
        {"ask_again": "soon"},
        {"bot": {"token": TOKEN, "streaming": True}},
        {"bot": {"token": TOKEN, "commands": False}},
        {"x": 1},
    ],
)
def test_what_cannot_be_meant_is_refused_without_its_secrets(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(**options)
    assert TOKEN not in str(caught.value)
