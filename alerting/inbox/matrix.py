"""The kind `matrix`: what people write in the rooms of the account, by /sync as a long poll.

Heard are texts of others: answers, messages in a thread and messages alone. Not heard are notices (programs write those), edits, pictures, reactions (a thumb
acknowledges nothing) and whatever is encrypted. Where more was said than one answer of the homeserver holds, the rest is fetched, so that nothing is
lost. An invitation is accepted where it comes from the user of a channel or from somebody in `invited_by`.

Source: https://spec.matrix.org/v1.16/client-server-api/ (sections "Syncing", "Rich replies", "Threading").
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec
import structlog

from alerting.inbox.base import Batch, Reply
from alerting.matrix_rooms import PLACE, MatrixAccount, MatrixOptions, below, failure, text_content
from alerting.posting import is_fine, told
from core.errors import AddressRefused, DeliveryFailed, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Answer, Fetcher

log = structlog.get_logger()

SOURCE: Final = f"inbox {PLACE}"
WAIT_S: Final = 25  # of a long poll
LIMIT: Final = 50  # messages of a room in one answer; the largest are of 64 KiB, and we read 5 MB
PAGES: Final = 100  # of what was said meanwhile; five thousand messages
MAX_TEXT: Final = 4_000  # characters of a reply; the grammar reads its first line
_BAD_REQUEST, _REFUSED = 400, frozenset({401, 403})
_TYPES: Final = ["m.room.message"]
_NOTHING: Final[dict[str, Any]] = {"types": []}


class Options(MatrixOptions):
    """As of the notifier, without the room."""


class Inbox:
    """One account on one homeserver."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._account = MatrixAccount(options, http=http)
        self._hosts = frozenset(options.invited_by)
        self._http = http
        self._now = now
        self._me = ""

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """What came since the cursor, in one look of up to half a minute. What was said before the first look is no reply.

        Raises:
            SourceRejected: the token is refused.
            SourceUnavailable: the homeserver cannot be asked now.
        """
        self._me = self._me or await self._known()
        found = None if cursor is None else await self._sync(cursor)
        if found is None:
            found = await self._sync(None) or {}
            await self._enter(found)
            yield Batch(replies=(), cursor=_text(found, "next_batch"))
            return
        await self._enter(found)
        replies = [
            reply for room, events in await self._said(found, cursor or "") for event in events if (reply := self._read(room, event))
        ]
        yield Batch(replies=tuple(replies), cursor=_text(found, "next_batch"))

    async def answer(self, reply: Reply, text: str) -> None:
        """As an answer to it, in its thread if it stands in one.

        Raises:
            DeliveryFailed: the homeserver refused it or could not be reached.
        """
        plain = text.replace("@", "\uff20")
        content = text_content(plain, html.escape(plain).replace("\n", "<br>"))
        event, thread = str(reply.back.get("event", "")), reply.back.get("thread")
        relation = below(str(thread))["m.relates_to"] | {"is_falling_back": False} if thread else {}
        content["m.relates_to"] = relation | {"m.in_reply_to": {"event_id": event}}
        transaction = hashlib.sha256(f"{event} {text}".encode()).hexdigest()[:32]
        await self._account.put(str(reply.back.get("room", "")), f"answer-{transaction}", content)

    def sender_of(self, channel: dict[str, Any]) -> str | None:
        """The user id ("@lan:example.org") that the channel names; None for one that names only a room."""
        user = channel.get("user")
        return user if isinstance(user, str) else None

    async def _known(self) -> str:
        try:
            return await self._account.whoami()
        except DeliveryFailed as error:
            raise (SourceRejected if error.permanent else SourceUnavailable)(SOURCE, error.reason) from None

    async def _sync(self, since: str | None, limit: int = LIMIT) -> dict[str, Any] | None:
        """What is new; None where the homeserver does not know that cursor any more."""
        timeline = {"types": _TYPES, "limit": 1 if since is None else limit}
        room = {"timeline": timeline, "state": _NOTHING, "ephemeral": _NOTHING, "account_data": _NOTHING}
        query = {"filter": _json({"room": room, "presence": _NOTHING, "account_data": _NOTHING}), "set_presence": "offline"}
        query |= {"timeout": "0"} if since is None else {"timeout": str(WAIT_S * 1000), "since": since}
        try:
            answer = await self._fetch(self._account.address("/sync", **query), patience_s=WAIT_S)
        except SourceUnreadable:  # too much at once, and nobody may make us deaf by that: the newest alone, the rest page by page
            if limit == 1:
                raise
            return await self._sync(since, 1)
        if answer.status == _BAD_REQUEST and since is not None:
            log.warning("inbox begins anew: the homeserver does not know where we were", inbox=PLACE)
            return None
        return _fine(answer)

    async def _fetch(self, url: str, *, patience_s: float = 0.0) -> Answer:
        try:
            return await self._http.fetch(url, headers=self._account.authorization, source=SOURCE, urgent=True, patience_s=patience_s)
        except AddressRefused:
            refused = SourceRejected(SOURCE, "the address is not allowed (see listener.allow_private_hosts)")
        raise refused  # outside of the handler, or it would carry the address

    async def _enter(self, found: dict[str, Any]) -> None:
        """Accept invitations of those who may invite; others are left, and told once a look."""
        for room, invited in _rooms(found, "invite"):
            host = next((_text(event, "sender") for event in _events(invited, "invite_state") if _invites(event, self._me)), None)
            if host not in self._hosts:
                log.warning("invitation left alone: nobody in invited_by", inbox=PLACE, room=room)
                continue
            try:
                await self._account.join(room)
                log.info("room joined", inbox=PLACE, room=room)
            except DeliveryFailed as error:
                log.warning("room not joined", inbox=PLACE, room=room, reason=error.reason)

    async def _said(self, found: dict[str, Any], since: str) -> list[tuple[str, list[dict[str, Any]]]]:
        """Per room what was said in it, the oldest first."""
        told_of = []
        for room, joined in _rooms(found, "join"):
            timeline = joined.get("timeline")
            events = list(_events(joined, "timeline"))
            if isinstance(timeline, dict) and timeline.get("limited") and (before := _text(timeline, "prev_batch")):
                events = [*await self._missed(room, before, since), *events]
            told_of.append((room, events))
        return told_of

    async def _missed(self, room: str, before: str, since: str) -> list[dict[str, Any]]:
        """What was said between `since` and `before`, the oldest first."""
        events: list[dict[str, Any]] = []
        at: str | None = before
        for _ in range(PAGES):
            query = {"dir": "b", "from": str(at), "to": since, "limit": str(LIMIT), "filter": _json({"types": _TYPES})}
            page = _fine(await self._fetch(self._account.address(f"/rooms/{quote(room, safe='')}/messages", **query)))
            found = [event for event in page.get("chunk", ()) if isinstance(event, dict)]
            events += found
            at = _text(page, "end")
            if at is None or not found:
                break
        else:
            log.warning("more was said than is read", inbox=PLACE, room=room, read=len(events))
        return events[::-1]

    def _read(self, room: str, event: dict[str, Any]) -> Reply | None:
        """What somebody else said; None where it is not that."""
        match event:
            case {
                "type": "m.room.message",
                "event_id": str(identity),
                "sender": str(sender),
                "origin_server_ts": int(at),
                "content": {"msgtype": "m.text", "body": str(body)} as content,
            } if sender != self._me:
                relation = content.get("m.relates_to")
                relation = relation if isinstance(relation, dict) else {}
                if relation.get("rel_type") == "m.replace":
                    return None
                thread = _text(relation, "event_id") if relation.get("rel_type") == "m.thread" else None
                answered = _answered(relation, thread)
                return Reply(
                    native_id=identity,
                    sender=sender,
                    at=_time(at, self._now()),
                    text=_unquoted(body)[:MAX_TEXT],
                    about=None if answered is None else {"room": room, "event": answered},
                    back={"room": room, "event": identity} | ({"thread": thread} if thread else {}),
                )
        return None


