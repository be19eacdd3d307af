"""The kind `slack`: what people answer there, over Socket Mode: an outbound connection, no address of ours that Slack could call.

Heard are direct messages to the app, answers in a thread, messages that name the app, buttons below an alert, and the slash command (`/tocsin nhận 12`).
What is said in a channel beside all that is not for us and goes nowhere; messages of apps (ours too), edits and deletions are none. An answer in
a thread is about the message that began it, for Slack does not tell more. The same message may come as `message` and as `app_mention`; its
channel and time are its identity.

Source: https://docs.slack.dev/reference/events/message, https://docs.slack.dev/reference/events/app_mention,
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload, https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/interactivity/handling-user-interaction (response_url).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Self

import structlog
from pydantic import model_validator

from alerting.inbox.base import Batch, Reply
from alerting.posting import is_fine, post, refused
from alerting.slack_socket import Envelope, SocketMode
from alerting.slack_web import BUTTON, PLACE, SlackOptions, SlackWeb, escaped, unescaped
from core.http import Fetcher

log = structlog.get_logger()

MAX_TEXT: Final = 4_000  # characters of a reply; the grammar reads its first line
MAX_ADDRESSES: Final = 1_000  # addresses of answers that are remembered; each is good for 30 minutes
_SAID: Final = frozenset({None, "thread_broadcast", "file_share"})  # kinds of messages that somebody wrote


class Options(SlackOptions):
    """As of the notifier; both tokens are needed."""

    @model_validator(mode="after")
    def _both_tokens(self) -> Self:
        if self.token is None or self.app_token is None:
            raise ValueError("to hear replies Slack needs `token` (xoxb-) and `app_token` (xapp-)")
        return self


class Inbox:
    """One app in one workspace."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        assert options.token is not None
        assert options.app_token is not None
        self._web = SlackWeb(options.token, api=options.api, http=http)
        self._socket = SocketMode(SlackWeb(options.app_token, api=options.api, http=http), http=http, source="inbox slack")
        self._http = http
        self._now = now
        self._addresses: dict[str, str] = {}  # by native id: where an answer to a button or a command goes; keys, so never stored

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Every reply as a batch of its own, and an empty one as a sign of life, without end; errors as `SocketMode.envelopes`.

        Slack knows no place to go on from: what was not confirmed it sends again by itself.
        """
        async with contextlib.aclosing(self._socket.envelopes()) as envelopes:
            async for envelope in envelopes:
                reply = None if envelope is None else self._read(envelope)
                if reply is not None or envelope is None:
                    yield Batch(replies=() if reply is None else (reply,), cursor=cursor)

    async def answer(self, reply: Reply, text: str) -> None:
        """Below the message in its thread; to a button or a command so that only who used it sees it.

        Raises:
            DeliveryFailed: Slack refused it or could not be reached.
        """
        text = escaped(text.replace("@", "\uff20"))
        address = self._addresses.get(reply.native_id)
        if address is not None:
            payload = {"text": text, "response_type": "ephemeral", "replace_original": False}
            answer = await post(self._http, address, place=PLACE, payload=payload)
            if not is_fine(answer):
                raise refused(PLACE, answer.status, wait_s=answer.retry_after_s)
            return
        arguments = {"channel": reply.back.get("channel"), "text": text, "unfurl_links": False, "unfurl_media": False}
        if reply.back.get("thread_ts"):
            arguments["thread_ts"] = reply.back["thread_ts"]
        if reply.back.get("alone") or (reply.back.get("stranger") and not _is_direct(str(reply.back.get("channel")))):
            await self._web.call("chat.postEphemeral", arguments | {"user": reply.sender})
        else:
            await self._web.call("chat.postMessage", arguments)

    def sender_of(self, channel: dict[str, Any]) -> str | None:
        """The member id (U...) that the channel names; None for one that names only a channel or a webhook."""
        user = channel.get("user")
        return user if isinstance(user, str) else None

    def _read(self, envelope: Envelope) -> Reply | None:
        """What somebody said to us in it; None where it is not that, or not in the form that Slack documents."""
        read = {"events_api": _said, "interactive": self._pressed, "slash_commands": self._commanded}.get(envelope.kind)
        if read is None:
            log.warning("envelope of an unknown kind", kind=envelope.kind[:40])
            return None
        return read(envelope.payload, self._now())

    def _pressed(self, payload: Mapping[str, Any], now: datetime) -> Reply | None:
        """A button of ours that somebody pressed."""
        match payload:
            case {
                "type": "block_actions",
                "user": {"id": str(user)},
                "container": {"type": "message", "channel_id": str(channel), "message_ts": str(ts)} as container,
                "actions": [{"action_id": str(action), "value": str(command), "action_ts": str(at)}],
            } if action.startswith(BUTTON):
                thread = container.get("thread_ts")
                reply = Reply(
                    native_id=f"press:{channel}:{ts}:{user}:{at}",
                    sender=user,
                    at=_time(at) or now,
                    text=command[:MAX_TEXT],
                    about={"channel": channel, "ts": ts},
                    back={"channel": channel, "thread_ts": thread if isinstance(thread, str) else None, "alone": not _is_direct(channel)},
                    pressed=True,
                )
                self._remember(reply, payload.get("response_url"))
                return reply
        return None

    def _commanded(self, payload: Mapping[str, Any], now: datetime) -> Reply | None:
        """A slash command; what stands behind it is the reply."""
        match payload:
            case {"user_id": str(user), "channel_id": str(channel), "text": str(text), "trigger_id": str(trigger)}:
                reply = Reply(
                    native_id=f"command:{trigger}",
                    sender=user,
                    at=now,
                    text=unescaped(text)[:MAX_TEXT],
                    back={"channel": channel, "alone": not _is_direct(channel)},
                )
                self._remember(reply, payload.get("response_url"))
                return reply
        return None

    def _remember(self, reply: Reply, address: object) -> None:
        if isinstance(address, str):
            self._addresses[reply.native_id] = address
            while len(self._addresses) > MAX_ADDRESSES:
                del self._addresses[next(iter(self._addresses))]


def _said(payload: Mapping[str, Any], now: datetime) -> Reply | None:
    """A message to us: direct, in a thread, or with our name in it."""
    match payload:
        case {
            "event": {
                "type": "message" | "app_mention",
                "user": str(user),
                "channel": str(channel),
                "ts": str(ts),
                "text": str(text),
            } as event
        }:
            own = _own_ids(payload)
            thread = event.get("thread_ts")
            answers = isinstance(thread, str) and thread != ts and event.get("parent_user_id", user) in (*own, user)
            named = event["type"] == "app_mention" or any(f"<@{one}>" in text for one in own)
            if event.get("subtype") not in _SAID or event.get("bot_id") or user in own or event.get("hidden"):
                return None
            if not (answers or named or _is_direct(channel)):
                return None
            return Reply(
                native_id=f"{channel}:{ts}",
                sender=user,
                at=_time(ts) or now,
                text=_words(text, own),
                about={"channel": channel, "ts": thread} if answers else None,
                back={"channel": channel, "thread_ts": thread if answers or _is_direct(channel) else ts},
            )
    return None


def _own_ids(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """As whom the app is in the workspace (`authorizations`)."""
    found = payload.get("authorizations")
    rows = found if isinstance(found, list) else []
    return tuple(one["user_id"] for one in rows if isinstance(one, dict) and isinstance(one.get("user_id"), str))


def _words(text: str, own: tuple[str, ...]) -> str:
    """What was written, without our name in it."""
    for one in own:
        text = text.replace(f"<@{one}>", " ")
    return unescaped(text[: 2 * MAX_TEXT]).strip()[:MAX_TEXT]


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")


def _time(ts: str) -> datetime | None:
    """The time in one of Slack's stamps ("1763700000.000200")."""
    seconds, _, rest = ts.partition(".")
    if not (seconds.isdigit() and seconds.isascii() and len(seconds) <= len("9999999999") and (rest.isdigit() or not rest)):
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
