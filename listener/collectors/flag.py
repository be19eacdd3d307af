"""The way in for what no program may see: closed Facebook and Zalo groups, TikTok, livestreams. A person tells it.

Pushed by the console's form and the command line; polled where a mailbox (`mail`) or a Telegram bot (`bot`) is given, on their terms and
within their limits (docs/collectors/imap.md, docs/collectors/telegram.md). Costs nothing but people's time. Storage: what a person pasted
is other people's words; ask for no more than the matter needs, and delete at a person's request (`tocsin erase`) or when the post is gone.
Cannot see anything by itself: what nobody flags is not there. A mail's pictures are kept by their hash alone, Telegram's not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final, Self

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.durations import Duration
from core.errors import SourceError
from core.flagged import Counted, Flagged, Picture
from core.http import Fetcher
from core.records import Mention
from core.text import unmarked
from listener import flags
from listener.base import Now, Page
from listener.collectors import imap, telegram
from listener.flags import COMMANDS, RECOUNTS, Flag, FlagError
from listener.mail import Letter

ASK_AGAIN: Final = timedelta(minutes=15)
SHORTEST: Final = timedelta(minutes=1)
WAITS: Final = True  # for people: listener/pushed.py


class Options(BaseModel):
    """What the operator sets.

    `ask_again`: how often the counters are asked for again while an incident is open; 0s: never. `groups`: names offered in the form.
    `mail`: a mailbox to which flags are sent (the options of `imap`). `bot`: a Telegram bot to which they are typed (the options of `telegram`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    ask_again: Duration = ASK_AGAIN
    groups: tuple[str, ...] = Field(default=(), max_length=200)
    mail: imap.Options | None = None
    bot: telegram.Options | None = None

    @model_validator(mode="before")
    @classmethod
    def _takes_commands(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("bot"), dict):
            return {**given, "bot": {"commands": True, **given["bot"]}}
        return given

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.ask_again and self.ask_again < SHORTEST:
            raise ValueError("ask_again must be 1m or more, or 0s for never")
        if self.bot is not None and (self.bot.streaming or not self.bot.commands):
            raise ValueError("bot must take commands, and must not stream")
        return self


class Cursor(msgspec.Struct, frozen=True):
    """Where the mailbox and the bot were left."""

    mail: str | None = None
    bot: str | None = None


class Collector:
    """Turns what a mailbox and a bot bring into flags; without both it hears nothing by itself.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session.
        now: tells when a mention was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._source_id = source_id
        self._now = now
        self._mail = None if options.mail is None else _Letters(options.mail, source_id=source_id, http=http, now=now)
        self._bot = None if options.bot is None else telegram.Collector(options.bot, source_id=source_id, http=http, now=now)

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """What was sent to the mailbox and typed to the bot since the cursor; one that fails does not keep the other from being heard.

        Raises:
            SourceUnavailable, SourceRejected, SourceUnreadable: as `listener.base.Collector`.
        """
        at, failed = _last(cursor), None
        if self._mail is not None:
            try:
                async for page in self._mail.listen(at.mail):
                    at = Cursor(page.cursor, at.bot)
                    yield self._turned(page, at, more=page.more or self._bot is not None)
            except SourceError as error:
                failed = error
        if self._bot is not None:
            async for page in self._bot.listen(at.bot):
                at = Cursor(at.mail, page.cursor)
                yield self._turned(page, at, more=page.more)
        if failed is not None:
            raise failed

    def _turned(self, page: Page, at: Cursor, *, more: bool) -> Page:
        """The flags and readings that a page of the mailbox or the bot holds; what is neither is left out."""
        reported: dict[bytes, tuple[Mention, Flagged]] = {}
        counted: list[Counted] = []
        for found in page.mentions:
            said, by = (self._mail.told(found) if self._mail is not None else None) or _typed(found)
            if said is None:
                continue
            answer = flags.recount(said, by=by)
            if answer is not None:
                counted.append(Counted(mention_id=answer[0], by=by, engagement=answer[1].engagement, gone=answer[2]))
                continue
            one = reported_of(flags.read(said, by=by), source_id=self._source_id, seen_at=self._now(), at=found.published_at)
            if one is not None:
                reported[one[0].key] = one
        return replace(
            page,
            mentions=tuple(mention for mention, _ in reported.values()),
            readings=(),
            deleted=(),
            flags=tuple(flagged for _, flagged in reported.values()),
            counted=tuple(counted),
            cursor=msgspec.json.encode(at).decode(),
            more=more,
        )


class _Letters(imap.Collector):
    """A mailbox that remembers of each mention who sent it and what stood in the letter, until it is turned into a flag."""

    def __init__(self, options: imap.Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        super().__init__(options, source_id=source_id, http=http, now=now)
        self._told: dict[bytes, tuple[str, str]] = {}

    def told(self, found: Mention) -> tuple[str, str] | None:
        """What a letter says, and its sender's address; None for what is no letter's."""
        return self._told.pop(found.key, None)

    def _heard(self, letter: Letter, left_out: Counter[str]) -> Mention | None:
        found = super()._heard(letter, left_out)
        if found is not None:
            original = letter.original
            shown = [f"[picture: {name}, sha256 {digest}]" for name, digest in letter.pictures]
            parts = [_subject(letter.subject, letter.text), letter.text, original.text if original else "", found.url or "", *shown]
            self._told[found.key] = "\n".join(part for part in parts if part), letter.address
        return found


def reported_of(
    flag: Flag, *, source_id: str, seen_at: datetime, at: datetime | None = None, pictures: tuple[Picture, ...] = ()
) -> tuple[Mention, Flagged] | None:
    """A flag as a page holds it, or None where it reports nothing. `pictures` are kept; hashes in the flag stand for themselves."""
    kept = {shown.sha256: shown for shown in pictures}
    hashes = tuple(dict.fromkeys((*kept, *flag.pictures)))
    try:
        found = flags.mention(replace(flag, pictures=hashes), source_id=source_id, seen_at=seen_at)
    except FlagError:
        return None
    told = tuple(kept.get(digest) or Picture(sha256=digest) for digest in hashes)
    return replace(found, published_at=at), Flagged(key=found.key, by=flag.by, place=flag.place, pictures=told)


def page_of(flag: Flag, *, source_id: str, seen_at: datetime, pictures: tuple[Picture, ...] = ()) -> Page:
    """The page of one flag, for what is pushed.

    Raises:
        FlagError: there is nothing to report.
    """
    one = reported_of(flag, source_id=source_id, seen_at=seen_at, pictures=pictures)
    if one is None:
        raise FlagError("a flag needs words, a link or a picture")
    return Page(mentions=(one[0],), flags=(one[1],))


def _typed(found: Mention) -> tuple[str | None, str]:
    """What was typed to the bot and by whom: commands, and in a private talk everything."""
    author = found.author
    by = "" if author is None else f"@{author.handle}" if author.handle else author.key.rpartition("/")[2]
    first = found.text.lstrip()[:40].split()[:1]
    word = unmarked(first[0].removeprefix("/").partition("@")[0]) if first and first[0].startswith("/") else None
    chat = found.native_id.rpartition("/")[0].rpartition(":")[2]
    is_private = not chat.startswith("-")
    wanted = word in (*COMMANDS, *RECOUNTS) if word is not None else is_private
    return (found.text if wanted else None), by


def _subject(subject: str, text: str) -> str:
    """The subject, where it says more than that this is a flag, and is not the text's own first line."""
    plain = unmarked(subject).strip(" /:")
    told = not plain or plain in COMMANDS or plain.startswith(("re:", "fwd:", "fw:", "tr:")) or unmarked(text).startswith(plain)
    return "" if told else subject


def _last(cursor: str | None) -> Cursor:
    try:
        return msgspec.json.decode(cursor or "{}", type=Cursor)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Cursor()
