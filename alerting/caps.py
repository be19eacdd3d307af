"""How many messages one person gets on one channel in a while; what is beyond stands in a digest (R12 of the house's standard). Pure.

The figures are those that GoAlert keeps for text messages, which people who are called at night found bearable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

CAPS: Final = ((timedelta(minutes=15), 5), (timedelta(hours=1), 11))
LONGEST: Final = max(span for span, _ in CAPS)
CAPPED: Final = ("page", "update", "resolved")  # kinds of notification that are counted, and held back beyond


def is_full(sent: Sequence[datetime], now: datetime) -> bool:
    """Whether one more message at `now` would be too many after those sent at these times.

    Example:
        >>> from datetime import UTC
        >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        >>> is_full([noon] * 4, noon), is_full([noon] * 5, noon)
        (False, True)
    """
    return any(sum(now - at < span for at in sent) >= most for span, most in CAPS)
