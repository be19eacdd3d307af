"""What a notifier is: one kind of channel that carries a `Message` to one person and returns a `Receipt`.

A notifier module stands in `alerting/notifiers/`, its file's name is the `kind:` in `config.yaml`, and it defines `Options` (pydantic,
unknown keys refused, secrets as `SecretStr`), `LIMITS` and `Notifier(options, *, http, now)`. The options of one channel are what the kind shares
(`notifiers:`) and what the channel says, put together. Delivery is at least once: the Dispatcher claims, sends, marks; the same message
may come again, with the same `idempotency_key`, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from alerting.inert import shorten
from core.records import NotificationKind, Record, Severity

_WORTH_READING = 80  # characters of the body; fewer are not worth a second paragraph


class Limits(Record, frozen=True, kw_only=True, gc=False):
    """What a kind of channel can and cannot.

    `chars`: of a text, None where nothing is cut. `initiates`: whether it may speak first; one that only answers carries no page alone.
    `free_hours`: how long after a person last wrote we may write to them, None for ever. `pictures`, `buttons`: whether it takes them. `edits`: whether what was
    sent can be changed. `answers`: whether a reply comes back by it. `rings`: whether it wakes somebody asleep.
    """

    chars: int | None = None
    initiates: bool = True
    free_hours: int | None = None
    pictures: bool = False
    buttons: bool = False
    edits: bool = False
    answers: bool = False
    rings: bool = False


class Message(Record, frozen=True, kw_only=True, gc=False):
    """One notification in the words of its reader.

    What comes from mentions stands in it inert (`alerting/inert.py`), so a channel may send it as plain text; a channel with a markup
    still has to escape it. `short` holds it all in one line for channels that carry little. `link` is our own address, or None where
    there is nothing to open; it stands in `body` too. `ack_code` may be empty. `idempotency_key` is the notification's key: the same for
    a repeat. `thread_key` is the same for all messages of one incident. `thread_ref` is the `Receipt.ref` of the first message of that thread to this
    person on this channel, to answer it or post below it. `seal`: a keyed digest of the thread and its reader, which nobody else can guess, for channels where
    anybody may write under any name (mail): an answer that bears it was written to one of our messages. `picture`: a chart as PNG, for channels that take one; `picture_says` its text for who cannot see it.
    """

    kind: NotificationKind
    subject: str
    body: str
    short: str
    language: str
    idempotency_key: str
    thread_key: str
    link: str | None = None
    ack_code: str = ""
    incident_id: int | None = None
    severity: Severity | None = None
    possible_repeat: bool = False
    drill: bool = False
    thread_ref: dict[str, Any] | None = None
    seal: str = ""
    picture: bytes | None = None
    picture_says: str = ""


class Receipt(Record, frozen=True, kw_only=True, gc=False):
    """The proof: the service's own id of the message, if it gives one, and one line of what it answered. Holds no secret.

    `ref` is the service's handle of what was sent (small JSON: a chat and a message, a Message-ID): to edit it, and to know it when it is answered.
    """

    id: str = ""
    detail: str = ""
    ref: dict[str, Any] | None = None


class Notifier(Protocol):
    """One channel of one person."""

    async def send(self, message: Message) -> Receipt:
        """Deliver it once, without trying again.

        Raises:
            DeliveryFailed: not delivered. `permanent` where trying again cannot help, `ambiguous` where it may have arrived all the same.
        """


class Editor(Protocol):
    """A notifier whose service lets a message be changed (`LIMITS.edits`)."""

    async def edit(self, message: Message, ref: dict[str, Any]) -> Receipt:
        """Make the message of that handle say this instead, and take its buttons away.

        Raises:
            DeliveryFailed: it could not be changed; the news goes out as a message of its own then.
        """


def fitted(message: Message, limit: int, size: Callable[[str], int] = len) -> str:
    """The message's text in at most `limit` characters (from 80): all of it, or the line and as much as fits, or the line cut.

    The link and the code always stand whole, for an alert without them cannot be answered. `size` counts as the channel does.
    """
    return message.body if size(message.body) <= limit else _cut(message, limit, size)


def headed(message: Message, limit: int, size: Callable[[str], int] = len) -> str:
    """The subject and the text as one, for channels without a subject of their own; cut as `fitted` cuts."""
    whole = f"{message.subject}\n{message.body}"
    return whole if size(whole) <= limit else _cut(message, limit, size)


def _cut(message: Message, limit: int, size: Callable[[str], int]) -> str:
    room = limit - size(message.short) - 2
    if room > _WORTH_READING:
        return f"{message.short}\n\n{shorten(message.body, room, size)}"
    end = " ".join(filter(None, (message.link, message.ack_code)))
    line = message.short.removesuffix(end).rstrip()
    return shorten(line, max(0, limit - size(end) - bool(end)), size) + (f" {end}" if end else "")
