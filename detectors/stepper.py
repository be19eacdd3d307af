"""The Watcher's work over counts in memory: the same detectors, asked at the same minutes, without a database in between. For playing history back."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Final, NamedTuple

from detectors.base import Finding, State
from detectors.talk import MOST_SAID, Asked, Talk, ask
from detectors.tally import Tally
from detectors.watch import MINUTE, Watcher, due_at
from store.series import Count
from store.talk import Said

_BY_TIME: Final = attrgetter("at", "mention_id")


class Stepped(NamedTuple):
    """A topic in which something was found: findings in counts, and whether there is any in talk."""

    topic_id: str
    findings: list[Finding]
    in_talk: bool


class Stepper:
    """Steps the detectors of every topic when it changed, as the Watcher does; states, counts and talk are kept here.

    Args:
        watcher: whose detectors they are.
        topics: ids.
        start: when the clock begins (aware).
    """

    def __init__(self, watcher: Watcher, topics: Iterable[str], start: datetime) -> None:
        self._watcher = watcher
        self._tallies = {topic_id: Tally(topic_id, watcher.zone(topic_id)) for topic_id in sorted(topics)}
        self._states: dict[str, dict[str, State]] = {topic_id: watcher.start(topic_id) for topic_id in self._tallies}
        self._heard: dict[str, list[tuple[float, float]]] = {}
        self._told: dict[str, dict[str, tuple[int, float]]] = {
            topic_id: {} for topic_id in self._tallies
        }  # source -> stretch, and up to when
        self._due = dict.fromkeys(self._tallies, start)
        self._said: dict[str, list[Said]] = {topic_id: [] for topic_id in self._tallies if watcher.talk(topic_id)}
        self._longest = max((one.window for topic_id in self._said for one in watcher.talk(topic_id).values()), default=MINUTE)
        self._about = {topic_id: watcher.about(topic_id) for topic_id in self._said}
        self.due = min(self._due.values(), default=None)
        """When the next topic wants its step."""

    def count(self, counts: Sequence[Count], now: datetime) -> None:
        """Take in what mentions add; a topic that somebody spoke of live is stepped when the running minute is over."""
        soon = now.replace(second=0, microsecond=0) + MINUTE
        for count in counts:
            tally = self._tallies.get(count.topic_id)
            if tally is not None:
                tally.add(count)
                if count.arrival == "live" and soon < self._due[count.topic_id]:
                    self._due[count.topic_id] = soon
        if counts and (self.due is None or soon < self.due):
            self.due = min(self._due.values(), default=None)

    def wants_talk(self, topic_id: str) -> bool:
        """Whether what is said in this topic is asked for, word by word."""
        return topic_id in self._said

    def say(self, topic_id: str, said: Said) -> None:
        """Take in what somebody said, live."""
        insort(self._said[topic_id], said, key=_BY_TIME)

    def unsay(self, mention_id: int) -> None:
        """A mention went away at its source: nobody is shown it any more."""
        self._said = {topic_id: [one for one in said if one.mention_id != mention_id] for topic_id, said in self._said.items()}

    def hear(self, source_id: str, since: float, until: float) -> None:
        """A source was heard from `since` until `until`, in seconds since the epoch, in order; going on where it ended before is one stretch."""
        stretches = self._heard.setdefault(source_id, [])
        if stretches and stretches[-1][1] == since:
            stretches[-1] = (stretches[-1][0], until)
        else:
            stretches.append((since, until))

    def _catch_up(self, topic_id: str) -> None:
        """Tell a topic's tally what was heard since it was last asked."""
        tally, told = self._tallies[topic_id], self._told[topic_id]
        for source_id, stretches in self._heard.items():
            number, upto = told.get(source_id, (0, 0.0))
            for since, until in stretches[number:]:
                if until > upto:
                    tally.hear(source_id, max(since, upto), until)
            told[source_id] = (len(stretches) - 1, stretches[-1][1])

    def step(self, now: datetime) -> list[Stepped]:
        """Step the topics that are due; those in which something was found. Whatever is found in talk has to be asked for once more (`detectors.talk.overheard`)."""
        end = now.replace(second=0, microsecond=0)
        found = []
        for topic_id in [each for each, due in self._due.items() if due <= now]:
            self._catch_up(topic_id)
            tally = self._tallies[topic_id]
            begun = end if tally.first is None else datetime.fromtimestamp(tally.first, UTC)
            findings = self._watcher.judge(topic_id, self._states[topic_id], begun, end, tally.buckets)
            asked = self._ask(topic_id, end)
            self._due[topic_id] = due_at(now, end, asked.again_at)
            if findings or asked.findings:
                found.append(Stepped(topic_id, findings, bool(asked.findings)))
        self.due = min(self._due.values(), default=None)
        return found

    def _ask(self, topic_id: str, end: datetime) -> Asked:
        detectors = self._watcher.talk(topic_id)
        if not detectors:
            return Asked([], None)
        said, before = self._said[topic_id], end - self._longest
        if said and said[0].at < before:
            del said[: bisect_left(said, before, key=attrgetter("at"))]
        shown = tuple(said[-MOST_SAID:])
        if shown and shown[-1].at >= end:
            shown = tuple(one for one in shown if one.at < end)
        return ask(detectors, Talk(topic=self._about[topic_id], end=end, said=shown), ())
