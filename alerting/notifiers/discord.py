"""The kind `discord`: an alert as a message of your bot, to a person or a channel, with buttons to take it.

Documentation: https://docs.discord.com/developers/resources/message (Create Message: content of at most 2,000 characters, `nonce` of 25 with `enforce_nonce`,
`message_reference`, flags; embeds: title 256, description 4,096, 6,000 in all; allowed mentions), .../resources/user (Create DM), .../resources/webhook
(Execute Webhook with `wait`, Edit Webhook Message), .../components/reference (button: label 80, custom_id 100; five a row), .../reference (uploading files).
What Discord does not like (50035) goes out once more, plain.

Limits: about five messages in five seconds to a channel; a bot writes to people who share a server with it and take direct messages from there. With
a webhook nothing can be answered. An alert too long for a message goes on in an embed, for which the bot needs Embed Links.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Self

import structlog
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from alerting.base import Limits, Message, Receipt, fitted, headed
from alerting.buttons import buttons
from alerting.discord_web import (
    BUTTON,
    CHART,
    INVALID_FORM,
    MAX_CONTENT,
    NO_HISTORY,
    PLACE,
    QUIET,
    SUPPRESS_EMBEDS,
    DiscordOptions,
    DiscordRefused,
    DiscordWeb,
    escaped,
    is_snowflake,
)
from alerting.inert import shorten, utf16_units
from core.errors import DeliveryFailed
from core.http import Fetcher
from core.messages import translator

LIMITS = Limits(chars=4_096, pictures=True, buttons=True, edits=True, answers=True)

MAX_DESCRIPTION: Final = 4_096
MAX_LABEL: Final = 80
MAX_ALT: Final = 1_024
_NONCE: Final = 25  # characters
SUPPRESS_NOTIFICATIONS: Final = 1 << 12  # arrives without a sound
_QUIETLY: Final = ("resolved", "digest")  # kinds that nobody has to look at now
_ROW, _BUTTON = 1, 2
_STYLES: Final = {"ack": 1, "escalate": 2, "false": 2}  # primary, secondary

_NO_PICTURE: Final = frozenset({40005, 50013})  # too large, or the bot may not attach files
_WEBHOOK: Final = re.compile(r"https?://[^/?#\s]+/([^?#\s]*/)?webhooks/[0-9]+/[^/?#\s]+")
_ANGLES: Final = 2  # around our link

log = structlog.get_logger()


def _id_text(value: object) -> object:
    """An id as text, for YAML reads it as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _webhook(address: SecretStr) -> SecretStr:
    if not _WEBHOOK.fullmatch(address.get_secret_value()):
        raise ValueError("write the webhook's address as Discord gives it: https://discord.com/api/webhooks/...")
    return address


Snowflake = Annotated[str, BeforeValidator(_id_text, json_schema_input_type=str | int), Field(pattern=r"^[0-9]{5,20}$")]


