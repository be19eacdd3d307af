"""The Timekeeper: what is asked of us, and our answers -> what waits too long -> signal -> wake the Intake.

A due time comes when nothing happens, so this stage keeps a clock of its own: it looks for what is new once within the shortest time that a question may wait, and whenever an answer
is due. What it remembers between two looks is only a shortcut: after a restart it is read anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from core.records import Record, Signal, Tier
from detectors.raising import Crowd, signal_of
from detectors.response import AnswerDetector, Asked
from store import answers, signals
from store.answers import Answer, Question
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

LOOK_BACK: Final = timedelta(days=3)  # what has waited longer is not listed any more
OVERLAP: Final = timedelta(hours=1)  # a mention may be understood so long after it came
UNSEEN: Final = timedelta(minutes=10)  # what was understood so lately may not have been saved yet
SELDOM: Final = timedelta(minutes=30)  # between two looks, at most
HOUR: Final = timedelta(hours=1)

Key = tuple[int, str]  # a mention in a topic


class Answered(Record, frozen=True, kw_only=True, gc=False):
    """A topic whose questions are ours to answer; opening hours are kept in its zone."""

    id: str
    name: str
    zone: ZoneInfo


class Waiting(NamedTuple):
    """A question that nobody has answered, and when an answer is due."""

    question: Question
    asked: Asked
    due: datetime


class Timekeeper:
    """Watches over what waits for an answer, and tells it once an hour and topic at most.

    Where nobody of our staff is known and no answer of ours was ever heard in a source, nobody can tell what is answered there: its questions raise nothing.

    Args:
        store: mentions in, signals out.
        topics: by id.
        detector: judges.
        tiers: source id -> its weight.
        lateness: a mention that comes later after its publication raises nothing.
        staffed: somebody of our staff is known.
        generation: the configuration's number, which signals carry.
    """

    def __init__(
        self,
        store: Store,
        topics: Mapping[str, Answered],
        detector: AnswerDetector,
        *,
        tiers: Mapping[str, Tier],
        lateness: timedelta,
        staffed: bool,
        generation: int,
    ) -> None:
        self._store = store
        self._topics = dict(topics)
        self._detector = detector
        self._tiers = dict(tiers)
        self._lateness = lateness
        self._staffed = staffed
        self._generation = generation
        self._listened_at: datetime | None = None  # for answers
        self._looked_at: datetime | None = None  # for questions, once an answer to them would be known
        self._waiting: dict[Key, Waiting] = {}
        self._answering: set[str] = set()
        self._told: dict[str, datetime] = {}

    async def step(self, now: datetime) -> datetime | None:
        """Look for what is new, tell what waits too long; returns when to look again. None where there are no topics."""
        if not self._topics:
            return None
        asked, given, above = await self._store.database.read(self._look, now)
        self._take_in(asked, given, above, now)
        asking = {one.asked.topic_id for one in self._waiting.values() if one.due <= now and self._may_be_told(one, now)}
        if asking:
            await self._store.signals.publish(await self._store.database.write(self._tell, asking, now))
        return self._next(now)

    def _look(self, tx: Tx, now: datetime) -> tuple[list[Question], list[Answer], dict[bytes, bytes]]:
        """What was asked and answered since the last look, and what the answers belong to."""
        given = answers.answers(tx, self._from(self._listened_at, now), now)
        if not (self._staffed or self._answering or any(one.is_ours for one in given)):
            return [], [], {}
        fresh = None if self._looked_at is None else self._looked_at - UNSEEN
        asked = answers.questions(tx, self._topics, self._from(self._looked_at, now), now, understood_since=fresh)
        return asked, given, answers.parents(tx, [one.parent_key for one in given])

    def _from(self, at: datetime | None, now: datetime) -> datetime:
        return now - LOOK_BACK if at is None else at - self._lateness - OVERLAP

    def _take_in(self, asked: Sequence[Question], given: Sequence[Answer], above: Mapping[bytes, bytes], now: datetime) -> None:
        self._answering |= {one.source_id for one in given if one.is_ours}
        self._listened_at = now
        self._looked_at = now if self._staffed or self._answering else None
        for question in asked:
            key = (question.mention_id, question.topic_id)
            known = self._waiting.pop(key, None)
            if known is None or known.question != question:
                heard = asked_of(question, self._tiers)
                due = self._detector.due(heard, self._topics[question.topic_id].zone)
                known = None if due is None else Waiting(question, replace(heard, due_at=due), due)
            if known is not None:
                self._waiting[key] = known
        done = answered_at([one.question for one in self._waiting.values()], given, above)
        self._waiting = {key: one for key, one in self._waiting.items() if key not in done and one.asked.at >= now - LOOK_BACK}

    def _may_be_told(self, one: Waiting, now: datetime) -> bool:
        """Whether a question would be news in this hour, were it due: we would know of an answer, and its topic was not told within the hour."""
        told_at = self._told.get(one.asked.topic_id)
        return self._is_known(one.asked) and (told_at is None or (told_at < _hour(now) and told_at < one.due))

    def _tell(self, tx: Tx, asking: AbstractSet[str], now: datetime) -> list[int]:
        """Raise what is due in these topics, of each together; returns the new signals."""
        late = [key for key, one in self._waiting.items() if one.due <= now and one.asked.topic_id in asking]
        gone = set(late) - answers.still_asked(tx, [mention_id for mention_id, _ in late])
        self._waiting = {key: one for key, one in self._waiting.items() if key not in gone}  # deleted, or they say something else by now
        found: list[Signal] = []
        for topic in (self._topics[topic_id] for topic_id in sorted(asking)):
            before = signals.latest(tx, self._detector.kind, f"topic:{topic.id}")
            waiting = [one.asked for one in self._waiting.values() if one.asked.topic_id == topic.id and self._is_known(one.asked)]
            told_at = None if before is None else before.raised_at
            if before is None or before.bucket_start < _hour(now):
                fresh = list(self._signals(topic, waiting, now, told_at))
                found += fresh
                told_at = now if fresh else told_at
            if told_at is not None:
                self._told[topic.id] = told_at
        return signals.add(tx, found)

    def _signals(self, topic: Answered, waiting: Sequence[Asked], now: datetime, told_at: datetime | None) -> Iterator[Signal]:
        finding = self._detector.overdue(waiting, now, topic.zone, told_at)
        if finding is not None:
            log.info("questions wait for an answer", topic=topic.id, waiting=int(finding.observed))
            listed = {one["mention_id"] for one in finding.frozen["waiting"]}
            people = {one.author for one in waiting if one.mention_id in listed} - {None}
            crowd = Crowd(mentions=int(finding.observed), stories=int(finding.observed), authors=len(people) or None)
            yield signal_of(finding, topic_id=topic.id, topic_name=topic.name, now=now, generation=self._generation, crowd=crowd)

    def _is_known(self, asked: Asked) -> bool:
        """Whether we would know of an answer to it."""
        return self._staffed or asked.source_id in self._answering

    def _next(self, now: datetime) -> datetime:
        """When an answer is due next, in a topic that was told within the hour not before the next one; or when to look for what is new, in opening hours."""
        held = {topic_id: told_at for topic_id, told_at in self._told.items() if told_at >= _hour(now)}
        dues = [
            max(one.due, _hour(now) + HOUR) if one.asked.topic_id in held else one.due
            for one in self._waiting.values()
            if one.due > held.get(one.asked.topic_id, now) and self._is_known(one.asked)
        ]
        look = now + min(self._detector.look_every, SELDOM)
        return min(*dues, *(self._detector.opens(look, topic.zone) for topic in self._topics.values()), look + LOOK_BACK)


def asked_of(question: Question, tiers: Mapping[str, Tier]) -> Asked:
    """A question as its detector judges it. Pure."""
    return Asked(
        mention_id=question.mention_id,
        topic_id=question.topic_id,
        at=question.at,
        triage=question.triage,
        source_id=question.source_id,
        tier=tiers.get(question.source_id),
        addressed=question.to_us or any(term.startswith("@") for term in question.terms),
        author=question.author,
        role=question.role,
    )


def answered_at(asked: Sequence[Question], given: Sequence[Answer], above: Mapping[bytes, bytes]) -> dict[Key, datetime]:
    """When each question was first answered; those without an answer are left out. Pure.

    An answer is for the nearest question above it in its thread, and for those above that the same person asked; and for one beside it whose author it calls by handle.

    Args:
        asked: questions.
        given: our answers, oldest first.
        above: what each mention of a thread answers, by key.
    """
    by_key: dict[bytes, list[Question]] = {}
    beside: dict[bytes, list[Question]] = {}
    for question in asked:
        by_key.setdefault(question.key, []).append(question)
        if question.parent_key is not None:
            beside.setdefault(question.parent_key, []).append(question)
    found: dict[Key, datetime] = {}
    for answer in given:
        named = (one for one in beside.get(answer.parent_key, ()) if one.handle and f"@{one.handle.lower()}" in answer.text.lower())
        for question in (*_asked_above(answer, by_key, above), *named):
            if question.at <= answer.at:
                found.setdefault((question.mention_id, question.topic_id), answer.at)
    return found


def _asked_above(answer: Answer, by_key: Mapping[bytes, Sequence[Question]], above: Mapping[bytes, bytes]) -> Iterator[Question]:
    asker: tuple[str | None] | None = None
    key: bytes | None = answer.parent_key
    for _ in range(len(above) + 1):
        questions = by_key.get(key, ()) if key is not None else ()
        if questions and asker is not None and questions[0].author != asker[0]:
            return
        if questions:
            asker = (questions[0].author,)
            yield from questions
        key = above.get(key) if key is not None else None
        if key is None:
            return


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
