"""A page goes out through a real Postfix over STARTTLS and AUTH; what a phone answers lies in a real Dovecot, is read there, and takes the incident."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from msgspec.structs import replace

from alerting.base import Message, Receipt
from alerting.inbox.carry import Carrier
from alerting.inbox.handle import Handler
from alerting.inbox.imap import Inbox
from alerting.inbox.imap import Options as InboxOptions
from alerting.inbox.receive import Inboxes
from alerting.mail_wire import WIRE
from alerting.notifiers.email import LIMITS, Notifier, Options
from core.errors import DeliveryFailed
from core.http import Fetcher
from store.database import Database
from tests import make
from tests.alerting.desk import LIBRARY, Desk
from tests.alerting.inbox.fake import PEOPLE, POLICIES
from tests.servers import dovecot as imap
from tests.servers import postfix as smtp

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(imap.missing() is not None, reason=str(imap.missing())),
    pytest.mark.skipif(smtp.missing() is not None, reason=str(smtp.missing())),
]
REPLY_ID = "reply-1@phone.example"
LINK = "http://127.0.0.1:8765/i/abc.def?x=1&y=2"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme: ấm đun nước phát nổ", body=f"Chuyện gì: <nổ> & cháy\n\nNhận: {LINK}", short="s", language="vi",
    idempotency_key="k" * 64, thread_key="incident-live-12", link=LINK, incident_id=12, severity="critical",
    picture=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, picture_says="420 lượt nhắc",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[smtp.Postfix]:
    with imap.dovecot() as mailbox, smtp.postfix(mailbox) as running:
        yield running


def now() -> datetime:
    return datetime.now(UTC)


def smtp_options(server: smtp.Postfix) -> dict[str, Any]:
    return {
        "from": smtp.OURS, "host": "localhost", "port": server.port, "username": imap.USER, "password": imap.PASSWORD,
        "ca_file": str(server.dovecot.ca),
    }  # fmt: skip


def notifier(server: smtp.Postfix, http: Fetcher, **change: Any) -> Notifier:
    return Notifier(Options.model_validate({"to": smtp.LAN} | smtp_options(server) | change), http=http, now=now)


async def sent(server: smtp.Postfix, message: Message = MESSAGE, **change: Any) -> Receipt:
    return await notifier(server, Fetcher(now=now, allow=[f"localhost:{server.port}"]), **change).send(message)


def answered(server: smtp.Postfix, mail: EmailMessage, text: str, sender: str = smtp.LAN) -> None:
    """What a phone does: answer, with the whole mail quoted below."""
    reply = EmailMessage(policy=WIRE)
    reply["From"], reply["To"], reply["Subject"] = f"Lan <{sender}>", smtp.OURS, f"Re: {mail['Subject']}"
    reply["Message-ID"] = f"<{REPLY_ID}>"
    reply["In-Reply-To"], reply["References"] = mail["Message-ID"], f"{mail['References']} {mail['Message-ID']}"
    plain = mail.get_body(("plain",))
    assert plain is not None
    quoted = "".join(f"> {line}\n" for line in plain.get_content().splitlines())
    reply.set_content(f"{text}\n\nVào 21:04, Tocsin <{smtp.OURS}> đã viết:\n{quoted}")
    with smtplib.SMTP("localhost", server.port) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(server.dovecot.ca)))
        client.login(imap.USER, imap.PASSWORD)
        client.send_message(reply, from_addr=sender)


async def test_a_page_arrives_whole_and_a_repeat_has_the_same_identity(server: smtp.Postfix) -> None:
    first, again = await sent(server), await sent(server, replace(MESSAGE, possible_repeat=True))
    mail, repeat = server.mails_of_lan(2)
    assert first.detail.startswith("250 2.0.0 Ok: queued as")
    assert first.ref == again.ref == {"message_id": mail["Message-ID"]}
    assert repeat["Message-ID"] == mail["Message-ID"]
    assert mail["Subject"] == MESSAGE.subject
    assert "with ESMTPSA" in mail["Received"], "encrypted, and by somebody who is known"
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().strip().replace("\r\n", "\n") == MESSAGE.body
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert isinstance(picture, EmailMessage)
    assert picture.get_content() == MESSAGE.picture


async def test_what_a_phone_answers_takes_the_incident_and_is_answered_in_the_thread(server: smtp.Postfix, sqlite_url: str) -> None:
    database = Database(sqlite_url, durable=False)
    desk = Desk(database, limits=LIMITS, people=PEOPLE, policies=POLICIES)
    http = Fetcher(now=now, allow=[f"localhost:{server.port}", f"localhost:{server.dovecot.plain}"])
    desk.phones["lan"] = notifier(server, http)  # type: ignore[assignment]
    handler = Handler(desk.settings, {"email": {smtp.LAN: "lan"}}, roster=desk.roster, carrier=Carrier(LIBRARY))
    options = InboxOptions.model_validate(
        {
            "host": "localhost", "port": server.dovecot.plain, "security": "starttls", "user": imap.USER, "password": imap.PASSWORD,
            "ca_file": str(server.dovecot.ca), "every": "1s", "smtp": smtp_options(server),
        }
    )  # fmt: skip
    inboxes = Inboxes(desk.store, {"email": Inbox(options, http=http, now=lambda: desk.now)}, handler, now=lambda: desk.now)
    known = len(server.mails_of_lan(0))
    await look(inboxes, desk)  # from here on it is heard
    await desk.hear(make.signal())
    await desk.forward()
    page = server.mails_of_lan(known + 1)[-1]
    answered(server, page, "ok em nhận nha")
    async with asyncio.timeout(60):
        while desk.incident.acknowledged_by is None:
            await look(inboxes, desk)
    answer = server.mails_of_lan(known + 2)[-1]
    await inboxes.close()
    assert (desk.incident.acknowledged_by, desk.timeline()[-1].words.args["via"]) == ("lan", "email")
    text = answer.get_body(("plain",))
    assert text is not None
    assert text.get_content().startswith("Em đã ghi: chị Lan nhận #1")
    assert answer["In-Reply-To"] == f"<{REPLY_ID}>"
    assert page["Message-ID"] in answer["References"]
    database.close()


async def look(inboxes: Inboxes, desk: Desk) -> None:
    """One look of the mailbox, to its end."""
    desk.now += timedelta(seconds=30)
    await inboxes.step(desk.now)
    with suppress(TimeoutError):
        await asyncio.wait_for(inboxes.arrived(), 5)
    await inboxes.step(desk.now)


@pytest.mark.parametrize(
    ("change", "says", "permanent"),
    [
        ({"password": "sai"}, "refuses our credentials", True),
        ({"to": "nobody@example.org"}, "answered 550", True),
        ({"ca_file": None}, "no secure connection", False),
        ({"username": None, "password": None}, "answered 554", True),
    ],
)
async def test_what_postfix_refuses_is_told(server: smtp.Postfix, change: dict[str, Any], says: str, permanent: bool) -> None:
    with pytest.raises(DeliveryFailed, match=says) as caught:
        await sent(server, **change)
    assert caught.value.permanent is permanent
