"""The kind `email`: an alert as one mail, by SMTP (RFC 5321) with STARTTLS (RFC 3207) and AUTH (RFC 4954).

Encrypted unless told otherwise: where the server offers no STARTTLS nothing is sent, and a password never goes over an open line. The
Message-ID comes of the notification's key, so that a repeat has the same one; References tie an incident's mails into one thread;
Auto-Submitted (RFC 3834) keeps holiday answers away. Text and a plain HTML part say the same; the only live link is ours. A chart stands inside
the HTML (cid:, RFC 2392), with its words for who cannot see it; nothing is fetched from anywhere. The mail server is the operator's own, so it
may stand on a private address. Limits: one address a channel; a server's "queued" is no proof that somebody reads it.
"""

from __future__ import annotations

import asyncio
import html
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Annotated, Literal, Self

import aiosmtplib
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from alerting.base import Limits, Message, Receipt
from alerting.buttons import link_label
from alerting.inert import inert
from alerting.mail_wire import WIRE
from core.addresses import connected, known_refusal
from core.durations import Duration
from core.errors import AddressRefused, ConfigError, DeliveryFailed
from core.http import Fetcher

LIMITS = Limits(answers=True, pictures=True)

_PAGE = "font: 16px/1.5 system-ui, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif; max-width: 42em; margin: 1em auto; padding: 0 1em; color: #1b1b1b"
_HEAD = "font-size: 1.15em; line-height: 1.35"
_BUTTON = (
    "display: inline-block; margin: .5em 0; padding: .7em 1.2em; border-radius: .4em; background: #b00020; color: #ffffff; "
    "font-weight: bold; text-decoration: none"
)

_PICTURE = "max-width: 100%; height: auto"

PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
DEFAULT_TIMEOUT = timedelta(seconds=20)
CONNECT_S = 5.0
_PERMANENT = range(500, 600)
MailAddress = Annotated[str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,250}$")]


class Options(BaseModel):
    """How mail leaves, and to whom.

    `security` is "starttls" (port 587), "tls" (465) or "none" (25). `from` is an address; `reply_to`: where answers go, if not there: the mailbox
    of `alerting.inboxes.email`; `ca_file` a PEM file of authorities that are
    trusted besides the system's. `timeout` holds for each of the two halves: up to the recipient, and the text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    to: MailAddress
    sender: MailAddress = Field(alias="from")
    sender_name: str = Field(default="Tocsin", max_length=80)
    reply_to: MailAddress | None = None
    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    timeout: Duration = DEFAULT_TIMEOUT

    @model_validator(mode="after")
    def _password_is_safe(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password come together")
        if self.password is not None and self.security == "none" and self.host not in LOOPBACK:
            raise ValueError("a password over an open line can be read by anybody; set security to starttls or tls")
        return self


class Notifier:
    """Sends one alert as one mail over a connection of its own."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._options = options
        self._port = options.port or PORTS[options.security]
        self._allow = http.allow
        self._now = now
        self._tls = _context(options)
        if known_refusal(options.host, self._port, self._allow) is not None:
            raise ConfigError(
                f"email: the mail server {options.host}:{self._port} is inside your own network; name it in listener.allow_private_hosts"
            )

    async def send(self, message: Message) -> Receipt:
        """Hand it to the mail server.

        Raises:
            DeliveryFailed: permanent after a 5xx, refused credentials or a forbidden address; ambiguous where the connection was lost after the text had begun
                to go out; else to be tried again.
        """
        mail = _mail(message, self._options, self._now())
        identity = str(mail["Message-ID"])
        detail = await self.deliver(mail)
        thread = {"thread": str(mail["References"])} if message.seal else {}
        return Receipt(id=identity, detail=detail, ref={"message_id": identity, **thread})

    async def deliver(self, mail: EmailMessage) -> str:
        """Hand any mail to the server; returns what it answered. Raises as `send`."""
        client = aiosmtplib.SMTP(
            hostname=self._options.host,
            use_tls=self._options.security == "tls",
            start_tls=False,
            tls_context=self._tls,
            local_hostname=_domain(self._options.sender),
            timeout=self._options.timeout.total_seconds(),
        )
        try:
            await self._reach_recipient(client)
            answer = await self._hand_over(client, mail.as_bytes(policy=WIRE))
        finally:
            await _leave(client)
        return f"{answer.code} {inert(answer.message, 200)}"

    async def _reach_recipient(self, client: aiosmtplib.SMTP) -> None:
        """Connect, encrypt, log in, name sender and recipient: nothing is sent yet, so no failure here is ambiguous."""
        options = self._options
        try:
            async with asyncio.timeout(options.timeout.total_seconds()):
                await client.connect(sock=await asyncio.to_thread(connected, options.host, self._port, self._allow, timeout_s=CONNECT_S))
                if options.security == "starttls":
                    await client.starttls(tls_context=self._tls)
                if options.username is not None and options.password is not None:
                    await client.login(options.username, options.password.get_secret_value())
                await client.mail(options.sender)
                await client.rcpt(options.to)
        except AddressRefused as error:
            raise DeliveryFailed(
                f"mail server {options.host}: the address is not allowed ({error.reason}; see listener.allow_private_hosts)", permanent=True
            ) from None
        except aiosmtplib.SMTPAuthenticationError as error:  # its text may repeat what we sent
            raise self._failed("the server refuses our credentials", code=error.code) from None
        except aiosmtplib.SMTPResponseException as error:
            raise self._failed(f"the server answered {error.code} {inert(error.message, 120)}", code=error.code) from None
        except ssl.SSLError as error:
            raise self._failed(f"no secure connection: {inert(error.reason or 'handshake failed', 80)}") from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise self._failed(_named(error)) from None

    async def _hand_over(self, client: aiosmtplib.SMTP, text: bytes) -> aiosmtplib.SMTPResponse:
        try:
            async with asyncio.timeout(self._options.timeout.total_seconds()):
                return await client.data(text)
        except aiosmtplib.SMTPResponseException as error:
            raise self._failed(f"the server answered {error.code} {inert(error.message, 120)}", code=error.code) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._failed(f"{_named(error)} while the text went out", ambiguous=True) from None

    def _failed(self, reason: str, *, code: int = 0, ambiguous: bool = False) -> DeliveryFailed:
        """The error with the server's name and without the password, whatever the server said."""
        text = f"mail server {self._options.host}: {reason}"
        if self._options.password is not None:
            text = text.replace(self._options.password.get_secret_value(), "***")
        return DeliveryFailed(text, permanent=code in _PERMANENT, ambiguous=ambiguous)


