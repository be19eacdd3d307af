"""What an inbox is: one account of one service, which brings what people wrote back, by outbound connections alone.

An inbox module stands in `alerting/inbox/`; its file's name is the notifier's `kind:` whose people it hears ("email" stands in `imap.py`,
the one exception, for mail goes out by one protocol and comes in by another). It defines `Options` (pydantic) and `Inbox(options, *, http, now)`; its options
are those keys of what the kind shares under `notifiers:` that it knows, and whatever stands under `alerting.inboxes.<kind>`. Delivery here is at least once as well: the same reply may come again with the same `native_id`, and
is then known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Protocol

import msgspec

from core.records import Record


class Reply(Record, frozen=True, kw_only=True, gc=False):
    """What somebody wrote, or the button that they pressed.

    `native_id` is the service's own id of it. `sender` is who wrote, in the form in which `sender_of` tells a channel's options. `text` is as
    it came; the grammar reads its first line. `about` is the handle (`Receipt.ref`) of the message that it answers, where the service tells.
    `back` is what the inbox needs to answer in the same place. `pressed`: by a button of ours, whose text is a command by itself. `proven`: the service
    vouches for the sender; where it cannot (mail), a reply counts only as the answer to a message of ours whose handle nobody could guess.
    """

    native_id: str
    sender: str
    at: datetime
    text: str
    about: dict[str, Any] | None = None
    back: dict[str, Any] = msgspec.field(default_factory=dict)
    pressed: bool = False
    proven: bool = True


class Batch(Record, frozen=True, kw_only=True, gc=False):
    """Some replies, in order, and the cursor that leads on from them; it is kept in the transaction in which they are handled."""

    replies: tuple[Reply, ...]
    cursor: str | None


class Inbox(Protocol):
    """One account that is listened to.

    The next look begins a second after one has ended, or after `every` (a timedelta), where an inbox has such an attribute. A stream yields a batch without
    replies once it is connected, so that it counts as heard.
    """

    def listen(self, cursor: str | None) -> AsyncIterator[Batch]:
        """What came since the cursor; ends after one look (a long poll may take a minute), or never, as a stream.

        Raises:
            SourceError: it cannot be heard now; the stage backs off, tells it, and comes again.
        """

    async def answer(self, reply: Reply, text: str) -> None:
        """Say something back in the place where the reply came from, plain text.

        Raises:
            DeliveryFailed: it could not be said; nothing depends on it.
        """

    def sender_of(self, channel: dict[str, Any]) -> str | None:
        """As whom somebody with these channel options (as in `people[].channels[]`) writes to us; None where that cannot be told."""
