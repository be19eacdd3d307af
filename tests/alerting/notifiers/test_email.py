"""A real mail server with STARTTLS and AUTH, and what it makes of our mail."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from lxml import html as lxml_html
from pydantic import ValidationError

from alerting.base import Message
from alerting.notifiers.email import Notifier, Options
from core.errors import ConfigError, DeliveryFailed
from core.http import Fetcher

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LINK = "http://127.0.0.1:8765/i/abc.def?x=1&y=2"
PASSWORD = "correct horse 7Zq"


def message(**change: Any) -> Message:
    fields = {
        "kind": "page", "subject": "[NGHIÊM TRỌNG] SỰ CỐ #12 Acme", "body": f"Chuyện gì: <nổ> & cháy\n\nNhận: {LINK}", "short": "s",
        "language": "vi", "idempotency_key": "k" * 64, "thread_key": "incident-live-12", "link": LINK, "incident_id": 12, "severity": "critical",
    }  # fmt: skip
    return Message(**(fields | change))


class Handler:
    """Takes mail, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.rcpt_answer: str | None = None
        self.data_answer: str | None = None
        self.drop_after_data = False

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if self.rcpt_answer is not None:
            return self.rcpt_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drop_after_data:
            assert server.transport is not None
            server.transport.abort()
            return "250 lost"
        if self.data_answer is not None:
            return self.data_answer
        found = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 OK queued as 4711"