def _context(options: Options) -> ssl.SSLContext | None:
    if options.security == "none":
        return None
    context = ssl.create_default_context()
    if options.ca_file is not None:
        try:
            context.load_verify_locations(options.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"email: ca_file {str(options.ca_file)!r} cannot be read as a PEM file of certificates") from error
    return context


def _mail(message: Message, options: Options, now: datetime) -> EmailMessage:
    mail = EmailMessage(policy=WIRE)
    domain = _domain(options.sender)
    mail["From"] = Address(_line(options.sender_name), addr_spec=options.sender)
    mail["To"] = options.to
    if options.reply_to is not None:
        mail["Reply-To"] = options.reply_to
    mail["Subject"] = _line(message.subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = _identity(message.idempotency_key, message.seal, domain)
    mail["In-Reply-To"] = mail["References"] = _identity(
        message.thread_key, message.seal, domain
    )  # a root that was never sent ties it as well
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if message.severity == "critical":
        mail["Importance"] = "high"
    picture = None if message.picture is None else f"chart.{_token(message.idempotency_key)}@{domain}"
    mail.set_content(message.body, cte="quoted-printable")
    mail.add_alternative(_html(message, picture), subtype="html", cte="quoted-printable")
    markup = mail.get_body(("html",))
    if (
        message.picture is not None and markup is not None
    ):  # a part of the HTML; beside the whole some mail programs show it as an attachment
        markup.add_related(message.picture, "image", "png", cid=f"<{picture}>", filename="chart.png", disposition="inline")
    return mail


def _html(message: Message, picture: str | None) -> str:
    """The text, escaped, readable on a phone: alive is our own link alone, as a button above and below, so that nobody has to scroll at night.

    `picture`: the Content-ID of the chart, None where there is none; it stands below the facts.
    """
    body, button = html.escape(message.body), ""
    if message.link is not None and message.link.startswith(("http://", "https://")):
        link, label = html.escape(message.link), html.escape(link_label(message))
        button = f'<a href="{link}" rel="noopener noreferrer" style="{_BUTTON}">{label}</a>'
        body = body.replace(link, f"<br>{button}")
    facts, *rest = (f"<p>{part.replace(chr(10), '<br>')}</p>" for part in body.split("\n\n"))
    chart = "" if picture is None else f'<p><img src="cid:{picture}" alt="{html.escape(message.picture_says)}" style="{_PICTURE}"></p>'
    above = f"<p>{button}</p>" if button and rest else ""  # a short mail shows the one below
    return (
        f'<!DOCTYPE html><html lang="{html.escape(message.language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'</head><body style="{_PAGE}"><h1 style="{_HEAD}">{html.escape(message.subject)}</h1>{above}{facts}{chart}{"".join(rest)}</body></html>'
    )


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; whatever comes of it, the mail was accepted or refused before."""
    with suppress(aiosmtplib.SMTPException, OSError):
        async with asyncio.timeout(2):
            await client.quit()
    client.close()


def _named(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return "the connection was lost"
    if isinstance(error, aiosmtplib.SMTPConnectError | OSError):
        return "no connection can be made"
    return inert(str(error), 120)


def _line(text: str) -> str:
    return " ".join(text.split())


def _token(text: str) -> str:
    return "".join(character for character in text if character.isascii() and (character.isalnum() or character in "-_."))


def _identity(key: str, seal: str, domain: str) -> str:
    """A Message-ID: the same for a repeat, and not to be guessed where it is sealed."""
    return f"<{'.'.join(filter(None, (_token(key), seal)))}@{domain}>"


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
