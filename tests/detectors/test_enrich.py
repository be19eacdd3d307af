"""The Enricher with a pipeline that understands by plain words, on real databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.records import Mention, Risk, Sentiment, TopicMatch
from core.text import fingerprint
from detectors.enrich import SWEEP_EVERY, Enricher, Topic
from detectors.enrichment.records import Heard as Text
from detectors.enrichment.records import Understood
from detectors.signals import single_risk
from store import dead_letters, enrichments, mentions, series, signals, watches
from store.database import Database
from store.open import Store
from store.streams import MemoryStream
from tests import make

HOUR = timedelta(hours=1)


class Words:
    """Understands "acme" as the topic, "hate" as negative, "fire" as a grave risk, and cannot bear "poison"."""

    version = "words-1"

    def __init__(self) -> None:
        self.poisonous = True
        self.asked: list[int] = []

    def enrich(self, texts: Sequence[Text]) -> list[Understood]:
        self.asked.append(len(texts))
        if self.poisonous and any("poison" in text.text for text in texts):
            raise RuntimeError("cannot bear it")
        return [self._understood(text) for text in texts]

    def _understood(self, text: Text) -> Understood:
        negative = 0.8 if "hate" in text.text else 0.1
        found = [TopicMatch(topic_id="acme", version="1", terms=("acme",))] if "acme" in text.text or "acme" in text.brand_context else []
        return Understood(
            language="en",
            topics=tuple(found),
            sentiment=Sentiment(negative=negative, neutral=round(0.9 - negative, 3), positive=0.1, confident=True),
            risks=(Risk(family="fire", level=1, term="fire"),) if "fire" in text.text else (),
            fingerprint=fingerprint(text.text),
        )


class Broken:
    """A signal with a bug."""

    version = "1"

    def judge(self, heard: Any, recent: Any) -> None:
        raise ZeroDivisionError

    def rejudge(self, frozen: Any) -> float:
        return 0.0


class Desk:
    """An Enricher on a store, with what is said put in front of it."""

    def __init__(self, database: Database, now: datetime, **changes: Any) -> None:
        self.database = database
        self.store = Store(database, MemoryStream(), MemoryStream(), MemoryStream())
        self.words = Words()
        database.write_now(watches.ensure, {"acme": "1"}, now - HOUR)
        (watch,) = database.write_now(watches.claim, ["acme"], now, now, 1)
        database.write_now(watches.finish, watch, due_at=None, stepped_at=now)
        topic = Topic(id="acme", name="Acme", kind="brand", version="1")
        given = {"brand_context": {}, "detectors": {"single_risk": single_risk.Detector(single_risk.Options())}, "generation": 3}
        self.enricher = Enricher(self.store, self.words, {"acme": topic}, **{**given, **changes})

    async def say(self, *heard: Mention, announce: bool = True) -> tuple[int, ...]:
        added = self.database.write_now(mentions.add, heard)
        if announce:
            await self.store.mentions.publish(added.new)
        return added.new

    async def settle(self, now: datetime) -> datetime | None:
        for _ in range(20):
            due = await self.enricher.step(now)
            if due != now:
                return due
        raise AssertionError("the Enricher never comes to rest")

    def cells(self, now: datetime) -> list[series.Cell]:
        return self.database.read_now(series.read, "acme", now - 24 * HOUR, now + 24 * HOUR)

    def count(self, now: datetime) -> int:
        return sum(cell.mentions for cell in self.cells(now))

    def letters(self) -> list[dead_letters.DeadLetter]:
        return self.database.read_now(dead_letters.listing)

    def signals(self) -> list[Any]:
        return self.database.read_now(signals.get, self.database.read_now(signals.to_take, 100))


@pytest.fixture
def desk(database: Database, now: datetime) -> Desk:
    return Desk(database, now)


async def test_what_is_understood_is_kept_counted_and_marked_for_the_watcher(desk, now):
    (mention_id,) = await desk.say(make.mention("I hate acme"))
    assert await desk.settle(now) == now + SWEEP_EVERY
    (cell,) = desk.cells(now)
    assert (cell.mentions, cell.stories, cell.authors, cell.negative, cell.confident_negative) == (1, 1, 1, 1, 1)
    found = desk.database.read_now(enrichments.get, [mention_id])[mention_id]
    assert (found.model, found.topics[0].topic_id) == ("words-1", "acme")
    assert desk.database.read_now(watches.next_due, ["acme"]) == now.replace(second=0) + timedelta(minutes=1)


async def test_what_is_about_nothing_of_ours_is_marked_and_neither_understood_nor_counted(desk, now):
    (mention_id,) = await desk.say(make.mention("another kettle on fire"))
    await desk.settle(now)
    assert (desk.cells(now), desk.signals()) == ([], [])
    assert desk.database.read_now(mentions.is_understood, mention_id)
    assert desk.database.read_now(enrichments.get, [mention_id]) == {}
    assert desk.database.read_now(watches.next_due, ["acme"]) is None


async def test_redelivery_counts_nothing_twice(desk, now):
    added = await desk.say(make.mention("acme"), make.mention("acme on fire"))
    for _ in range(3):
        await desk.settle(now)
        await desk.store.mentions.publish(added)
    await desk.settle(now)
    assert desk.count(now) == 2
    assert len(desk.signals()) == 1


async def test_of_two_enrichers_at_once_one_counts(desk, database, now):
    other = Desk.__new__(Desk)
    other.__dict__ = {**desk.__dict__}
    added = await desk.say(*(make.mention(f"acme {number}") for number in range(10)))
    batch = database.read_now(mentions.get, added)
    read = desk.enricher._reader.read(batch, {})
    for _ in range(2):
        await database.write(desk.enricher._mark_and_count, read, now)
    assert desk.count(now) == 10


async def test_the_sweep_finds_what_was_never_announced(desk, now):
    await desk.say(make.mention("acme"), announce=False)
    await desk.settle(now)
    assert desk.count(now) == 1


async def test_a_poison_mention_lets_the_others_through_and_is_dead_lettered_after_three_attempts(desk, now):
    added = await desk.say(make.mention("acme one"), make.mention("acme poison"), make.mention("acme two"))
    with capture_logs():
        await desk.settle(now)
    assert desk.count(now) == 2
    (letter,) = desk.letters()
    assert (letter.stage, letter.subject, letter.payload) == ("enricher", f"mention:{added[1]}", {"mention_id": added[1]})
    assert "poison" not in letter.error
    assert sum(1 for size in desk.words.asked if size == 1) == 2 + 3  # the two others once, the poison three times


async def test_a_dead_letter_is_replayed_and_counted_once(desk, now):
    await desk.say(make.mention("acme poison"))
    with capture_logs():
        await desk.settle(now)
    desk.words.poisonous = False
    (letter,) = desk.letters()
    for turn in range(1, 3):
        assert desk.database.write_now(dead_letters.replay, letter.id, now) is (turn == 1)
        await desk.settle(now + turn * SWEEP_EVERY)
    assert desk.count(now) == 1


async def test_a_bug_in_a_signal_holds_up_only_the_mention_it_fails_on(database, now):
    desk = Desk(database, now, detectors={"broken": Broken()})
    await desk.say(make.mention("acme"), make.mention("acme on fire"), make.mention("acme again"))
    with capture_logs():
        await desk.settle(now)
    assert desk.count(now) == 2
    assert len(desk.letters()) == 1


async def test_backfill_is_kept_and_found_never_counted_and_raises_nothing(desk, now):
    await desk.say(make.mention("acme on fire", arrival="backfill"))
    await desk.settle(now)
    assert (desk.cells(now), desk.signals(), desk.database.read_now(watches.next_due, ["acme"])) == ([], [], None)
    found = desk.database.read_now(mentions.in_topic, "acme", now - HOUR, now + HOUR, 10, arrivals=("backfill",))
    assert [mention.text for mention in found] == ["acme on fire"]


async def test_what_comes_late_counts_apart_and_raises_nothing(desk, now):
    await desk.say(make.mention("acme on fire", at=now - 5 * HOUR, arrival="late"))
    await desk.settle(now)
    assert [(cell.arrival, cell.mentions) for cell in desk.cells(now)] == [("late", 1)]
    assert (desk.signals(), desk.database.read_now(watches.next_due, ["acme"])) == ([], None)


async def test_a_mention_dated_2099_counts_when_it_was_seen(desk, now):
    await desk.say(make.mention("acme", published_at=now.replace(year=2099)))
    await desk.settle(now)
    assert [cell.start for cell in desk.cells(now)] == [int(now.timestamp())]


async def test_own_posts_and_reposts_count_in_their_own_class(desk, now):
    await desk.say(*(make.mention(f"acme {kind}", kind=kind) for kind in ("original", "repost", "wire", "own")))
    await desk.settle(now)
    assert sorted((cell.kind, cell.mentions) for cell in desk.cells(now)) == [("original", 1), ("own", 1), ("repost", 1), ("wire", 1)]


async def test_an_author_is_one_voice_an_hour_and_a_story_is_new_once(desk, now):
    await desk.say(
        make.mention("acme burns", author="an"), make.mention("acme burns!", author="an"), make.mention("acme hums", author="an")
    )
    await desk.settle(now)
    await desk.say(make.mention("acme burns", author="an", at=now + HOUR))
    await desk.settle(now + HOUR)
    assert [(cell.mentions, cell.authors, cell.stories) for cell in desk.cells(now)] == [(3, 1, 2), (1, 1, 0)]


async def test_an_author_whom_nobody_knows_is_a_voice_each_time(desk, now):
    from msgspec.structs import replace

    await desk.say(*(replace(make.mention(f"acme {word}"), author=None) for word in ("burns", "hums")))
    await desk.settle(now)
    (cell,) = desk.cells(now)
    assert cell.authors == 2


async def test_a_source_about_a_topic_needs_no_word_of_it(database, now):
    desk = Desk(database, now, brand_context={"reviews": ("acme",)})
    await desk.say(make.mention("does not heat", source="reviews"), make.mention("does not heat", source="forum"))
    await desk.settle(now)
    assert [(cell.source_id, cell.mentions) for cell in desk.cells(now)] == [("reviews", 1)]


async def test_a_grave_risk_raises_its_signal_and_wakes_the_intake(desk, now):
    (mention_id,) = await desk.say(make.mention("acme on fire"))
    await desk.settle(now)
    (signal,) = desk.signals()
    assert (signal.kind, signal.risk, signal.evidence, signal.generation) == ("single_risk", "fire", (mention_id,), 3)
    assert signal.words.args["topic"] == "Acme"
    assert await desk.store.signals.take(10) == [signal.id]


async def test_a_backlog_is_taken_in_batches(desk, now):
    await desk.say(*(make.mention(f"acme {number}") for number in range(230)))
    assert await desk.enricher.step(now) == now
    assert 0 < desk.count(now) <= 200
    await desk.settle(now)
    assert desk.count(now) == 230
