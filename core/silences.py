"""What is muted, until when, and by whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from core.records import Record

SilenceKind = Literal["silence", "maintenance", "inhibition"]
LONGEST: Final = timedelta(
    days=30
)  # what is muted for longer is forgotten; an expected rise is an event, a topic that is over is taken out


class Silence(Record, frozen=True, kw_only=True, gc=False):
    """Matched signals open and page nothing from `starts_at` until `ends_at`. `matches` maps "topic", "kind", "risk", "source" or "place" to a value or several.

    `kind`: a person's silence, a planned maintenance window, or the echoes of an outage that the program inhibits by itself. `cancelled_at`: when it was
    ended early. `data`: "muted" are the incidents that it keeps quiet; a window's "window"; an inhibition's "rule" and "incident", the one whose echoes these are.
    `settled_at`: when, after its end, each of "muted" was decided again.
    """

    matches: dict[str, str | tuple[str, ...]]
    starts_at: datetime
    ends_at: datetime
    by: str
    comment: str
    id: int = 0
    kind: SilenceKind = "silence"
    cancelled_at: datetime | None = None
    settled_at: datetime | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def over_at(self) -> datetime:
        """When it is over: at its end, or when it was ended early."""
        return self.ends_at if self.cancelled_at is None else min(self.ends_at, self.cancelled_at)

    @property
    def muted(self) -> tuple[int, ...]:
        """Numbers of the incidents that it keeps quiet."""
        return tuple(self.data.get("muted", ()))

    def holds(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.starts_at <= now < self.over_at
