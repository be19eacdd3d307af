"""When an incident may be over, and what is proposed then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.closing import criteria, proposal
from alerting.events import Acknowledged, CloseProposed, StageTurned
from alerting.stage import Course, Effect
from core.records import Words
from tests.make import NOON

COOL = Course(hourly=(40, 2, 1), known=True)
BETTER = Effect(at=NOON, before=40, negative_before=30, after=40, negative_after=10)
WORSE = Effect(at=NOON, before=40, negative_before=10, after=40, negative_after=30)


@pytest.fixture
def over(stage):
    stage.do(stage.signal("major"))
    stage.do(Acknowledged(by="lan", via="link"))
    stage.do(StageTurned(stage="cooling", because=Words(key="stage_because.fell", args={"rate": 1, "peak": 40, "hours": 2})))
    stage.now += timedelta(hours=9)
    return stage


def found(stage, course=COOL, **changes):
    values = {"open_blocking": 0, "flagged": 0, "statement": None, **changes}
    return criteria(stage.live(), course, **values, now=stage.now)


def test_when_all_that_is_known_says_so_its_owner_is_asked_once(over, who) -> None:
    event = proposal(over.live(), found(over))
    assert event is not None
    decision = over.do(event)
    assert who(decision) == [("update", "lan", "email")]
    told = decision.notifications[0].words
    assert (told.key, told.args["quiet"], told.args["rate"], told.args["peak"]) == ("alert.close_proposed", 9 * 3600, 1, 40)
    assert (over.live().status, over.live().close_proposed_at) == ("acknowledged", over.now)  # nothing closes by itself
    assert proposal(over.live(), found(over)) is None
    assert over.do(event).timeline == ()


def test_the_effect_of_a_statement_that_nobody_knows_is_told_as_unknown(over) -> None:
    event = proposal(over.live(), found(over))
    assert event is not None
    assert [one["key"] for one in event.told["unknown"]] == ["close_when.statement"]
    event = proposal(over.live(), found(over, statement=BETTER))
    assert event is not None
    assert event.told["unknown"] == [{"key": "close_when.nothing"}]


@pytest.mark.parametrize("against", [{"open_blocking": 1}, {"flagged": 2}, {"statement": WORSE}])
def test_what_speaks_against_it_keeps_it_open(over, against) -> None:
    assert proposal(over.live(), found(over, **against)) is None


def test_before_it_was_quiet_for_long_enough_nobody_is_asked(over) -> None:
    over.now -= timedelta(hours=2)
    assert proposal(over.live(), found(over)) is None


def test_an_hour_that_nobody_heard_is_no_quiet_hour(over) -> None:
    deaf = Course(hourly=(40, 2, 1), known=False)
    assert proposal(over.live(), found(over, deaf)) is None


def test_of_what_is_not_counted_the_rate_is_told_as_unknown(over) -> None:
    event = proposal(over.live(), found(over, None))
    assert event is not None
    assert "close_when.cooling" in [one["key"] for one in event.told["unknown"]]


def test_a_new_signal_takes_the_proposal_back(over) -> None:
    event = proposal(over.live(), found(over))
    assert event is not None
    over.do(event)
    over.do(over.signal("major"), minutes=5)
    assert over.live().close_proposed_at is None


def test_what_was_only_watched_closes_by_itself_and_nobody_hears_of_it(stage) -> None:
    stage.do(stage.signal("watch"))
    decision = stage.do(CloseProposed(told={"quiet": 9_000.0, "rate": 0, "peak": 4, "unknown": []}))
    assert (stage.live().status, stage.live().close_reason, decision.notifications) == ("resolved", "quiet", ())
