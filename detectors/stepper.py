"""The Watcher's work over counts in memory: the same detectors, asked at the same minutes, without a database in between. For playing history back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from core.records import Signal
from detectors.base import Finding, State
from detectors.conversation import Conversation
from detectors.talk import Asked
from detectors.tally import Tally
from detectors.watch import MINUTE, Watcher, due_at
from store.series import Count
from store.talk import Said


class Stepped(NamedTuple):
    """A topic in which something was found: findings in counts, and in talk by what was said lately alone."""

    topic_id: str
    findings: list[Finding]
    in_talk: list[Finding]


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
        followed = [topic_id for topic_id in self._tallies if watcher.talk(topic_id)]
        self._conversations = {topic_id: Conversation(watcher.about(topic_id), watcher.talk(topic_id)) for topic_id in followed}
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
        return topic_id in self._conversations

    def say(self, topic_id: str, said: Said) -> None:
        """Take in what somebody said, live."""
        self._conversations[topic_id].say(said)

    def is_confirmed(self, stepped: Stepped, end: datetime, told: Callable[[datetime], Sequence[Signal]]) -> bool:
        """Whether something found in talk is found with what was said before, too, and with what was told since a time."""
        conversation = self._conversations[stepped.topic_id]
        return bool(conversation.confirm(stepped.in_talk, end, told(conversation.told_since(end))).findings)

    def unsay(self, mention_id: int) -> None:
        """A mention went away at its source: nobody is shown it any more."""
        for conversation in self._conversations.values():
            conversation.unsay(mention_id)

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
            asked = self._conversations[topic_id].ask(end) if topic_id in self._conversations else Asked([], None)
            self._due[topic_id] = due_at(now, end, asked.again_at)
            if findings or asked.findings:
                found.append(Stepped(topic_id, findings, asked.findings))
        self.due = min(self._due.values(), default=None)
        return found
