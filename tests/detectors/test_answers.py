"""The Timekeeper on real databases: what is answered, by whom, and when it tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from core.records import Enrichment, Mention, Sentiment, TopicMatch
from detectors.answers import SELDOM, Answered, Timekeeper
from detectors.signals.question_unanswered import Detector, Options
from store import enrichments, mentions, pages, signals
from store.database import Database
from tests import make

NOON = make.NOON  # in Hanoi
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CALM = Sentiment(negative=0.1, neutral=0.8, positive=0.1, confident=True)


class Counter:
    """A Timekeeper on a store, and people who ask at the counter."""

    def __init__(self, database: Database, *, staffed: bool = True, tier: str = "owned") -> None:
        self.database = database
        self.store = make.store(database)
        topics = {"acme": Answered(id="acme", name="Acme", zone=ZoneInfo("Asia/Ho_Chi_Minh"))}
        given: dict[str, Any] = {"tiers": {"group": tier}, "lateness": 2 * HOUR, "staffed": staffed, "generation": 3}
        self.again = lambda: Timekeeper(self.store, topics, Detector(Options()), **given)
        self.keeper = self.again()

    def hear(
        self, native_id: str, at: datetime = NOON, *, triage: str | None = "question", terms: tuple[str, ...] = ("acme",), **changes: Any
    ) -> Mention:
        """A mention of acme, understood."""
        if (answers := changes.pop("answers", None)) is not None:
            changes["parent_key"] = answers.key
        mention = make.mention(changes.pop("text", "acme?"), source="group", native_id=native_id, at=at, **changes)
        ids = self.database.write_now(mentions.add, [mention]).ids
        self.database.write_now(mentions.mark_enriched, list(ids.values()), at)
        match = TopicMatch(topic_id="acme", version="1", terms=terms)
        said = Enrichment(mention_id=ids[mention.key], language="vi", topics=(match,), sentiment=CALM, triage=triage)
        self.database.write_now(lambda tx: enrichments.save(tx, said, counts_at=at, story_id=None))
        return mention

    def answer(self, question: Mention, at: datetime, **changes: Any) -> Mention:
        return self.hear(f"answer-{question.native_id}-{at.minute}", at, triage=None, kind="own", answers=question, **changes)

    async def told(self, *moments: datetime) -> list[tuple[datetime, float]]:
        for moment in moments:
            await self.keeper.step(moment)
        found = self.database.read_now(signals.get, self.database.read_now(signals.to_take, 100))
        return [(signal.raised_at, signal.observed) for signal in found]


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(database)


async def test_a_question_is_told_when_it_is_due_and_the_stage_asks_for_that_moment(counter):
    counter.hear("q", NOON + 10 * MINUTE)
    assert await counter.keeper.step(NOON + 20 * MINUTE) == NOON + 50 * MINUTE
    assert await counter.keeper.step(NOON + 50 * MINUTE) == NOON + 70 * MINUTE
    assert await counter.told(NOON + 70 * MINUTE) == [(NOON + 70 * MINUTE, 1.0)]


async def test_an_answer_of_ours_stops_the_clock_and_a_members_does_not(counter):
    ours, theirs = counter.hear("q1"), counter.hear("q2")
    counter.answer(ours, NOON + 5 * MINUTE)
    counter.hear("member", NOON + 5 * MINUTE, triage=None, answers=theirs)
    assert await counter.told(NOON + 10 * MINUTE, NOON + HOUR) == [(NOON + HOUR, 1.0)]


async def test_an_answer_further_down_the_thread_is_for_the_question_above_it(counter):
    question = counter.hear("q", author="lan")
    more = counter.hear("more", NOON + MINUTE, author="lan", answers=question, text="acme, anybody?")
    chat = counter.hear("chat", NOON + 2 * MINUTE, triage=None, answers=more)
    counter.answer(chat, NOON + 9 * MINUTE)
    assert await counter.told(NOON + 2 * HOUR) == []


async def test_an_answer_to_somebody_elses_question_in_the_thread_leaves_mine_open(counter):
    mine = counter.hear("mine", author="lan")
    counter.answer(counter.hear("theirs", NOON + MINUTE, author="minh", answers=mine), NOON + 9 * MINUTE)
    assert await counter.told(NOON + 2 * HOUR) == [(NOON + 2 * HOUR, 1.0)]


async def test_an_answer_beside_a_comment_that_calls_its_author_counts(counter):
    post = counter.hear("post", NOON - HOUR, triage=None, kind="own")
    counter.hear("q1", author="lan", answers=post)
    counter.hear("q2", author="minh", answers=post)
    counter.answer(post, NOON + 5 * MINUTE, text="@Lan chào bạn, acme bảo hành ở quận 1 ạ")
    assert await counter.told(NOON + 2 * HOUR) == [(NOON + 2 * HOUR, 1.0)]


async def test_what_is_asked_where_we_are_not_at_home_counts_where_it_is_addressed_to_us(database):
    counter = Counter(database, tier="social")
    post = counter.hear("post", NOON - HOUR, triage=None, kind="own")
    counter.hear("passing")
    counter.hear("comment", answers=post)
    counter.hear("called", terms=("@acme",))
    assert await counter.told(NOON + 2 * HOUR) == [(NOON + 2 * HOUR, 2.0)]


async def test_what_was_deleted_or_says_something_else_by_now_waits_no_more(counter):
    gone, edited = counter.hear("gone"), counter.hear("edited")
    await counter.keeper.step(NOON + 10 * MINUTE)
    counter.database.write_now(pages.remove, [gone.key], NOON + 20 * MINUTE)
    (row,) = [one.id for one in counter.database.read_now(mentions.get, range(1, 9)) if one.key == edited.key]
    said = Enrichment(mention_id=row, language="vi", topics=(TopicMatch(topic_id="acme", version="1", terms=()),), sentiment=CALM)
    counter.database.write_now(lambda tx: enrichments.save(tx, said, counts_at=NOON, story_id=None))
    assert await counter.told(NOON + HOUR) == []


async def test_those_due_within_a_told_hour_are_told_in_the_next_one(counter):
    for number in range(4):
        counter.hear(f"q{number}", NOON + 2 * number * MINUTE)
    await counter.told(NOON + HOUR)
    due = [await counter.keeper.step(NOON + HOUR + 2 * number * MINUTE) for number in (1, 2, 3)]
    assert due[-1] == NOON + HOUR + SELDOM + 6 * MINUTE
    assert await counter.told(NOON + 2 * HOUR, NOON + 3 * HOUR) == [(NOON + HOUR, 1.0), (NOON + 2 * HOUR, 4.0)]


async def test_where_nobody_is_known_to_answer_nothing_is_unanswered(database):
    counter = Counter(database, staffed=False)
    counter.hear("q1")
    assert await counter.told(NOON + HOUR) == []
    counter.answer(counter.hear("q2", NOON + HOUR), NOON + 70 * MINUTE)
    assert await counter.told(NOON + 2 * HOUR) == [(NOON + 2 * HOUR, 1.0)]


async def test_nothing_is_asked_for_at_night_and_after_a_restart_nothing_is_lost(counter):
    evening = NOON + 8 * HOUR + 30 * MINUTE  # half past eight
    counter.hear("q", evening)
    assert await counter.keeper.step(evening + 20 * MINUTE) == NOON + 20 * HOUR
    counter.keeper = counter.again()
    assert await counter.keeper.step(NOON + 20 * HOUR) == NOON + 20 * HOUR + 30 * MINUTE
    assert await counter.told(NOON + 20 * HOUR + 30 * MINUTE) == [(NOON + 20 * HOUR + 30 * MINUTE, 1.0)]


async def test_two_processes_tell_it_once(counter):
    counter.hear("q")
    other = counter.again()
    await other.step(NOON + HOUR)
    assert await counter.told(NOON + HOUR) == [(NOON + HOUR, 1.0)]


async def test_without_a_brand_there_is_nothing_to_do(database):
    keeper = Timekeeper(make.store(database), {}, Detector(Options()), tiers={}, lateness=HOUR, staffed=True, generation=1)
    assert await keeper.step(NOON) is None


async def test_an_answer_of_a_member_that_the_asker_took_stops_the_clock(counter):
    question = counter.hear("q")
    member = counter.hear("member", NOON + 5 * MINUTE, triage=None, answers=question)
    await counter.keeper.step(NOON + 10 * MINUTE)
    taken = replace(member, accepted_at=NOON + 3 * HOUR, seen_at=NOON + 3 * HOUR)
    assert counter.database.write_now(mentions.add, [taken]).new == ()
    assert await counter.told(NOON + HOUR) == [(NOON + HOUR, 1.0)]
    counter.hear("next", NOON + 3 * HOUR)
    assert await counter.told(NOON + 4 * HOUR) == [(NOON + HOUR, 1.0), (NOON + 4 * HOUR, 1.0)]
