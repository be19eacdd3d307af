"""The kind `slack`: an alert as a message of your app, to a person or a channel, with buttons to take it.

Documentation: https://docs.slack.dev/reference/methods/chat.postMessage, .../chat.update, .../conversations.open, .../files.getUploadURLExternal and
.../files.completeUploadExternal (a chart goes below the alert); https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Its blocks are those of
`alerting/slack_blocks.py`; what Slack does not like of them (invalid_blocks) goes out once more, plain.

Limits: about one message a second to a channel; an app writes to channels that it was invited to. With a webhook nothing can be changed, answered or shown
as a picture. Wakes whom Slack may wake: a person can let the app through at night (Notifications, VIP).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

import structlog
from pydantic import AfterValidator, Field, SecretStr, model_validator

from alerting.base import Limits, Message, Receipt
from alerting.inert import shorten
from alerting.posting import is_fine, post
from alerting.slack_blocks import MAX_TEXT, button_blocks, line, plain, text_blocks
from alerting.slack_web import PLACE, SlackOptions, SlackRefused, SlackWeb, check_webhook
from core.errors import DeliveryFailed
from core.http import Fetcher

LIMITS = Limits(chars=MAX_TEXT, pictures=True, buttons=True, edits=True, answers=True)

MAX_ALT: Final = 1_000
_BAD_BLOCKS: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"})
_NO_THREAD: Final = frozenset({"thread_not_found", "invalid_thread_ts", "restricted_action_non_threadable_channel"})

_WEBHOOK_PARTS: Final = 2  # of its path, at least: a bare host is none

log = structlog.get_logger()


def _webhook(address: SecretStr) -> SecretStr:
    parts = urlsplit(address.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.count("/") < _WEBHOOK_PARTS:
        raise ValueError("write the webhook's address as Slack gives it: https://hooks.slack.com/services/...")
    return address


class Options(SlackOptions):
    """Where to.

    `user` (a member id, U...) for a direct message; `channel` (an id, C..., or "#name"), with `user` the one who is pinged there and whose answers
    count; or `webhook`, an incoming webhook's address, and nothing else.
    """

    user: Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,20}$")] | None = None
    channel: Annotated[str, Field(pattern=r"^([CGD][A-Z0-9]{2,20}|#[^\s]{1,80})$")] | None = None
    webhook: Annotated[SecretStr, AfterValidator(_webhook)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.webhook is None and (self.token is None or not (self.user or self.channel)):
            raise ValueError("write `token` (xoxb-) and `user` or `channel`, or `webhook`")
        if self.webhook is not None and (self.user or self.channel):
            raise ValueError("a webhook has its channel already: leave `user` and `channel` out")
        return self


class Notifier:
    """Posts to one person or channel."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        del now
        self._web = None if options.token is None or options.webhook is not None else SlackWeb(options.token, api=options.api, http=http)
        self._webhook = options.webhook
        self._http = http
        self._user = options.user
        self._channel = options.channel
        self._hears = options.app_token is not None
        self._opened: str | None = None  # the direct conversation

    async def send(self, message: Message) -> Receipt:
        """Post it, in the thread of its incident; a chart goes below it.

        Raises:
            DeliveryFailed: permanent where the token, a scope, the channel or the person is refused.
        """
        if self._web is None:
            return await self._send_by_webhook(message)
        channel = await self._conversation(self._web)
        payload = self._said(message) | {"channel": channel}
        first = message.thread_ref or {}
        if isinstance(first.get("ts"), str):
            payload["thread_ts"] = first["ts"]
        found, note = await self._posted(self._web, payload, message)
        posted, ts = found.get("channel"), found.get("ts")
        if not isinstance(posted, str) or not isinstance(ts, str):
            raise DeliveryFailed(f"{PLACE}: chat.postMessage answered what cannot be read", ambiguous=True)
        if message.picture is not None:
            note += await self._picture_below(self._web, message, message.picture, posted, payload.get("thread_ts", ts))
        return Receipt(id=ts, detail=f"posted to {posted}{note}", ref={"channel": posted, "ts": ts})

    async def edit(self, message: Message, ref: dict[str, Any]) -> Receipt:
        """Say this instead, without buttons.

        Raises:
            DeliveryFailed: permanent where the message is gone or too old, or was posted by a webhook.
        """
        if self._web is None:
            raise DeliveryFailed(f"{PLACE}: what a webhook posted cannot be changed", permanent=True)
        place = {"channel": ref.get("channel"), "ts": ref.get("ts")}
        payload = {"text": line(message), "blocks": text_blocks(message)} | place
        try:
            await self._web.call("chat.update", payload)
        except SlackRefused as refused:
            if refused.error not in _BAD_BLOCKS:
                raise
            await self._web.call("chat.update", place | {"text": plain(message), "blocks": []})
        return Receipt(id=str(ref.get("ts", "")), detail="edited", ref=ref)

    async def _conversation(self, web: SlackWeb) -> str:
        """The channel, or the direct conversation with the person."""
        if self._channel is not None:
            return self._channel
        if self._opened is None:
            match await web.call("conversations.open", {"users": self._user}):
                case {"channel": {"id": str(channel)}}:
                    self._opened = channel
                case _:
                    raise DeliveryFailed(f"{PLACE}: conversations.open answered what cannot be read")
        return self._opened

    def _said(self, message: Message) -> dict[str, Any]:
        named = self._user if self._channel is not None and message.kind == "page" else None
        blocks = text_blocks(message, names=named) + (button_blocks(message) if self._hears else [])
        return {"text": line(message), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}

    async def _posted(self, web: SlackWeb, payload: dict[str, Any], message: Message) -> tuple[dict[str, Any], str]:
        """Post it as it should be; once more without what Slack did not like of it. What it answered, and what is to be said of it."""
        try:
            return await web.call("chat.postMessage", payload), ""
        except SlackRefused as refused:
            error = refused.error
            if error not in _BAD_BLOCKS | _NO_THREAD:
                raise
        log.warning("message sent again without what was refused", place=PLACE, reason=error)
        if error in _NO_THREAD:
            payload.pop("thread_ts", None)
            return await web.call("chat.postMessage", payload), ", outside of its thread"
        bare = {key: value for key, value in payload.items() if key != "blocks"}
        return await web.call("chat.postMessage", bare | {"text": plain(message), "mrkdwn": False}), ", as plain text"

    async def _picture_below(self, web: SlackWeb, message: Message, picture: bytes, channel: str, thread_ts: str) -> str:
        """The chart in the thread; that it failed is a note, for the alert has arrived."""
        title = shorten(message.picture_says, MAX_ALT)
        try:
            place = await web.call(
                "files.getUploadURLExternal", {"filename": "chart.png", "length": len(picture), "alt_txt": title}, form=True
            )
            uploaded = await post(
                self._http, str(place.get("upload_url")), place=PLACE, body=picture, headers={"content-type": "application/octet-stream"}
            )
            if not is_fine(uploaded):
                raise DeliveryFailed(f"{PLACE}: the upload answered with status {uploaded.status}")  # noqa: TRY301 - as any other step
            files = [{"id": place.get("file_id"), "title": title or "chart"}]
            await web.call("files.completeUploadExternal", {"files": files, "channel_id": channel, "thread_ts": thread_ts})
        except DeliveryFailed as failed:
            log.warning("picture not sent", place=PLACE, reason=failed.reason)
            return ", without its picture"
        return ""

    async def _send_by_webhook(self, message: Message) -> Receipt:
        note = ""
        try:
            await self._by_webhook({"text": line(message), "blocks": text_blocks(message), "unfurl_links": False, "unfurl_media": False})
        except SlackRefused as refused:
            if refused.error not in _BAD_BLOCKS:
                raise
            note = ", as plain text"
        if note:
            await self._by_webhook({"text": plain(message), "mrkdwn": False})
        return Receipt(detail=f"posted by a webhook{note}")

    async def _by_webhook(self, payload: Mapping[str, Any]) -> None:
        assert self._webhook is not None
        check_webhook(await post(self._http, self._webhook.get_secret_value(), place=PLACE, payload=payload))