class Options(DiscordOptions):
    """Where to.

    `user` (an id) for a direct message; `channel` (an id), with `user` the one who is pinged there and whose answers count; or `webhook`, the address of
    a channel's webhook, and nothing else.
    """

    user: Snowflake | None = None
    channel: Snowflake | None = None
    webhook: Annotated[SecretStr, AfterValidator(_webhook)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.webhook is None and (self.token is None or not (self.user or self.channel)):
            raise ValueError("write `token` and `user` or `channel`, or `webhook`")
        if self.webhook is not None and (self.user or self.channel):
            raise ValueError("a webhook has its channel already: leave `user` and `channel` out")
        return self


class Notifier:
    """Posts to one person or channel."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        del now
        self._by_webhook = options.webhook is not None
        api = options.api if options.webhook is None else options.webhook.get_secret_value()
        self._web = DiscordWeb(None if self._by_webhook else options.token, api=api, http=http)
        self._user = options.user
        self._channel = options.channel
        self._hears = options.replies and not self._by_webhook
        self._opened: str | None = None  # the direct conversation

    async def send(self, message: Message) -> Receipt:
        """Post it, as a reply to the first message of its incident; a repeat with the same key shows once.

        Raises:
            DeliveryFailed: permanent where the token, the bot's rights, the channel or the person is refused.
        """
        payload = self._dressed(message)
        if self._by_webhook:
            path = "?wait=true"
        else:
            channel = await self._conversation()
            path = f"/channels/{channel}/messages"
            payload |= {"nonce": hashlib.sha256(message.idempotency_key.encode()).hexdigest()[:_NONCE], "enforce_nonce": True}
            first = message.thread_ref or {}
            if first.get("channel") == channel and is_snowflake(first.get("message")):
                payload["message_reference"] = {"message_id": first["message"], "fail_if_not_exists": False}
        if message.picture is not None:
            payload["attachments"] = [{"id": 0, "filename": CHART, "description": shorten(message.picture_says, MAX_ALT)}]
        found, note = await self._posted(path, payload, message)
        number, place = found.get("id"), found.get("channel_id")
        if not is_snowflake(number) or not is_snowflake(place):
            raise DeliveryFailed(f"{PLACE} answered what cannot be read", ambiguous=True)
        return Receipt(id=str(number), detail=f"posted to {place}{note}", ref={"channel": place, "message": number})

    async def edit(self, message: Message, ref: dict[str, Any]) -> Receipt:
        """Say this instead, without buttons.

        Raises:
            DeliveryFailed: permanent where the message is gone.
        """
        number, channel = ref.get("message"), ref.get("channel")
        if not is_snowflake(number) or not is_snowflake(channel):
            raise DeliveryFailed(f"{PLACE}: nothing known to be changed", permanent=True)
        path = f"/messages/{number}" if self._by_webhook else f"/channels/{channel}/messages/{number}"
        said = _said(message, "")
        payload = {"embeds": [], "components": [], "allowed_mentions": QUIET} | said
        payload["flags"] = said["flags"] & SUPPRESS_EMBEDS
        await self._web.call("PATCH", path, payload)
        return Receipt(id=str(number), detail="edited", ref=ref)

    async def _conversation(self) -> str:
        """The channel, or the direct conversation with the person."""
        if self._channel is not None:
            return self._channel
        if self._opened is None:
            match await self._web.call("POST", "/users/@me/channels", {"recipient_id": self._user}):
                case {"id": str(channel)} if is_snowflake(channel):
                    self._opened = channel
                case _:
                    raise DeliveryFailed(f"{PLACE} opened no direct conversation")
        return self._opened

    def _dressed(self, message: Message) -> dict[str, Any]:
        """The message with all that belongs to it; nobody is pinged by it but who it is for."""
        ping = self._ping(message)
        hint = f"\n-# {escaped(translator(message.language)('alert.answer_below'))}" if self._hears and buttons(message) else ""
        payload = _said(message, ping, hint)
        payload["allowed_mentions"] = QUIET | {"users": [self._user]} if ping else QUIET
        if self._hears and (pressed := buttons(message)):
            keys = [
                {
                    "type": _BUTTON,
                    "style": _STYLES.get(one.command.partition(" ")[0], 2),
                    "label": shorten(one.label, MAX_LABEL),
                    "custom_id": f"{BUTTON}{one.command}",
                }
                for one in pressed
            ]
            payload["components"] = [{"type": _ROW, "components": keys}]
        return payload

    def _ping(self, message: Message) -> str:
        """In a channel a page rings the one it is for, or it would ring nobody."""
        return f"<@{self._user}> " if self._user is not None and self._channel is not None and message.kind == "page" else ""

    async def _posted(self, path: str, payload: dict[str, Any], message: Message) -> tuple[dict[str, Any], str]:
        """Post it as it should be; once more without what Discord did not like of it. What it answered, and what is to be said of it."""
        picture = message.picture
        try:
            return await self._web.call("POST", path, payload, picture=picture), ""
        except DiscordRefused as refused:
            code = refused.code
            if code not in (INVALID_FORM, NO_HISTORY) and (picture is None or code not in _NO_PICTURE):
                raise
        log.warning("message sent again without what was refused", place=PLACE, code=code)
        if code == NO_HISTORY:
            payload.pop("message_reference", None)
            return await self._web.call("POST", path, payload, picture=picture), ", not as a reply"
        payload.pop("attachments", None)
        if code in _NO_PICTURE:
            return await self._web.call("POST", path, payload), ", without its picture"
        kept = {key: payload[key] for key in ("allowed_mentions", "nonce", "enforce_nonce") if key in payload}
        ping = self._ping(message)
        text = _linked(message, headed(message, MAX_CONTENT - len(ping), _size))
        bare = {"content": ping + text, "flags": SUPPRESS_EMBEDS}
        return await self._web.call("POST", path, kept | bare), ", as plain text"


def _said(message: Message, ping: str, hint: str = "") -> dict[str, Any]:
    """Content, and where that is too little an embed with the whole text; flags to go with it."""
    quietly = SUPPRESS_NOTIFICATIONS if message.kind in _QUIETLY else 0
    head = f"{ping}**{escaped(message.subject)}**"
    whole = f"{head}\n{_linked(message, message.body)}{hint}"
    if utf16_units(whole) <= MAX_CONTENT:
        return {"content": whole, "flags": SUPPRESS_EMBEDS | quietly}
    text = _linked(message, fitted(message, MAX_DESCRIPTION, _size))
    return {"content": f"{head}\n{_linked(message, message.short)}{hint}", "embeds": [{"description": text}], "flags": quietly}


def _linked(message: Message, text: str) -> str:
    """Escaped, but for our own link, which is shown without a preview."""
    said = escaped(text, message.link)
    return said.replace(message.link, f"<{message.link}>") if message.link else said


def _size(text: str) -> int:
    return utf16_units(escaped(text)) + _ANGLES
