"""The last four weeks of a topic, hour by hour, as if the sources of today had all been heard: what a slow change is compared with.

A baseline follows its topic within days, and so it would follow a slow burn. Here nothing is followed: a window is held against the same hours of the days
before it. A source that joins counts after three days, and the hours before it are scaled by what it brings; one that is gone for a week is taken out in the same way.
An hour in which less than four fifths of the usual volume was heard is unknown, never low.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
import numpy as np

from detectors.base import State
from detectors.baseline import WARM_H, whole_hours
from detectors.buckets import HOUR_S, Buckets, Counts, Rates

HOUR = timedelta(hours=1)
DAY_H = 24
WEEK_D = 7
KEPT_H = 28 * DAY_H
LEAST_HEARD = 0.8  # of the usual volume; an hour with less is unknown
GONE_H = 168.0  # a source not heard for so long is none of ours any more
LEVEL_FORGETS = 0.5 ** (1 / 336)  # an hour fades to half in two weeks
LEVEL_PRIOR, LEVEL_WEIGHT = 0.1, 0.25  # mentions an hour of a source that nothing is known of, and the hours that this guess is worth
UNKNOWN = -1


class Level(msgspec.Struct, frozen=True, array_like=True):
    """What one source brings: mentions and hours heard (both fading), hours heard in all, and hours since it was last heard."""

    mentions: float = 0.0
    hours: float = 0.0
    known_h: float = 0.0
    unheard_h: float = 0.0

    @property
    def an_hour(self) -> float:
        """Mentions an hour."""
        return (self.mentions + LEVEL_PRIOR * LEVEL_WEIGHT) / (self.hours + LEVEL_WEIGHT)

    @property
    def counts(self) -> bool:
        """Whether it is one of the topic's sources: known for three days, and heard within a week."""
        return self.known_h >= WARM_H and self.unheard_h < GONE_H

    def after(self, brought: float, heard: float) -> Level:
        """An hour later, of which the part `heard` was listened to."""
        if not heard:
            return msgspec.structs.replace(self, unheard_h=self.unheard_h + 1.0)
        return Level(
            round(self.mentions * LEVEL_FORGETS + brought, 2), round(self.hours * LEVEL_FORGETS + heard, 2), round(self.known_h + heard, 2)
        )


class Weeks(msgspec.Struct, frozen=True, kw_only=True):
    """Mentions by clock hour, oldest first and without holes, -1 where unknown; `end` is when the newest hour ends; `levels` by source."""

    end: datetime | None = None
    counts: tuple[int, ...] = ()
    levels: dict[str, Level] = {}

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def values(self) -> Rates:
        """The counts as numbers, NaN where unknown."""
        values = np.array(self.counts, dtype=np.float64)
        values[values < 0] = np.nan
        return values


class WeeksState(State, frozen=True, kw_only=True):
    """The weeks learnt from settled hours, and until when hours were judged."""

    weeks: Weeks = Weeks()
    judged_to: datetime | None = None


def newly_closed(state: WeeksState, buckets: Buckets, delay: timedelta) -> datetime | None:
    """The end of the newest clock hour whose mentions have had `delay` to arrive, where it was not judged before; else None, as most minutes."""
    end = buckets.end
    if state.judged_to is not None and end - state.judged_to < HOUR + delay:
        return None
    upto = (end - delay).replace(minute=0, second=0, microsecond=0)
    return upto if upto > (state.judged_to or buckets.start) else None


W = TypeVar("W", bound=WeeksState)


def take_in(state: W, buckets: Buckets, upto: datetime) -> tuple[W, Weeks]:
    """Learn the settled hours; returns the state, and the weeks as they stand at `upto` (a whole hour): with hours on top that may still change."""
    fresh = buckets.since(state.settled_to)
    settled = whole_hours(fresh, keep=timedelta(0))
    weeks = state.weeks if settled is None else learn(state.weeks, settled)
    settled_to = fresh.start if settled is None else settled.end
    rest = fresh.since(settled_to).until(upto)
    lately = learn(weeks, rest) if len(rest) else weeks
    return msgspec.structs.replace(state, settled_to=settled_to, weeks=weeks, judged_to=upto), lately


def learn(weeks: Weeks, buckets: Buckets, counts_of: Counts | None = None) -> Weeks:
    """Take in rows that end on a whole hour (the first hour may lack its beginning); `counts_of` is one of their columns, mentions where none is given.

    What is learnt does not depend on how the hours were cut into calls.
    """
    if not len(buckets) or not buckets.sources:
        return weeks
    counts = list(weeks.counts)
    if weeks.end is not None:
        hole = (buckets.start - weeks.end) // HOUR
        counts += [UNKNOWN] * min(max(hole, 0), KEPT_H)
    levels = dict(weeks.levels)
    for brought, heard in zip(*_by_hour(buckets, buckets.mentions if counts_of is None else counts_of), strict=True):
        if not levels:  # who is heard from the beginning need not wait
            levels = {source: Level(known_h=WARM_H) for source, share in zip(buckets.sources, heard, strict=True) if share}
        counts.append(_count(levels, buckets.sources, brought, heard))
        before = {source for source, level in levels.items() if level.counts}
        unheard = {source: level.after(0.0, 0.0) for source, level in levels.items() if source not in buckets.sources}
        columns = zip(buckets.sources, brought, heard, strict=True)
        levels = unheard | {source: levels.get(source, Level()).after(count, share) for source, count, share in columns}
        counts = _scaled(counts, levels, before)
    left = {source: level for source, level in levels.items() if level.unheard_h < 2 * GONE_H}
    return Weeks(end=buckets.end, counts=tuple(counts[-KEPT_H:]), levels=left)


def _by_hour(buckets: Buckets, counts: Counts) -> tuple[list[list[float]], list[list[float]]]:
    """By clock hour and source: the counts, and the part of the hour that was heard."""
    per = HOUR_S // buckets.width_s
    lead = (int(buckets.start.timestamp()) % HOUR_S) // buckets.width_s
    begins = np.arange(0, lead + len(buckets), per) - lead
    begins[0] = 0
    brought = np.add.reduceat(buckets.known(counts), begins)
    heard = np.add.reduceat((~buckets.unknown).astype(np.int64), begins) / per
    return brought.tolist(), heard.tolist()


def _count(levels: dict[str, Level], sources: tuple[str, ...], brought: list[float], heard: list[float]) -> int:
    """The hour's mentions from the sources that count, scaled up for the little that was not heard; unknown where that is much."""
    level = sum(one.an_hour for one in levels.values() if one.counts)
    ours = [(levels.get(source, Level()), count, share) for source, count, share in zip(sources, brought, heard, strict=True)]
    part = sum(one.an_hour * share for one, _, share in ours if one.counts) / level if level else 0.0
    return round(sum(count for one, count, _ in ours if one.counts) / part) if part >= LEAST_HEARD else UNKNOWN


def _scaled(counts: list[int], levels: dict[str, Level], before: set[str]) -> list[int]:
    """The hours so far, as if who joined had been there and who is gone had not."""
    now = {source for source, level in levels.items() if level.counts}
    if now == before:
        return counts
    level, was = (sum(levels[source].an_hour for source in names) for names in (now, before))
    if not (level and was):
        return counts
    return [count if count < 0 else round(count * level / was) for count in counts]
