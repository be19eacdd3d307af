"""The kind `matrix`: an alert as a message in a Matrix room, from an account of its own (`alerting/matrix_rooms.py` says whose API it is).

The transaction id is the notification's key, so a repeat is no second message. Updates stand in the thread of the first message, and the first one is changed
in place when somebody takes the incident. Text and HTML say the same, nobody is mentioned, and only our own link is alive. The account joins the room that it
was invited to. Limits: no room that is encrypted end-to-end; a message of 64 KiB; a homeserver's own limits of rate.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from pydantic import Field

from alerting.base import Limits, Message, Receipt, fitted
from alerting.matrix_rooms import PLACE, MatrixAccount, MatrixOptions, below, markup, text_content
from core.errors import DeliveryFailed
from core.http import Fetcher

MAX_CHARS: Final = 4000  # an edit holds them four times, and an event 65,536 bytes
LIMITS = Limits(chars=MAX_CHARS, pictures=True, edits=True, answers=True)

_PNG_SIZE: Final = slice(16, 24)  # width and height in the first chunk of every PNG
ENCRYPTED: Final = "the room is encrypted end-to-end, and this program holds no keys; invite the account to a room without encryption"


class Options(MatrixOptions):
    """`room` is where to write: "!id..." or "#alias:server". `user` ("@lan:example.org") is who reads and answers there; without one, replies are nobody's."""

    room: str = Field(pattern=r"^[!#]\S{1,254}$")
    user: str | None = Field(default=None, pattern=r"^@\S{1,250}:\S{1,250}$")


class Notifier:
    """Writes one alert as one message."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        del now
        self._account = MatrixAccount(options, http=http)
        self._named = options.room

    async def send(self, message: Message) -> Receipt:
        """Put it into the room.

        Raises:
            DeliveryFailed: permanent where the account may not write there, the room is encrypted or the token is refused; ambiguous after a 5xx or a
                connection that broke, though a repeat is harmless.
        """
        room = await self._entered(self._named)
        content = _content(message)
        thread = _root(message, room)
        event = await self._put(room, message.idempotency_key, content, thread)
        seen = "" if message.picture is None else await self._show(room, message, thread)
        return Receipt(id=event, detail=f"{PLACE}: the homeserver took it{seen}", ref={"room": room, "event": event})

    async def edit(self, message: Message, ref: dict[str, Any]) -> Receipt:
        """Make the message of that handle say this instead.

        Raises:
            DeliveryFailed: as `send`.
        """
        room, event = await self._entered(str(ref.get("room", ""))), str(ref.get("event", ""))
        new = _content(message)
        digest = hashlib.sha256(new["body"].encode()).hexdigest()[:16]
        content = new | {
            "body": f"* {new['body']}", "formatted_body": f"* {new['formatted_body']}", "m.new_content": new,
            "m.relates_to": {"rel_type": "m.replace", "event_id": event},
        }  # fmt: skip
        edited = await self._account.put(room, f"{message.idempotency_key}-edit-{digest}", content)
        return Receipt(id=edited, detail=f"{PLACE}: changed", ref={"room": room, "event": event})

    async def _entered(self, named: str) -> str:
        """The id of a room, in which the account now is, and where it may speak in the clear."""
        room = named if named.startswith("!") else await self._account.join(named)
        encrypted = await self._account.is_encrypted(room)
        if encrypted is None:
            room = await self._account.join(named)
            encrypted = await self._account.is_encrypted(room)
        if encrypted:
            raise DeliveryFailed(f"{PLACE}: {ENCRYPTED}", permanent=True)
        return room

    async def _put(self, room: str, transaction: str, content: dict[str, Any], thread: dict[str, Any]) -> str:
        """Below the first message of the incident; where the homeserver refuses that (it is gone, or begins no thread), in the room itself."""
        try:
            return await self._account.put(room, transaction, content | thread)
        except DeliveryFailed as error:
            if not thread or not error.permanent:
                raise
        return await self._account.put(room, transaction, content)

    async def _show(self, room: str, message: Message, thread: dict[str, Any]) -> str:
        """Send the picture too; the page went out already, so a failure is only told."""
        picture = message.picture or b""
        try:
            address = await self._account.upload(picture)
            await self._put(room, f"{message.idempotency_key}-picture", _image(picture, address, message.picture_says), thread)
        except DeliveryFailed as error:
            return f"; without its picture ({error.reason})"
        return ""


def _content(message: Message) -> dict[str, Any]:
    body = fitted(message, MAX_CHARS)
    return text_content(f"{message.subject}\n\n{body}", markup(message.subject, body, message.link))


def _root(message: Message, room: str) -> dict[str, Any]:
    ref = message.thread_ref or {}
    return below(str(ref["event"])) if ref.get("event") and ref.get("room") == room else {}


def _image(picture: bytes, address: str, says: str) -> dict[str, Any]:
    width, height = struct.unpack(">II", picture[_PNG_SIZE]) if len(picture) >= _PNG_SIZE.stop else (0, 0)
    info = {"mimetype": "image/png", "size": len(picture), "w": width, "h": height}
    return {"msgtype": "m.image", "body": says or "chart.png", "filename": "chart.png", "url": address, "info": info, "m.mentions": {}}
