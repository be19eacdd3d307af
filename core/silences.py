"""What is muted, until when, and by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from core.records import Record

SilenceKind = Literal["silence", "maintenance", "inhibition"]


class Silence(Record, frozen=True, kw_only=True, gc=False):
    """Matched signals open and page nothing from `starts_at` until `ends_at`. `matches` maps "topic", "kind", "risk", "source" or "place" to a value.

    `kind`: a person's silence, a planned maintenance window, or the echoes of an outage that the program inhibits by itself.
    """

    matches: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    by: str
    comment: str
    id: int = 0
    kind: SilenceKind = "silence"
    cancelled_at: datetime | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)
