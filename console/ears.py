"""When each source was heard, told again as time passes.

The store keeps the stretches in which a source was heard, not every look at it. A detector must not know of a look before it happened: at any moment
a source has been heard up to its last look. So the looks within a stretch are laid where the pace of polling puts them, anew from each look that is known
because it brought something. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from listener.pace import next_interval

Hear = Callable[[str, float, float], None]


class _Ear:
    """One source: its stretches (seconds since the epoch), the one that is under way, and its last look in it."""

    def __init__(self, stretches: Sequence[tuple[datetime, datetime]], every: timedelta | None) -> None:
        self.stretches = [(since.timestamp(), until.timestamp()) for since, until in stretches]
        self.every = every
        self.pace = every
        self.number = -1
        self.last = 0.0

    def passed(self, now: float) -> list[tuple[float, float]]:
        """What was newly heard by `now`, in order."""
        found = []
        while self.number + 1 < len(self.stretches) and self.stretches[self.number + 1][0] <= now:
            found += self._up_to(self.stretches[self.number][1]) if self.number >= 0 else []
            self.number += 1
            self.last, self.pace = self.stretches[self.number][0], self.every
        if self.number >= 0:
            found += self._up_to(self._looked(now))
        return found

    def brought(self, now: float, new: int) -> list[tuple[float, float]]:
        """A look at `now` brought so many new mentions."""
        if self.number < 0 or not self.stretches[self.number][0] <= now <= self.stretches[self.number][1]:
            return []
        found = self._up_to(now)
        if self.every is not None:
            self.pace = next_interval(self.every, self.pace, new)
        return found

    def _looked(self, now: float) -> float:
        """The last look by `now` within the stretch under way."""
        until = self.stretches[self.number][1]
        if now >= until:
            return until
        if self.every is None or self.pace is None:
            return now
        last = self.last
        while (then := last + self.pace.total_seconds()) <= now:
            last, self.pace = then, next_interval(self.every, self.pace, 0)
        return last

    def _up_to(self, until: float) -> list[tuple[float, float]]:
        if until <= self.last:
            return []
        heard = (self.last, until)
        self.last = until
        return [heard]


class Ears:
    """Every source's stretches, told to `hear` as time passes.

    Args:
        stretches: source id -> when it was heard (aware), oldest first.
        every: source id -> how often it is asked; sources that tell of themselves (streams, hooks) are left out, and heard all along a stretch.
        hear: called with (source id, since, until) in seconds since the epoch.
    """

    def __init__(self, stretches: Mapping[str, Sequence[tuple[datetime, datetime]]], every: Mapping[str, timedelta], hear: Hear) -> None:
        self._ears = {source_id: _Ear(found, every.get(source_id)) for source_id, found in sorted(stretches.items())}
        self._hear = hear

    def brought(self, source_id: str, now: datetime, new: int) -> None:
        """A look at a source brought so many new mentions."""
        ear = self._ears.get(source_id)
        if ear is not None:
            at = now.timestamp()
            self._tell(source_id, [*ear.passed(at), *ear.brought(at, new)])

    def listen(self, now: datetime) -> None:
        """Tell what was heard by `now`."""
        at = now.timestamp()
        for source_id, ear in self._ears.items():
            self._tell(source_id, ear.passed(at))

    def heard(self) -> dict[str, list[tuple[float, float]]]:
        """By source, the stretches in which it was heard by now, in seconds since the epoch."""
        return {
            source_id: [*ear.stretches[: ear.number], *([(ear.stretches[ear.number][0], ear.last)] if ear.number >= 0 else [])]
            for source_id, ear in self._ears.items()
        }

    def _tell(self, source_id: str, heard: Sequence[tuple[float, float]]) -> None:
        for since, until in heard:
            self._hear(source_id, since, until)
