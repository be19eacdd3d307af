"""A mailbox: care mail, and posts that people forward to it. IMAP4rev1 (RFC 3501), read only: nothing is marked, moved or deleted.

Limits: 2 MB of a message, 200 messages a look. Costs nothing. Storage is the operator's own; a person's right to erasure is `tocsin erase`.
Cannot see: other folders, what a filter or a person moved away before the look, what was deleted (a mail stays here until it is erased),
OAuth-only mailboxes (Microsoft 365 without app passwords).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import structlog
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.addresses import host_key
from core.http import Fetcher
from core.mailbox import Mailbox, Opened, Place, Raw, Security, in_time
from core.records import Mention
from listener.base import Missed, Now, Page
from listener.mail import Letter, LetterError, mention, read

log = structlog.get_logger()

PORTS: Final[dict[Security, int]] = {"tls": 993, "starttls": 143, "plain": 143}
PAGE: Final = 50  # messages
LOOK: Final = 200  # messages of one look; of a mailbox's first one, the newest


class Options(BaseModel):
    """What the operator sets.

    `host`, `port` (993 for tls, 143 else), `security` (tls, starttls; plain to private hosts only), `ca_file` (the authority of a server of
    your own), `user`, `password`, `folder`. `from_allowed`: addresses or @domains whose mail counts, all where empty. `own`: addresses or @domains
    of your side, whose own words never count.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field(min_length=1, max_length=255)
    user: str = Field(min_length=1, max_length=500)
    password: SecretStr
    port: int = Field(default=0, ge=0, le=65535)
    security: Security = "tls"
    ca_file: Path | None = None
    folder: str = Field(default="INBOX", min_length=1, max_length=500)
    from_allowed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @field_validator("user", "password", "folder")
    @classmethod
    def _is_one_line(cls, value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not text or any(ord(letter) < 32 or ord(letter) == 127 for letter in text):  # noqa: PLR2004 - control characters
            raise ValueError("must be one line of text")
        return value

    @field_validator("from_allowed", "own")
    @classmethod
    def _are_addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if any("@" not in each or each.endswith("@") or " " in each for each in given):
            raise ValueError("each must be an address (lan@example.org) or a domain with its @ (@example.org)")
        return tuple(each.lower() for each in given)

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("port"):
            return {**given, "port": PORTS.get(given.get("security", "tls"), 0)}
        return given

    @model_validator(mode="after")
    def _has_port(self) -> Self:
        if not self.port:
            raise ValueError("port must be 1 to 65535")
        return self


class Cursor(msgspec.Struct, frozen=True):
    """Whose folder was read, under which UIDVALIDITY, and up to which UID."""

    place: str
    validity: int
    uid: int


class Collector:
    """Reads one folder.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session; of it, only the exemptions from the address guard are used.
        now: tells when a mention was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._http = http
        self._now = now
        self._host = host_key(options.host)
        self._name = f"{options.user}@{self._host}:{options.port}/{options.folder}"

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """What came since the cursor, `PAGE` messages a page, `LOOK` at most; where there is none, or the UIDs were given anew, the newest `LOOK`.

        Raises:
            SourceUnavailable, SourceRejected, SourceUnreadable: as `listener.base.Collector`.
        """
        box = Mailbox(self._place(), self._http.allow)
        last = self._last(cursor)
        try:
            opened = await in_time(box, lambda: box.open(lambda validity: last.uid if last and last.validity == validity else 0))
            anew = last is None or last.validity != opened.validity
            uids = opened.uids[-LOOK:] if anew else opened.uids[:LOOK]
            missed = self._missed(last, opened, len(uids))
            if last is not None and anew:
                log.warning("mailbox numbered anew", source=self._source_id)
            done = 0 if anew or last is None else last.uid
            for start in range(0, max(1, len(uids)), PAGE):
                chunk = uids[start : start + PAGE]
                done = chunk[-1] if chunk else done
                ends = start + PAGE >= len(uids)
                page = await in_time(box, lambda chunk=chunk: self._page(box.read(chunk)))  # type: ignore[misc]
                yield msgspec.structs.replace(
                    page, cursor=self._cursor(opened.validity, done), more=not ends, missed=missed or page.missed if ends else page.missed
                )
        finally:
            await asyncio.shield(asyncio.to_thread(box.close))

    def _missed(self, last: Cursor | None, opened: Opened, taken: int) -> Missed | None:
        """The first look is no gap; later ones are where they leave something behind, or cannot know what they left."""
        if last is None or taken == len(opened.uids):
            return None
        return "capped" if last.validity == opened.validity else "partial"

    def _page(self, raws: list[Raw]) -> Page:
        """The mentions of these messages; runs in the thread, since MIME is slow to take apart."""
        left_out: Counter[str] = Counter()
        mentions: list[Mention] = []
        problems: list[str] = []
        for raw in raws:
            try:
                letter = read(raw.data)
            except LetterError as error:
                problems.append(str(error))
                continue
            found = self._heard(letter, left_out)
            if found is not None:
                mentions.append(found)
        if left_out:
            log.info("mail left out", source=self._source_id, **left_out)
        missed: Missed | None = "partial" if not all(raw.whole for raw in raws) else None
        return Page(mentions=tuple(mentions), skipped=len(problems), problem=problems[0] if problems else None, missed=missed)

    def _heard(self, letter: Letter, left_out: Counter[str]) -> Mention | None:
        if self._options.from_allowed and not _among(letter.address, self._options.from_allowed):
            left_out["other_senders"] += 1
            return None
        if letter.by_machine:
            left_out["by_machines"] += 1
            return None
        own = _among(letter.address, self._options.own)
        found = mention(letter, source_id=self._source_id, host=self._host, seen_at=self._now(), own=own)
        if not found.title and not found.text:
            left_out["without_words"] += 1
            return None
        return found

    def _place(self) -> Place:
        given = self._options
        return Place(
            source=self._source_id,
            host=given.host,
            port=given.port,
            security=given.security,
            user=given.user,
            password=given.password,
            folder=given.folder,
            ca_file=given.ca_file,
        )

    def _cursor(self, validity: int, uid: int) -> str:
        return msgspec.json.encode(Cursor(self._name, validity, uid)).decode()

    def _last(self, cursor: str | None) -> Cursor | None:
        """What the cursor says; None where it cannot be read or is of another folder."""
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
        return last if last.place == self._name and last.uid >= 0 else None


def _among(address: str, listed: tuple[str, ...]) -> bool:
    return any(address == each or (each.startswith("@") and address.endswith(each)) for each in listed)
