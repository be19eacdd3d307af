from datetime import timedelta

import pytest

from console.config import parse
from console.hearing import WORST_FIRST, as_json, by_condition, hearing_of
from core.messages import catalogue, translator
from store import blindness, meter, sources
from store.blindness import Blindness
from tests import make

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CONFIG = parse(
    make.config(
        listener={
            "sources": [
                {"id": "forum", "kind": "rss", "url": "https://forum.example/feed", "tier": "forum"},
                {"id": "tube", "kind": "youtube", "api_key": "AIza" + "x" * 35, "channels": ["UC" + "x" * 22], "budget": {"per_day": 100}},
                {"id": "hook", "kind": "webhook", "secrets": ["whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]},
            ]
        }
    )
)


@pytest.fixture
def put(database, now):
    """Put a state of a source; returns it as it is told then."""
    kinds = {source.id: source.kind for source in CONFIG.listener.sources}
    database.write_now(sources.ensure, kinds, now)

    def put(source="forum", *, heard=DAY, **state):
        usual = {"first_poll_at": now - 30 * DAY, "last_success_at": now - MINUTE, "next_poll_at": now + MINUTE, "every_s": 300.0}
        database.write_now(sources.save, source, 0, {**usual, **state})
        database.write_now(sources.heard, source, now - heard, now)
        return told(source)

    def told(source="forum"):
        return next(one for one in database.read_now(hearing_of, CONFIG, now) if one.id == source)

    put.told = told
    return put


@pytest.mark.parametrize(
    ("state", "condition", "why"),
    [
        ({}, "fine", None),
        ({"paused_because": "HTTP 401", "failures": 1}, "refused", "HTTP 401"),
        ({"failures": 2, "last_error": "HTTP 503"}, "failing", "HTTP 503"),
        ({"missed": "capped"}, "capped", None),
        ({"missed": "partial", "last_error": "3 entries could not be read"}, "partial", "3 entries could not be read"),
        ({"quota_left": 0.0}, "fine", None),
    ],
)
def test_a_source_is_told_by_one_word_and_its_own_answer(put, state, condition, why):
    found = put(**state)
    assert (found.condition, found.why) == (condition, why)


def test_one_that_was_not_heard_yet_is_new_and_what_waits_for_its_sender_says_so(put):
    assert put.told().condition == "new"
    assert put.told("hook").condition == "pushed"
    assert put("hook", last_mention_at=make.NOON).condition == "fine"


def test_a_gap_in_the_last_day_is_told_with_its_share(put):
    found = put(heard=6 * HOUR)
    assert (found.condition, round(found.heard_of_day, 2)) == ("partial", 0.25)


def test_blindness_and_silence_are_two_words(put, database, now):
    spell = Blindness(source_id="forum", why="network", since=now - HOUR, found_at=now)
    put(failures=3)
    begun = database.write_now(blindness.begin, spell)
    found = put.told()
    assert found.condition == "blind"
    assert "own network" in found.mend(translator("en")), "the mend of that reason"
    database.write_now(blindness.end, [begun.id], now)
    database.write_now(blindness.begin, Blindness(source_id="forum", why="silent", since=now - HOUR, found_at=now, expected=30.0))
    found = put(failures=0)
    assert found.condition == "silent"
    assert "thường có khoảng 30 lượt nhắc" in found.state(translator("vi"))


def test_what_it_costs_is_told_in_its_platforms_unit_with_the_budget(put, database, now):
    days = [
        meter.Looked(source_id="tube", day=(now - DAY).date(), looks=9, cost=50.0),
        meter.Looked(source_id="tube", day=now.date(), looks=4, failed=1, cost=40.0),
    ]
    database.write_now(meter.add, days)
    found = put("tube", quota_left=9960.0, quota_resets_at=now + HOUR)
    assert found.cost(translator("vi")) == "40/100 đơn vị hôm nay, 90 trong tháng"
    assert found.quota(translator("en")) == "the platform leaves 9,960, filled up at 2026-11-21 06:00 UTC"
    assert (found.today.looks, found.today.failed) == (4, 1)
    assert put("forum").cost(translator("en")) == "", "it costs nothing"


def test_a_budget_that_is_spent_says_so(put, database, now):
    database.write_now(meter.add, [meter.Looked(source_id="tube", day=now.date(), looks=4, cost=100.0)])
    found = put("tube", next_poll_at=now + 19 * HOUR)
    assert found.condition == "spent"
    assert found.state(translator("vi")) == "hết hạn mức, chờ ngày mới"


def test_the_interval_in_force_is_told_where_it_is_not_the_configured_one(put):
    assert put().interval(translator("en")) == "asked every 5 minutes"
    assert put(every_s=60.0).interval(translator("en")) == "asked every 1 minute now (configured: 5 minutes)"


def test_the_worst_come_first_and_what_is_no_longer_configured_last(put, database, now):
    database.write_now(sources.ensure, {"former": "rss", **{source.id: source.kind for source in CONFIG.listener.sources}}, now)
    put("forum", failures=1)
    put("tube")
    found = database.read_now(hearing_of, CONFIG, now)
    assert [(one.id, one.condition) for one in found] == [("forum", "failing"), ("hook", "pushed"), ("tube", "fine"), ("former", "off")]
    counts = by_condition(found)
    assert (counts["failing"], counts["fine"], counts["blind"]) == (1, 1, 0)
    assert list(counts) == list(WORST_FIRST)


def test_programs_get_every_figure(put):
    told = as_json(put(usual_gap_s=600.0, usual_delay_s=30.0, missed="capped"))
    assert (told["state"], told["missed"], told["heard_of_day"]) == ("capped", "capped", 1.0)
    assert {
        "cost_today",
        "cost_month",
        "quota_left",
        "quota_resets_at",
        "every_s",
        "every_now_s",
        "looks_today",
        "failed_today",
        "budget_per_day",
    } <= set(told)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_condition_has_words(language):
    known = catalogue(language)
    assert [name for name in WORST_FIRST if f"source_state.{name}" not in known or f"source_said.{name}" not in known] == []
