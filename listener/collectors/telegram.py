"""Telegram: what is said in the groups and channels that hold your bot. Bot API 9 (https://core.telegram.org/bots/api), long polling.

Limits: one reader a bot and no webhook beside it; about 30 requests a second. Costs nothing. Telegram keeps unread updates for 24 hours,
so a longer standstill of ours is a gap, and it is said. Storage: Telegram's terms for bot developers ask for what the bot needs, no longer
than it needs it, and deletion at a person's request (`tocsin erase`). Cannot see: chats without the bot, what was written before it came,
messages while its privacy mode is on and it is no admin, deletions (Telegram tells bots none), views, other bots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Answer, Fetcher, check_status
from core.records import Engagement, Mention
from listener.base import Now, Page, Reading, web_link
from listener.platforms import call, records, said
from listener.telegram import Chat, Message, Update, key, mention

log = structlog.get_logger()

API: Final = "https://api.telegram.org"
UPDATES: Final = ("message", "edited_message", "channel_post", "edited_channel_post", "message_reaction_count")
LIMIT: Final = 100  # updates a request, the most that Telegram gives
REQUESTS: Final = 10  # of one look
WAIT_S: Final = 8  # of a long poll; below the 10 s for which a place may stay silent
QUIET: Final = 3  # long polls without news for one heartbeat
KEPT: Final = timedelta(hours=24)  # how long Telegram keeps what nobody fetched
_TOKEN_CHARS: Final = range(20, 101)
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409


class Options(BaseModel):
    """What the operator sets.

    `token`: the bot's, from @BotFather. `chats`: ids or @names of the chats that count; all groups and channels where empty, private talks with the bot
    only by id. `streaming`: ask without end instead of once a poll. `commands`: take messages that begin with "/" too. `api`: where the Bot
    API is, for a server of your own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr
    chats: tuple[int | str, ...] = ()
    streaming: bool = False
    commands: bool = False
    api: str = API

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr) -> SecretStr:
        number, colon, rest = token.get_secret_value().partition(":")
        letters = rest.replace("-", "").replace("_", "")
        if not (number.isascii() and number.isdigit() and colon and len(rest) in _TOKEN_CHARS and letters.isascii() and letters.isalnum()):
            raise ValueError("must be a bot's token as @BotFather gives it: digits, a colon, letters")
        return token

    @field_validator("chats")
    @classmethod
    def _are_chats(cls, chats: tuple[int | str, ...]) -> tuple[int | str, ...]:
        for chat in chats:
            if isinstance(chat, str) and not (chat.startswith("@") and chat[1:].isidentifier()) and not chat.lstrip("-").isdigit():
                raise ValueError("each must be a chat's id (-1001234567890) or its @name")
        return tuple(chat if isinstance(chat, int) else int(chat) if chat.lstrip("-").isdigit() else chat.lower() for chat in chats)

    @field_validator("api")
    @classmethod
    def _is_web(cls, api: str) -> str:
        if web_link(api) is None:
            raise ValueError("must be an http or https address")
        return api.rstrip("/")


class Cursor(msgspec.Struct, frozen=True):
    """Whose updates were read, the first one still to read, and when we last looked. Asking from it on is what confirms those before it."""

    bot: str
    offset: int
    at: datetime


