"""The kind `discord`: what people answer there, over the gateway: an outbound connection, no address of ours that Discord could call.

Heard are direct messages to the bot, in a server answers to its messages and messages that name it, and buttons below an alert. All else goes
nowhere; bots (ours too) and webhooks are not heard. A button is confirmed at once, for Discord shows a failure after 3 seconds. The cursor is the session: after
a restart what was said meanwhile comes again.

Source: https://docs.discord.com/developers/events/gateway-events (Message Create, Interaction Create),
https://docs.discord.com/developers/interactions/receiving-and-responding (callback types, follow-up messages, tokens good for 15 minutes),
https://docs.discord.com/developers/resources/message (message references, types).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import msgspec
import structlog
from pydantic import model_validator

from alerting.discord_gateway import ALIVE, DIRECT_MESSAGES, GUILD_MESSAGES, MESSAGE_CONTENT, Gateway, Session
from alerting.discord_web import (
    BUTTON,
    EPHEMERAL,
    MAX_CONTENT,
    PLACE,
    QUIET,
    SUPPRESS_EMBEDS,
    DiscordOptions,
    DiscordWeb,
    escaped,
    is_snowflake,
)
from alerting.inbox.base import Batch, Reply
from alerting.inert import shorten, utf16_units
from core.errors import DeliveryFailed, SourceUnavailable
from core.http import Fetcher

log = structlog.get_logger()

SOURCE: Final = "inbox discord"
MAX_TEXT: Final = 4_000  # characters of a reply; the grammar reads its first line
MAX_TOKENS: Final = 1_000  # of interactions, remembered for their answers
MAX_WAITING: Final = 1_000  # batches that nobody took yet
_EPOCH: Final = datetime(2015, 1, 1, tzinfo=UTC)  # of Discord's ids
_SAID: Final = frozenset({0, 19})  # types of messages that somebody wrote: plain, and a reply
_TOLD: Final = frozenset({"READY", "RESUMED", ALIVE})  # events after which the cursor is handed on, though nobody said anything
_DEFERRED_UPDATE: Final = 6


class Options(DiscordOptions):
    """As of the notifier; the bot's token is needed."""

    @model_validator(mode="after")
    def _a_token(self) -> Self:
        if self.token is None or not self.replies:
            raise ValueError("to hear replies Discord needs the bot's `token`, and `replies` not switched off")
        return self


