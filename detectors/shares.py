"""What part of a topic's mentions is usual: a fading count of hits among all, hour by hour."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from detectors.buckets import HOUR_S, Buckets, Counts

FORGETS = 0.5 ** (1 / 672)  # an hour fades to half in four weeks
PRIOR_SHARE = 0.15  # of a topic that nothing is known of
PRIOR_WEIGHT = 20.0  # mentions that this guess is worth
MOST_WEIGHT = 60.0  # a share drifts from day to day, as if no more mentions than these had told it
CUT_SD = 3.0  # an hour teaches at most so many standard deviations above the usual share


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Hits and mentions learnt, both fading."""

    hits: float = 0.0
    of: float = 0.0

    @property
    def usual(self) -> float:
        """The usual share, strictly between 0 and 1."""
        return (self.hits + PRIOR_SHARE * PRIOR_WEIGHT) / (self.of + PRIOR_WEIGHT)

    @property
    def weight(self) -> float:
        """How many mentions' worth of certainty stands behind it; for `detectors.tails.log10_share_tail`."""
        return min(self.of + PRIOR_WEIGHT, MOST_WEIGHT)


def absorb(share: Share, buckets: Buckets, hits: Counts, of: Counts) -> Share:
    """Learn from settled rows of whole clock hours; minutes in which we did not listen are left out, outlying hours are cut.

    Example:
        >>> from datetime import UTC, datetime
        >>> day = Buckets.of(datetime(2026, 11, 21, tzinfo=UTC), [1] * 1440)
        >>> share = absorb(Share(), day, day.mentions // 2, day.mentions)
        >>> round(share.usual, 3)
        0.002
    """
    hour = (int(buckets.start.timestamp()) % HOUR_S + np.arange(len(buckets)) * buckets.width_s) // HOUR_S
    hit_hours = np.bincount(hour, weights=buckets.known(hits).sum(axis=1)).tolist()
    all_hours = np.bincount(hour, weights=buckets.known(of).sum(axis=1)).tolist()
    for brought, total in zip(hit_hours, all_hours, strict=True):
        usual = share.usual
        most = total * usual + CUT_SD * math.sqrt(total * usual * (1.0 - usual)) + 1.0
        share = Share(hits=share.hits * FORGETS + min(brought, most), of=share.of * FORGETS + total)
    return share