class Collector:
    """Reads one bot's updates.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session.
        now: tells when a mention was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._http = http
        self._now = now
        self._bot = options.token.get_secret_value().partition(":")[0]

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """Drain what waits, a page a request, `REQUESTS` at most; or, streaming, go on for ever.

        A page's updates are confirmed to Telegram by the next request alone, which comes after the page was stored.

        Raises:
            SourceUnavailable, SourceRejected, SourceUnreadable: as `listener.base.Collector`.
        """
        last = self._last(cursor)
        pages = self._stream(last) if self._options.streaming else self._look(last)
        async for page in pages:
            yield page

    async def _look(self, last: Cursor | None) -> AsyncIterator[Page]:
        gap = last is not None and self._now() - last.at > KEPT
        for turn in range(REQUESTS):
            page, last, full = await self._ask(last, wait_s=0)
            missed: Any = "partial" if gap and turn == 0 else "capped" if full and turn == REQUESTS - 1 else None
            yield msgspec.structs.replace(page, missed=missed, more=full and turn < REQUESTS - 1)
            if not full:
                return

    async def _stream(self, last: Cursor | None) -> AsyncIterator[Page]:
        """First what waits, as a look; of a new source that is its history, so it is no page of the stream. Then the stream."""
        live = last is not None
        gap = last is not None and self._now() - last.at > KEPT
        full, quiet, first = True, 0, True
        while True:
            page, last, full = await self._ask(last, wait_s=0 if full else WAIT_S)
            quiet = 0 if page.mentions or page.readings or page.skipped else quiet + 1
            if first or quiet in (0, QUIET):
                yield msgspec.structs.replace(page, live=live, more=full, missed="partial" if gap and first else None)
                quiet = 0
            first, live = False, live or not full

    async def _ask(self, last: Cursor | None, *, wait_s: int) -> tuple[Page, Cursor, bool]:
        """One request: its page, where the next goes on, and whether more waits."""
        form = {"limit": str(LIMIT), "timeout": str(wait_s), "allowed_updates": msgspec.json.encode(UPDATES).decode()}
        if last is not None:
            form["offset"] = str(last.offset)
        url = f"{self._options.api}/bot{self._options.token.get_secret_value()}/getUpdates"
        told, answer = await call(self._http, url, source=self._source_id, form=form)
        given = self._result(told, answer)
        updates, skipped, problem = records(given, Update)
        numbers = [entry["update_id"] for entry in given if isinstance(entry, dict) and isinstance(entry.get("update_id"), int)]
        cursor = Cursor(self._bot, max(numbers) + 1 if numbers else last.offset if last else 0, self._now())
        page = self._page(updates, cursor)
        return msgspec.structs.replace(page, skipped=skipped, problem=problem), cursor, len(given) >= LIMIT

    def _result(self, told: Any, answer: Answer) -> list[Any]:
        if isinstance(told, dict) and told.get("ok") is False:
            raise self._refusal(told)
        check_status(answer, self._source_id)
        result = told.get("result") if isinstance(told, dict) else None
        if not isinstance(result, list):
            raise SourceUnreadable(self._source_id, "its answer is none of the Bot API")
        return result

    def _refusal(self, told: dict[str, Any]) -> SourceRejected | SourceUnavailable:
        code, words = told.get("error_code"), said(told.get("description"))
        if code in (_UNAUTHORIZED, _NOT_FOUND):
            return SourceRejected(self._source_id, f"Telegram knows no bot by this token ({code}): take a new one from @BotFather")
        if code == _CONFLICT and "webhook" in words:
            return SourceRejected(self._source_id, "the bot has a webhook, so it cannot be polled (409): remove it with deleteWebhook")
        if code == _CONFLICT:
            return SourceRejected(
                self._source_id, "another program reads this bot's updates (409): stop it, or give Tocsin a bot of its own"
            )
        if code == _FORBIDDEN:
            return SourceRejected(self._source_id, f"access refused (403): {words}")
        parameters = told.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        known = float(wait) if isinstance(wait, int) and not isinstance(wait, bool) and wait >= 0 else None
        return SourceUnavailable(self._source_id, f"Telegram refused ({code}): {words}", retry_after_s=known)

    def _page(self, updates: list[Update], cursor: Cursor) -> Page:
        left_out: Counter[str] = Counter()
        mentions: dict[bytes, Mention] = {}
        readings: dict[bytes, Reading] = {}
        for update in updates:
            message, reactions = update.said, update.message_reaction_count
            if message is not None:
                found = self._heard(message, left_out)
                if found is not None:
                    mentions[found.key] = found  # an edit that follows in the same page takes its place
            elif reactions is not None and self._listens_to(reactions.chat):
                counted = Engagement(likes=sum(max(0, reaction.total_count) for reaction in reactions.reactions))
                of = key(reactions.chat, reactions.message_id, self._bot)
                readings[of] = Reading(key=of, engagement=counted)
        if left_out:
            log.info("updates left out", source=self._source_id, **left_out)
        return Page(mentions=tuple(mentions.values()), readings=tuple(readings.values()), cursor=msgspec.json.encode(cursor).decode())

    def _heard(self, message: Message, left_out: Counter[str]) -> Mention | None:
        if not self._listens_to(message.chat):
            left_out["other_chats"] += 1
            return None
        if message.migrate_to_chat_id is not None:
            log.warning("group has a new id", source=self._source_id, old=message.chat.id, new=message.migrate_to_chat_id)
        if (message.text or message.caption).startswith("/") and not self._options.commands:
            left_out["commands"] += 1
            return None
        found = mention(message, source_id=self._source_id, bot=self._bot, seen_at=self._now())
        if found is None:
            left_out["service_messages"] += 1
        return found

    def _listens_to(self, chat: Chat) -> bool:
        if not self._options.chats:
            return chat.type != "private"
        return chat.id in self._options.chats or f"@{chat.username or ''}".lower() in self._options.chats

    def _last(self, cursor: str | None) -> Cursor | None:
        """What the cursor says; None where it cannot be read or is of another bot."""
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
        return last if last.bot == self._bot and last.at.tzinfo is not None else None
