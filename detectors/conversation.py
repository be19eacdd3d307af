"""What is being said in one topic, in memory, and who of those that follow it is worth asking now: for playing years of history back."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from core.records import Signal
from detectors.base import Finding
from detectors.talk import MOST_BEFORE, MOST_SAID, TOLD_FOR, Asked, Choosy, Said, Talk, TalkDetector, Topic, ask, before_span

_WHEN: Final = attrgetter("at")
_BY_TIME: Final = attrgetter("at", "mention_id")
MOST_KEPT: Final = 4 * MOST_SAID  # mentions; then what nobody is shown any more is dropped


class Conversation:
    """What was lately said in a topic. `ask` answers as `detectors.talk.ask` does over all of it; a test holds them together.

    Args:
        topic: whom it is about.
        detectors: kind -> detector; at least one.
    """

    def __init__(self, topic: Topic, detectors: Mapping[str, TalkDetector]) -> None:
        self._topic = topic
        self._detectors = detectors
        self._heeds = [_Heed(topic, kind, detector) for kind, detector in detectors.items()]
        self._said: list[Said] = []
        self._longest = max(detector.window for detector in detectors.values())
        self._shortest = min(detector.window for detector in detectors.values())

    def say(self, said: Said) -> None:
        """Take in what somebody said, live."""
        insort(self._said, said, key=_BY_TIME)
        if len(self._said) > MOST_KEPT:
            self._forget(self._said[-1].at)
        for heed in self._heeds:
            heed.say(said)

    def unsay(self, mention_id: int) -> None:
        """A mention went away at its source: nobody is shown it any more."""
        self._said = [one for one in self._said if one.mention_id != mention_id]
        for heed in self._heeds:
            heed.unsay(mention_id)

    def ask(self, end: datetime) -> Asked:
        """Ask the detectors that something may have moved, without what was told and said before."""
        answers = [heed.ask(end) for heed in self._heeds]
        findings = [finding for answer in answers for finding in answer.findings]
        return Asked(findings, min((answer.again_at for answer in answers if answer.again_at is not None), default=None))

    def confirm(self, found: Sequence[Finding], end: datetime, told: Sequence[Signal]) -> Asked:
        """Ask everybody once more, with what was told and said before, as `detectors.talk.overheard` does where something was `found`."""
        span, before = before_span(self._detectors, found, end), None
        if span is not None:
            before = tuple(self._between(*span)[-MOST_BEFORE:])
        shown = Talk(topic=self._topic, end=end, said=tuple(self._between(end - self._longest, end)[-MOST_SAID:]), before=before)
        return ask(self._detectors, shown, told)

    def told_since(self, end: datetime) -> datetime:
        """From when it matters what was told."""
        return end - max(self._longest, TOLD_FOR)

    def _between(self, start: datetime, end: datetime) -> list[Said]:
        return self._said[bisect_left(self._said, start, key=_WHEN) : bisect_left(self._said, end, key=_WHEN)]

    def _forget(self, end: datetime) -> None:
        """Drop what nobody is shown any more."""
        del self._said[: max(0, bisect_left(self._said, end - self._shortest, key=_WHEN) - MOST_BEFORE - MOST_SAID)]


class _Heed:
    """What one detector heeds of a conversation: what it wants within its window."""

    def __init__(self, topic: Topic, kind: str, detector: TalkDetector) -> None:
        self._topic = topic
        self._detectors = {kind: detector}
        self._window = detector.window
        self._choosy = detector if isinstance(detector, Choosy) else None
        self._said: list[Said] = []
        self._settled: tuple[Said, ...] | None = None  # in which a choosy one found nothing

    def say(self, said: Said) -> None:
        if self._choosy is None or self._choosy.wants(said, self._topic):
            insort(self._said, said, key=_BY_TIME)

    def unsay(self, mention_id: int) -> None:
        self._said = [one for one in self._said if one.mention_id != mention_id]

    def ask(self, end: datetime) -> Asked:
        nothing, said, since = Asked([], None), self._said, end - self._window
        if said and said[0].at < since:
            del said[: bisect_left(said, since, key=_WHEN)]
        if self._choosy is not None and len(said) < self._choosy.least:
            return nothing
        shown = tuple(said[-MOST_SAID:])
        if shown and shown[-1].at >= end:
            shown = tuple(one for one in shown if one.at < end)
        if self._choosy is not None and shown == self._settled:
            return nothing
        asked = ask(self._detectors, Talk(topic=self._topic, end=end, said=shown), ())
        self._settled = None if asked.findings else shown
        return asked
