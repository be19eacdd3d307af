"""The kind `email`: answers by mail, read over IMAP4rev1 (RFC 3501) from the mailbox that our alerts come from, and answered by SMTP in the same thread.

Read only: nothing is marked, moved or deleted, so people can read the mailbox beside us. A look every twenty seconds; no port is opened to the outside. Anybody
can write any From: so a mail counts as its sender's only where it answers a mail of ours by its unguessable ids, or where the operator's own mail
server (`trust_authserv`) says that the sender's domain is genuine. Answers of machines, mail of strangers and mail that answers nothing of ours are left
alone and counted; they are never answered, or a forged sender would be written to. Limits: 2 MB of a mail, 200 mails a look, mailboxes with
passwords (for Microsoft 365 and Gmail an app password).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import structlog
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from alerting.inbox.base import Batch, Reply
from alerting.inbox.letters import Answer, NoAnswer, read_letter
from alerting.mail_wire import WIRE
from alerting.notifiers import email
from core.addresses import host_key
from core.durations import Duration
from core.errors import DeliveryFailed
from core.http import Fetcher
from core.mailbox import Mailbox, Opened, Place, Raw, Security, in_time

log = structlog.get_logger()

KIND: Final = "email"
SOURCE: Final = f"inbox {KIND}"
PORTS: Final[dict[Security, int]] = {"tls": 993, "starttls": 143, "plain": 143}
PAGE: Final = 20  # mails
LOOK: Final = 200  # mails of one look
EVERY: Final = timedelta(seconds=20)


class Options(BaseModel):
    """What the operator sets under `alerting.inboxes.email`.

    `host`, `port` (993 for tls, 143 else), `security` (tls, starttls; plain to private hosts only), `ca_file`, `user`, `password`, `folder`: the mailbox that
    answers come to. `every`: how often it is looked at. `trust_authserv`: the name of your own mail server in the Authentication-Results that it writes.
    `smtp` is what `notifiers.email` says, by which answers leave; it is filled in by itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field(min_length=1, max_length=255)
    user: str = Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")
    password: SecretStr
    port: int = Field(default=0, ge=0, le=65535)
    security: Security = "tls"
    ca_file: Path | None = None
    folder: str = Field(default="INBOX", min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")
    every: Duration = EVERY
    trust_authserv: str | None = None
    smtp: dict[str, Any] = Field(default_factory=dict, repr=False)

    @model_validator(mode="after")
    def _password_is_one_line(self) -> Self:
        if not self.password.get_secret_value().isprintable():
            raise ValueError("password must be one line of text")
        return self


class _Cursor(msgspec.Struct, frozen=True):
    """Whose folder was read, under which UIDVALIDITY, and up to which UID."""

    place: str
    validity: int
    uid: int


class Inbox:
    """One mailbox."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        self.every = options.every
        self._options = options
        self._http = http
        self._now = now
        self._port = options.port or PORTS[options.security]
        self._name = f"{options.user}@{host_key(options.host)}:{self._port}/{options.folder}"

    async def listen(self, cursor: str | None) -> AsyncIterator[Batch]:
        """What came since the cursor, in one look. What was there before the first look, or was numbered anew, is no answer.

        Raises:
            SourceUnavailable, SourceRejected, SourceUnreadable: the mailbox cannot be read.
        """
        last = self._last(cursor)
        box = Mailbox(self._place(), self._http.allow)
        try:
            opened = await in_time(box, lambda: box.open(lambda validity: last.uid if last and last.validity == validity else 0))
            if last is None or last.validity != opened.validity:
                if last is not None:
                    log.warning("mailbox numbered anew: answers since the last look are not read", inbox=KIND)
                yield Batch(replies=(), cursor=self._cursor(opened, max(opened.uids, default=0)))
                return
            uids = opened.uids[:LOOK]
            for start in range(0, len(uids), PAGE):
                chunk = uids[start : start + PAGE]
                replies = await in_time(box, lambda chunk=chunk: self._read(box.read(chunk)))  # type: ignore[misc]
                yield Batch(replies=replies, cursor=self._cursor(opened, chunk[-1]))
        finally:
            await asyncio.shield(asyncio.to_thread(box.close))

    async def answer(self, reply: Reply, text: str) -> None:
        """By mail, in the thread of the mail that it answers.

        Raises:
            DeliveryFailed: the mail server refused it or could not be reached; permanent where `notifiers.email` says of none.
        """
        try:
            options = email.Options.model_validate({**self._options.smtp, "to": reply.sender})
        except ValidationError:
            raise DeliveryFailed("alerting.notifiers.email says of no server by which answers could leave", permanent=True) from None
        mail = EmailMessage(policy=WIRE)
        mail["From"] = Address(" ".join(options.sender_name.split()), addr_spec=options.sender)
        mail["To"] = reply.sender
        subject = str(reply.back.get("subject", ""))
        mail["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        mail["Date"] = format_datetime(self._now())
        mail["In-Reply-To"] = f"<{reply.back.get('id', '')}>"
        mail["References"] = " ".join(f"<{one}>" for one in [*reply.back.get("references", ()), reply.back.get("id", "")])
        mail["Auto-Submitted"] = "auto-replied"
        mail.set_content(text, cte="quoted-printable")
        await email.Notifier(options, http=self._http, now=self._now).deliver(mail)

    def sender_of(self, channel: dict[str, Any]) -> str | None:
        """The address that alerts go to is the one that answers come from."""
        to = channel.get("to")
        return to.lower() if isinstance(to, str) else None

    def _read(self, raws: list[Raw]) -> tuple[Reply, ...]:
        """The answers among these mails; runs in the thread, since MIME is slow to take apart."""
        left_alone: Counter[str] = Counter()
        replies = []
        for raw in raws:
            try:
                found = read_letter(raw.data, authserv=self._options.trust_authserv)
            except NoAnswer as error:
                left_alone[str(error)] += 1
                continue
            if found.about is None and not found.vouched:
                left_alone["answers none of our mails"] += 1
                continue
            replies.append(self._reply(found))
        if left_alone:
            log.info("mail left alone", inbox=KIND, mails=dict(left_alone))
        return tuple(replies)

    def _reply(self, found: Answer) -> Reply:
        now = self._now()
        return Reply(
            native_id=found.id[:300],
            sender=found.sender,
            at=min(found.at or now, now),
            text=found.text,
            about=found.about,
            back={"id": found.id, "subject": found.subject, "references": list(found.references)},
            proven=found.vouched,
        )

    def _place(self) -> Place:
        given = self._options
        return Place(
            source=SOURCE,
            host=given.host,
            port=self._port,
            security=given.security,
            user=given.user,
            password=given.password,
            folder=given.folder,
            ca_file=given.ca_file,
        )

    def _cursor(self, opened: Opened, uid: int) -> str:
        return msgspec.json.encode(_Cursor(self._name, opened.validity, uid)).decode()

    def _last(self, cursor: str | None) -> _Cursor | None:
        """What the cursor says; None where it cannot be read or is of another folder."""
        try:
            last = msgspec.json.decode(cursor or "", type=_Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
        return last if last.place == self._name and last.uid >= 0 else None
