"""Answers by mail: read over a real connection, answered by a real mail server, and what is no answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from alerting.inbox.imap import Inbox, Options
from alerting.inbox.letters import NoAnswer, read_letter
from core.errors import DeliveryFailed
from core.http import Fetcher
from tests.alerting.notifiers import test_email as post_office
from tests.listener.collectors.mail_server import MailServer, mail_server

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SEAL = "5e" * 16
OURS = f"<{'k' * 64}.{SEAL}@acme.example>"
THREAD = f"<incident-live-12.{SEAL}@acme.example>"


def letter(text: str, *, sender: str = "Lan <lan@example.org>", number: int = 1, **headers: str | None) -> bytes:
    head: dict[str, str | None] = {
        "From": sender, "To": "tocsin@acme.example", "Subject": "Re: SỰ CỐ #12", "Date": "Sat, 21 Nov 2026 09:59:00 +0700", "Message-ID": f"<a{number}@example.org>",
        "In-Reply-To": OURS, "References": f"{THREAD} {OURS}", "MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit",
    }  # fmt: skip
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = (f"{name}: {value}\r\n" for name, value in head.items() if value is not None)
    return "".join(lines).encode() + b"\r\n" + text.replace("\n", "\r\n").encode(errors="replace")


class Bench:
    """What the contract suite asks of this kind."""

    secrets = ("hunter2-hunter2", post_office.PASSWORD)
    sender = "lan@example.org"

    def __init__(self, mailbox: MailServer, office: Any) -> None:
        self.channel = {"to": "Lan@Example.org"}
        self.about = {"message_id": OURS, "thread": THREAD}
        self.mailbox = mailbox
        self.office = office
        self._number = 0
        allow = [f"127.0.0.1:{mailbox.port}", f"localhost:{office.port}"]
        self.http = Fetcher(now=lambda: NOW, allow=allow)

    @property
    def options(self) -> dict[str, Any]:
        smtp = {name: value for name, value in self.office.options.items() if name != "to"}
        return {
            "host": "127.0.0.1",
            "port": self.mailbox.port,
            "user": "tocsin",
            "password": "hunter2-hunter2",
            "security": "plain",
            "smtp": smtp,
        }

    async def say(self, text: str) -> None:
        self._number += 1
        self.mailbox.deliver(letter(f"{text}\n\n> SỰ CỐ #12\n> đóng", number=self._number))

    async def intrude(self, text: str) -> None:
        self._number += 1
        self.mailbox.deliver(letter(text, sender="evil@example.net", number=self._number))

    async def repeat(self) -> None:
        self.mailbox.deliver(self.mailbox.letters[max(self.mailbox.letters)])

    def answers(self) -> list[str]:
        return [post_office.text(mail) for mail in self.office.handler.mails]

    async def go_down(self) -> None:
        self.mailbox.greeting = b"* BYE not now"

    async def come_back(self) -> None:
        self.mailbox.greeting = b"* OK here I am"


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    with mail_server() as mailbox:
        async with post_office.bench(folder) as office:
            yield Bench(mailbox, office)


def test_an_answer_says_which_mail_of_ours_it_answers() -> None:
    found = read_letter(letter("nhận"))
    assert (found.id, found.sender, found.text, found.about) == ("a1@example.org", "lan@example.org", "nhận", {"message_id": OURS})
    assert found.at == datetime(2026, 11, 21, 2, 59, tzinfo=UTC)
    assert found.subject == "Re: SỰ CỐ #12"


def test_a_server_that_gave_our_mail_another_id_left_the_thread() -> None:
    """Amazon SES and some Exchange servers write a Message-ID of their own."""
    found = read_letter(letter("nhận", In_Reply_To="<0100@eu.amazonses.example>", References=f"{THREAD} <0100@eu.amazonses.example>"))
    assert found.about == {"thread": THREAD}


@pytest.mark.parametrize(
    "named",
    [None, "<x@y>", "<incident-live-12@acme.example>", f"<{'k' * 64}@acme.example>", "incident-live-12", f"<.{SEAL[:31]}@acme.example>"],
)
def test_what_anybody_could_have_written_names_no_mail_of_ours(named: str | None) -> None:
    assert read_letter(letter("nhận", In_Reply_To=named, References=None)).about is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated (vacation)"}, {"Precedence": "bulk"}, {"Precedence": "auto_reply"}, {"X_Autoreply": "yes"},
        {"List_Id": "<x>"}, {"Return_Path": "<>"}, {"Subject": "Automatic reply: SỰ CỐ #12"}, {"Subject": "Trả lời tự động: nghỉ phép"}, {"Subject": "Out of Office"},
        {"Subject": "=?utf-8?B?VHLhuqMgbOG7nWkgdOG7sSDEkeG7mW5n?="}, {"From": "MAILER-DAEMON@example.org"}, {"Content_Type": "multipart/report; boundary=x"}, {"From": ""}, {"From": "lan"},
    ],
)  # fmt: skip
def test_machines_answer_nothing(headers: dict[str, str]) -> None:
    with pytest.raises(NoAnswer):
        read_letter(letter("nhận", **headers))


def test_two_senders_are_none() -> None:
    with pytest.raises(NoAnswer, match="one sender"):
        read_letter(b"From: evil@example.net\r\n" + letter("nhận"))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\xff", b"From: <\r\n\r\n", b"Subject: =?x?q?=\r\n\r\n", b"From: a@b\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--"],
)
def test_what_cannot_be_read_breaks_nothing(data: bytes) -> None:
    with suppress(NoAnswer):
        assert read_letter(data).about is None


@pytest.mark.parametrize(
    ("result", "vouched"),
    [
        ("mx.acme.example; dkim=pass; dmarc=pass header.from=example.org", True),
        ("mx.acme.example 1; spf=pass; dmarc=pass (p=none) header.from=example.org", True),
        ("mx.acme.example; dmarc=fail header.from=example.org", False),
        ("mx.acme.example; dmarc=pass header.from=evil.example", False),
        ("mx.acme.example; dkim=pass header.d=example.org", False),
        ("mx.evil.example; dmarc=pass header.from=example.org", False),
    ],
)
def test_our_own_server_may_vouch_for_a_sender(result: str, vouched: bool) -> None:
    data = letter("nhận", Authentication_Results=result, In_Reply_To=None, References=None)
    assert read_letter(data, authserv="mx.acme.example").vouched is vouched
    assert not read_letter(data).vouched


def test_only_the_topmost_result_is_believed() -> None:
    forged = letter("nhận", Authentication_Results="mx.acme.example; dmarc=pass header.from=example.org")
    data = b"Authentication-Results: mx.acme.example; dmarc=fail header.from=example.org\r\n" + forged
    assert not read_letter(data, authserv="mx.acme.example").vouched


def test_a_mail_that_is_html_alone_is_read_too() -> None:
    assert read_letter(letter("<div>Em <b>nhận</b> ạ</div>", Content_Type="text/html; charset=utf-8")).text.strip() == "Em nhận ạ"


async def look(place: Bench, cursor: str | None, **options: Any) -> tuple[list[Any], str | None]:
    box = Inbox(Options.model_validate(place.options | options), http=place.http, now=lambda: NOW)
    replies: list[Any] = []
    async for batch in box.listen(cursor):
        replies += batch.replies
        cursor = batch.cursor
    return replies, cursor


async def test_what_was_there_before_is_no_answer_and_what_comes_is(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        await place.say("đóng")
        before, cursor = await look(place, None)
        await place.say("nhận")
        came, cursor = await look(place, cursor)
        assert (await look(place, cursor)) == ([], cursor)
    assert before == []
    assert [one.text.splitlines()[0] for one in came] == ["nhận"]
    assert not came[0].proven


async def test_a_mailbox_that_was_numbered_anew_brings_no_old_answers(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        await place.say("nhận")
        _, cursor = await look(place, None)
        place.mailbox.validity = 2
        assert (await look(place, cursor))[0] == []


async def test_mail_that_answers_nothing_of_ours_is_left_alone_unless_our_server_vouches(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        _, cursor = await look(place, None)
        result = "mx.acme.example; dmarc=pass header.from=example.org"
        place.mailbox.deliver(letter("nhận #12", In_Reply_To=None, References=None, Authentication_Results=result))
        assert (await look(place, cursor))[0] == []
        ((reply,), _) = await look(place, cursor, trust_authserv="mx.acme.example")
    assert reply.proven
    assert reply.about is None


async def test_hundreds_of_mails_come_page_by_page(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        _, cursor = await look(place, None)
        for _ in range(45):
            await place.say("nhận")
        box = Inbox(Options.model_validate(place.options), http=place.http, now=lambda: NOW)
        sizes = [len(batch.replies) async for batch in box.listen(cursor)]
    assert sizes == [20, 20, 5]


async def test_the_answer_goes_below_the_mail_and_says_that_a_machine_wrote_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        _, cursor = await look(place, None)
        await place.say("nhận")
        ((reply,), _) = await look(place, cursor)
        await Inbox(Options.model_validate(place.options), http=place.http, now=lambda: NOW).answer(reply, "Em đã ghi.")
        (mail,) = place.office.handler.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == ("lan@example.org", "Tocsin <tocsin@acme.example>", "Re: SỰ CỐ #12")
    assert mail["In-Reply-To"] == "<a1@example.org>"
    assert mail["References"].split() == [THREAD, OURS, "<a1@example.org>"]
    assert mail["Auto-Submitted"] == "auto-replied"


async def test_without_a_server_to_send_by_the_answer_is_let_go(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        _, cursor = await look(place, None)
        await place.say("nhận")
        ((reply,), _) = await look(place, cursor)
        with pytest.raises(DeliveryFailed) as caught:
            await Inbox(Options.model_validate(place.options | {"smtp": {}}), http=place.http, now=lambda: NOW).answer(reply, "x")
    assert caught.value.permanent


def test_options_are_checked() -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"host": "h", "user": "u\n", "password": "p"})
    with pytest.raises(ValidationError):
        Options.model_validate({"host": "h", "user": "u", "password": "p\nq"})
    assert Options.model_validate({"host": "h", "user": "u", "password": "p"}).every == timedelta(seconds=20)