class Bench:
    """The server, and what the contract suite asks of this kind."""

    secrets = (PASSWORD,)
    fails = True
    permanent = True

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.handler = Handler()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.context)
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self.port = 0
        self.server: asyncio.Server | None = None
        self.connections: list[SMTP] = []

    @property
    def http(self) -> Fetcher:
        """Mail servers are inside one's own network more often than not, and then they are named as allowed."""
        port = self.port or 25
        return Fetcher(now=lambda: AT, allow=[f"localhost:{port}", f"127.0.0.1:{port}"])

    def factory(self, **change: Any) -> SMTP:
        fields = {
            "hostname": "mx.test",
            "tls_context": self.context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": _check,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # aiosmtpd warns of its own defaults
            self.connections.append(SMTP(self.handler, **(fields | change)))
        return self.connections[-1]

    @property
    def options(self) -> dict[str, Any]:
        return {
            "to": "lan@example.org", "from": "tocsin@acme.example", "host": "localhost", "port": self.port, "username": "tocsin",
            "password": PASSWORD, "ca_file": str(self.ca_file), "timeout": "5s",
        }  # fmt: skip

    def received(self) -> list[dict[str, str]]:
        return [{"subject": mail["Subject"], "text": text(mail), "html": markup(mail)} for mail in self.handler.mails]

    async def refuse(self) -> None:
        self.handler.rcpt_answer = "550 no such user"

    async def go_down(self) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()


class Silent(asyncio.Protocol):
    """Takes a connection and says nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def eof_received(self) -> None:
        self.transport.close()


def _check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.login == b"tocsin" and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=good)


@asynccontextmanager
async def bench(folder: Path, tls: bool = False, **change: Any) -> AsyncIterator[Bench]:
    """A running server; `tls` encrypts from the start."""
    found = Bench(folder)
    loop = asyncio.get_running_loop()
    found.server = await loop.create_server(lambda: found.factory(**change), "localhost", 0, ssl=found.context if tls else None)
    found.port = found.server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        found.server.close()
        for connection in found.connections:
            if connection.transport is not None:
                connection.transport.abort()
        for _ in range(5):  # the transports close in the loop's next turns
            await asyncio.sleep(0)


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def markup(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


async def sent(place: Bench, what: Message | None = None, **change: Any) -> str:
    options = Options.model_validate({key: value for key, value in (place.options | change).items() if value is not None})
    receipt = await Notifier(options, http=place.http, now=lambda: AT).send(what or message())
    assert receipt.ref == {"message_id": receipt.id}
    return f"{receipt.id} {receipt.detail}"


async def test_a_mail_arrives_over_tls_with_text_and_html(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        receipt = await sent(place)
    (mail,) = place.handler.mails
    assert receipt == f"<{'k' * 64}@acme.example> 250 OK queued as 4711"
    assert (mail["From"], mail["To"]) == ("Tocsin <tocsin@acme.example>", "lan@example.org")
    assert mail["Subject"] == "[NGHIÊM TRỌNG] SỰ CỐ #12 Acme"
    assert mail["Message-ID"] == f"<{'k' * 64}@acme.example>"
    assert mail["References"] == mail["In-Reply-To"] == "<incident-live-12@acme.example>"
    assert (mail["Auto-Submitted"], mail["Importance"]) == ("auto-generated", "high")
    assert mail["Date"].datetime == AT
    assert mail.get_content_type() == "multipart/alternative"
    assert text(mail) == message().body
    assert "<p>Chuyện gì: &lt;nổ&gt; &amp; cháy</p>" in markup(mail)
    assert markup(mail).count("<a ") == 2, "nobody has to scroll for it"
    assert '<a href="http://127.0.0.1:8765/i/abc.def?x=1&amp;y=2" rel="noopener noreferrer" style=' in markup(mail)


async def test_a_sealed_mail_bears_ids_that_nobody_can_guess(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        options = Options.model_validate(place.options | {"reply_to": "alerts@acme.example"})
        receipt = await Notifier(options, http=place.http, now=lambda: AT).send(message(seal="5e" * 16))
    (mail,) = place.handler.mails
    assert mail["Message-ID"] == f"<{'k' * 64}.{'5e' * 16}@acme.example>"
    assert mail["References"] == f"<incident-live-12.{'5e' * 16}@acme.example>"
    assert receipt.ref == {"message_id": mail["Message-ID"], "thread": mail["References"]}
    assert mail["Reply-To"] == "alerts@acme.example"


async def test_a_repeat_is_the_same_mail_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        assert await sent(place) == await sent(place)
    assert place.handler.mails[0]["Message-ID"] == place.handler.mails[1]["Message-ID"]


async def test_no_header_can_be_smuggled_in(tmp_path: Path) -> None:
    evil = "Hi\r\nBcc: everyone@example.org\r\n\r\nbody"
    async with bench(tmp_path) as place:
        await sent(
            place, message(subject=evil, idempotency_key="a>\r\nBcc: x", thread_key="t\r\nBcc: y", severity="minor"), sender_name=evil
        )
    (mail,) = place.handler.mails
    assert mail["Bcc"] is None
    assert mail["Importance"] is None
    assert mail["Subject"] == "Hi Bcc: everyone@example.org body"
    assert mail["Message-ID"] == "<aBccx@acme.example>"


async def test_long_vietnamese_headers_keep_every_space(tmp_path: Path) -> None:
    subject = "[KHẨN CẤP] SỰ CỐ #1 Acme: có bài nói đến sản phẩm gây nguy hiểm, có người bị thương (“bốc cháy”), ấm đun nước của cửa hàng"
    name = "Cộng đồng Acme Việt Nam, chăm sóc khách hàng miền Nam, trực sự cố đêm khuya"
    async with bench(tmp_path) as place:
        await sent(place, message(subject=subject), sender_name=name)
    (mail,) = place.handler.mails
    assert mail["Subject"] == subject
    sender = dict(mail.raw_items())["From"]  # Python 3.11 reads it wrongly itself
    assert str(make_header(decode_header(sender))) == f"{name} <tocsin@acme.example>"


async def test_the_chart_stands_inside_the_html_with_words_for_who_cannot_see_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        await sent(place, message(picture=b"\x89PNG chart", picture_says='420 lượt nhắc "bình thường" 30 <b>'))
    (mail,) = place.handler.mails
    plain, related = mail.iter_parts()
    assert isinstance(related, EmailMessage)
    assert (plain.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    shown, picture = related.iter_parts()
    assert (shown.get_content_type(), picture.get_content_type(), picture.get_content_disposition()) == ("text/html", "image/png", "inline")
    assert picture["Content-ID"] == f"<chart.{'k' * 64}@acme.example>"
    assert isinstance(picture, EmailMessage)
    assert picture.get_content() == b"\x89PNG chart"
    (img,) = lxml_html.document_fromstring(markup(mail)).iter("img")
    assert (img.get("src"), img.get("alt")) == (f"cid:chart.{'k' * 64}@acme.example", '420 lượt nhắc "bình thường" 30 <b>')


async def test_a_link_that_is_not_http_is_not_made_one(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        await sent(place, message(link="javascript:alert(1)", body="javascript:alert(1)"))
        await sent(place, message(link=None))
    assert all("<a " not in markup(mail) for mail in place.handler.mails)


@pytest.mark.parametrize(
    ("answer", "permanent"), [("550 no such user", True), ("450 try later", False), ("552 mailbox full", True), ("421 too busy", False)]
)
async def test_a_refused_recipient_is_told_by_its_code(tmp_path: Path, answer: str, permanent: bool) -> None:
    async with bench(tmp_path) as place:
        place.handler.rcpt_answer = answer
        with pytest.raises(DeliveryFailed, match=answer) as caught:
            await sent(place)
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, False)


@pytest.mark.parametrize(("answer", "permanent"), [("554 spam", True), ("451 try later", False)])
async def test_a_refused_text_is_a_definite_no(tmp_path: Path, answer: str, permanent: bool) -> None:
    async with bench(tmp_path) as place:
        place.handler.data_answer = answer
        with pytest.raises(DeliveryFailed, match=answer) as caught:
            await sent(place)
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, False)


async def test_a_connection_lost_after_the_text_is_ambiguous(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        place.handler.drop_after_data = True
        with pytest.raises(DeliveryFailed, match="while the text went out") as caught:
            await sent(place)
    assert (caught.value.permanent, caught.value.ambiguous) == (False, True)


async def test_refused_credentials_are_permanent_and_not_repeated_in_the_error(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        with pytest.raises(DeliveryFailed, match="refuses our credentials") as caught:
            await sent(place, password="wrong horse")
    assert caught.value.permanent
    assert "wrong horse" not in str(caught.value)


async def test_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, tls_context=None, require_starttls=False, auth_required=False) as place:
        with pytest.raises(DeliveryFailed, match="STARTTLS") as caught:
            await sent(place)
        assert not caught.value.permanent
        assert place.handler.mails == []
        await sent(place, security="none", username=None, password=None)
    assert len(place.handler.mails) == 1


@pytest.mark.parametrize("change", [{"ca_file": None}, {"host": "127.0.0.1"}])
async def test_a_certificate_that_does_not_fit_stops_it_before_the_password(tmp_path: Path, change: dict[str, Any]) -> None:
    async with bench(tmp_path) as place:
        with pytest.raises(DeliveryFailed, match="mail server") as caught:
            await sent(place, **change)
    assert (caught.value.permanent, caught.value.ambiguous) == (False, False)


async def test_a_server_that_never_greets_is_given_up(tmp_path: Path) -> None:
    place = Bench(tmp_path)
    async with await asyncio.get_running_loop().create_server(Silent, "localhost", 0) as server:
        place.port = server.sockets[0].getsockname()[1]
        with pytest.raises(DeliveryFailed, match="no answer in time") as caught:
            await sent(place, timeout="1s")
        for _ in range(5):
            await asyncio.sleep(0)
    assert (caught.value.permanent, caught.value.ambiguous) == (False, False)


async def test_tls_from_the_start(tmp_path: Path) -> None:
    async with bench(tmp_path, tls=True, tls_context=None, require_starttls=False, auth_require_tls=False) as place:
        await sent(place, security="tls")
    assert len(place.handler.mails) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"to": "lan"}, "should match pattern"),
        ({"to": "lan@example.org, other@example.org"}, "should match pattern"),
        ({"to": "lan@example.org\r\nBcc: x@example.org"}, "should match pattern"),
        ({"password": None}, "come together"),
        ({"security": "none", "host": "mail.example.org"}, "open line"),
        ({"security": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_wrong_options_say_how_to_mend_them(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        Options.model_validate(Bench(tmp_path).options | {"port": 25} | change)
    assert PASSWORD not in str(caught.value)


def test_a_ca_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    for path in (wrong, tmp_path / "absent.pem"):
        options = Options.model_validate(Bench(tmp_path).options | {"port": 25, "ca_file": str(path)})
        with pytest.raises(ConfigError, match="cannot be read as a PEM file"):
            Notifier(options, http=Bench(tmp_path).http, now=lambda: AT)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.5"])
def test_a_server_inside_ones_own_network_has_to_be_named(tmp_path: Path, host: str) -> None:
    options = Options.model_validate(Bench(tmp_path).options | {"port": 26, "host": host})
    with pytest.raises(ConfigError, match=f"{host}:26 is inside your own network; name it in listener.allow_private_hosts"):
        Notifier(options, http=Fetcher(now=lambda: AT), now=lambda: AT)
    Notifier(options, http=Fetcher(now=lambda: AT, allow=[f"{host}:26"]), now=lambda: AT)


async def test_a_name_that_leads_inside_is_refused_when_the_mail_goes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.1.7", 25))]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    place = Bench(tmp_path)
    place.port = 25
    with pytest.raises(DeliveryFailed, match="the address is not allowed") as caught:
        await sent(place, host="mail.example.org")
    assert caught.value.permanent
