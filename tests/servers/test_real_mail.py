"""A page goes out through a real Postfix over STARTTLS and AUTH, and what a phone answers lies in a real Dovecot."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from msgspec.structs import replace

from alerting.base import Message, Receipt
from alerting.notifiers.email import Notifier, Options
from core.errors import DeliveryFailed
from core.http import Fetcher
from tests.servers import dovecot as imap
from tests.servers import postfix as smtp

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(imap.missing() is not None, reason=str(imap.missing())),
    pytest.mark.skipif(smtp.missing() is not None, reason=str(smtp.missing())),
]
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


async def sent(server: smtp.Postfix, message: Message = MESSAGE, **change: Any) -> Receipt:
    options = {
        "to": smtp.LAN, "from": smtp.OURS, "host": "localhost", "port": server.port, "username": imap.USER, "password": imap.PASSWORD,
        "ca_file": str(server.dovecot.ca),
    }  # fmt: skip
    http = Fetcher(now=now, allow=[f"localhost:{server.port}"])
    return await Notifier(Options.model_validate(options | change), http=http, now=now).send(message)


def answered(server: smtp.Postfix, mail: EmailMessage, text: str, sender: str = smtp.LAN) -> None:
    """What a phone does: answer, with the whole mail quoted below."""
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = f"Lan <{sender}>", smtp.OURS, f"Re: {mail['Subject']}"
    reply["Message-ID"] = f"<reply-{len(text)}@phone.example>"
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


async def test_what_a_phone_answers_lies_in_the_mailbox(server: smtp.Postfix) -> None:
    await sent(server)
    before = len(server.dovecot.states())
    answered(server, server.mails_of_lan()[0], "dạ em nhận ạ")
    for _ in range(200):
        if len(server.dovecot.states()) > before:
            break
        await asyncio.sleep(0.05)
    assert server.dovecot.states()[before:] == [""]


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