def _answered(relation: dict[str, Any], thread: str | None) -> str | None:
    """The message that it answers: the one named, or the first of its thread where the name is only there for clients without threads."""
    named = relation.get("m.in_reply_to")
    named = _text(named, "event_id") if isinstance(named, dict) else None
    return thread if thread is not None and (named is None or relation.get("is_falling_back") is True) else named


def _unquoted(body: str) -> str:
    """The text without the quotation by which older clients begin an answer."""
    lines = body.split("\n")
    start = next((number for number, line in enumerate(lines) if not line.startswith("> ")), len(lines))
    return "\n".join(lines[start:]).lstrip("\n") if start else body


def _invites(event: dict[str, Any], me: str) -> bool:
    content = event.get("content")
    member = event.get("type") == "m.room.member" and event.get("state_key") == me
    return member and isinstance(content, dict) and content.get("membership") == "invite"


def _rooms(found: dict[str, Any], part: str) -> Iterator[tuple[str, dict[str, Any]]]:
    rooms = found.get("rooms")
    named = rooms.get(part) if isinstance(rooms, dict) else None
    for room, told_of in (named if isinstance(named, dict) else {}).items():
        if isinstance(told_of, dict):
            yield room, told_of


def _events(room: dict[str, Any], part: str) -> Iterator[dict[str, Any]]:
    held = room.get(part)
    events = held.get("events") if isinstance(held, dict) else None
    yield from (event for event in (events if isinstance(events, list) else ()) if isinstance(event, dict))


def _fine(answer: Answer) -> dict[str, Any]:
    """The answer as an object.

    Raises:
        SourceRejected: the token is refused.
        SourceUnavailable: anything else but success.
    """
    if is_fine(answer):
        return told(answer)
    error = failure(answer)
    if answer.status in _REFUSED:
        raise SourceRejected(SOURCE, error.reason)
    raise SourceUnavailable(SOURCE, error.reason, retry_after_s=error.retry_after_s)


def _time(at_ms: int, now: datetime) -> datetime:
    try:
        return min(datetime.fromtimestamp(at_ms / 1000, UTC), now)
    except (OverflowError, ValueError, OSError):
        return now


def _text(found: dict[str, Any], key: str) -> str | None:
    value = found.get(key)
    return value if isinstance(value, str) else None


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