class Inbox:
    """One bot."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:  # noqa: ARG002 - as every inbox; an id tells its time
        assert options.token is not None
        self._token = options.token
        self._intents = GUILD_MESSAGES | DIRECT_MESSAGES | (MESSAGE_CONTENT if options.message_content else 0)
        self._web = DiscordWeb(options.token, api=options.api, http=http)
        self._http = http
        self._tokens: dict[str, tuple[str, str]] = {}  # by native id: application and token of an interaction; keys, so never stored
        self._confirming: set[asyncio.Task[None]] = set()

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Every reply as a batch of its own, and an empty one as a sign of life, without end; errors as `Gateway.events`.

        The connection has a reader of its own, so that heartbeats go out while a reply is handled.
        """
        gateway = Gateway(self._web, self._token, intents=self._intents, session=_session(cursor), http=self._http, source=SOURCE)
        heard: asyncio.Queue[Batch | None] = asyncio.Queue()
        reader = asyncio.create_task(self._hear(gateway, heard))
        reader.add_done_callback(lambda _: heard.put_nowait(None))
        try:
            while (batch := await heard.get()) is not None:
                yield batch
            reader.result()  # raises what ended it
        finally:
            reader.cancel()
            await asyncio.gather(reader, *self._confirming, return_exceptions=True)

    async def answer(self, reply: Reply, text: str) -> None:
        """As a reply to the message; to a button so that only who pressed it sees it.

        Raises:
            DeliveryFailed: Discord refused it or could not be reached.
        """
        content = shorten(escaped(text.replace("@", "\uff20")), MAX_CONTENT, utf16_units)
        payload: dict[str, Any] = {"content": content, "allowed_mentions": QUIET, "flags": SUPPRESS_EMBEDS}
        known = self._tokens.get(reply.native_id)
        if known is not None:
            application, token = known
            path = f"/webhooks/{application}/{token}"
            await self._web.call("POST", path, payload | {"flags": SUPPRESS_EMBEDS | EPHEMERAL}, named=False)
            return
        channel, message = reply.back.get("channel"), reply.back.get("message")
        if not is_snowflake(channel):
            raise DeliveryFailed(f"{PLACE}: the reply does not say where it came from", permanent=True)
        if is_snowflake(message):
            payload["message_reference"] = {"message_id": message, "fail_if_not_exists": False}
        await self._web.call("POST", f"/channels/{channel}/messages", payload)

    def sender_of(self, channel: dict[str, Any]) -> str | None:
        """The user id that the channel names; None for one that names only a channel or a webhook."""
        user = channel.get("user")
        return str(user) if isinstance(user, int | str) else None

    async def _hear(self, gateway: Gateway, heard: asyncio.Queue[Batch | None]) -> None:
        async with contextlib.aclosing(gateway.events()) as events:
            async for name, data in events:
                session = gateway.session
                reply = None if session is None else self._read(name, data, session)
                if reply is None and name not in _TOLD:
                    continue
                if heard.qsize() >= MAX_WAITING:
                    raise SourceUnavailable(SOURCE, "more comes than can be handled")
                cursor = None if session is None else msgspec.json.encode(session).decode()
                heard.put_nowait(Batch(replies=() if reply is None else (reply,), cursor=cursor))

    def _read(self, name: str, data: Mapping[str, Any], session: Session) -> Reply | None:
        """What somebody said to us in an event; None where it is not that, or not in the form that Discord documents."""
        if name == "MESSAGE_CREATE":
            return _said(data, session)
        return self._pressed(data) if name == "INTERACTION_CREATE" else None

    def _pressed(self, data: Mapping[str, Any]) -> Reply | None:
        """A button of ours that somebody pressed; it is confirmed meanwhile."""
        match data:
            case {
                "type": 3, "id": str(identity), "token": str(token), "application_id": str(application), "channel_id": str(channel),
                "message": {"id": str(message)}, "data": {"component_type": 2, "custom_id": str(pressed)},
            } if pressed.startswith(BUTTON) and is_snowflake(identity):  # fmt: skip
                user = _presser(data)
                if user is None:
                    return None
                reply = Reply(
                    native_id=f"press:{identity}",
                    sender=user,
                    at=_time(identity),
                    text=pressed.removeprefix(BUTTON)[:MAX_TEXT],
                    about={"channel": channel, "message": message},
                    back={"channel": channel, "message": message},
                    pressed=True,
                )
                self._tokens[reply.native_id] = application, token
                while len(self._tokens) > MAX_TOKENS:
                    del self._tokens[next(iter(self._tokens))]
                confirming = asyncio.create_task(self._confirm(identity, token))
                self._confirming.add(confirming)
                confirming.add_done_callback(self._confirming.discard)
                return reply
        return None

    async def _confirm(self, identity: str, token: str) -> None:
        """Tell Discord that the button was heard; what comes of it is said later."""
        try:
            await self._web.call("POST", f"/interactions/{identity}/{token}/callback", {"type": _DEFERRED_UPDATE}, named=False)
        except DeliveryFailed as error:
            log.warning("button not confirmed", inbox=SOURCE, reason=error.reason)


def _said(data: Mapping[str, Any], session: Session) -> Reply | None:
    """A message to us: direct, an answer to one of ours, or with our name in it."""
    match data:
        case {"id": str(identity), "channel_id": str(channel), "content": str(text), "author": {"id": str(user)} as author} if is_snowflake(
            identity
        ):
            if author.get("bot") or user == session.user or data.get("webhook_id") or data.get("type", 0) not in _SAID:
                return None
            answered = _answered(data, session)
            if data.get("guild_id") is not None and answered is None and not _is_named(data, session):
                return None
            return Reply(
                native_id=identity,
                sender=user,
                at=_time(identity),
                text=_words(text, session),
                about=None if answered is None else {"channel": channel, "message": answered},
                back={"channel": channel, "message": identity},
            )
    return None


def _answered(data: Mapping[str, Any], session: Session) -> str | None:
    """Id of the message of ours that it answers; None where it answers none. Whose it is may not be told: then it counts as ours."""
    match data:
        case {"message_reference": {"type": 1}}:  # handed on from elsewhere
            return None
        case {"message_reference": {"message_id": str()}, "referenced_message": {"author": {"id": str(author)}}} if author != session.user:
            return None
        case {"message_reference": {"message_id": str(message)}}:
            return message
    return None


def _is_named(data: Mapping[str, Any], session: Session) -> bool:
    mentions = data.get("mentions")
    return isinstance(mentions, list) and any(isinstance(one, dict) and one.get("id") == session.user for one in mentions)


def _words(text: str, session: Session) -> str:
    """What was written, without our name in it."""
    for form in (f"<@{session.user}>", f"<@!{session.user}>"):
        text = text.replace(form, " ")
    return text.strip()[:MAX_TEXT]


def _presser(data: Mapping[str, Any]) -> str | None:
    """Who pressed: `member` in a server, `user` in a direct message."""
    match data:
        case {"member": {"user": {"id": str(user)}}} | {"user": {"id": str(user)}}:
            return user
    return None


def _time(snowflake: str) -> datetime:
    """When something with this id was made."""
    return _EPOCH + timedelta(milliseconds=int(snowflake) >> 22)


def _session(cursor: str | None) -> Session | None:
    try:
        return msgspec.json.decode(cursor, type=Session) if cursor else None
    except msgspec.DecodeError:
        return None
