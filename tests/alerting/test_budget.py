"""How many alarms may be chance over a whole fleet, and what has to wait."""

from __future__ import annotations

import math
import random
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.budget import Budget, Wealth, budget_of, level, log10_chance, may_be_held, rule, sure_scores
from tests import make

NOON = make.NOON
FLEET = Budget(alarms=10.0, looks=5000 * 168.0, topics=5000)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def test_few_topics_have_no_budget_unless_one_is_given() -> None:
    assert budget_of(None, 49, ["volume_spike"]) is None
    assert budget_of(None, 50, ["volume_spike"]) is not None
    assert budget_of(3.0, 5, ["volume_spike"]) == Budget(alarms=3.0, looks=840.0, topics=5)
    assert budget_of("unlimited", 5000, ["volume_spike"]) is None


def test_only_kinds_that_chance_can_raise_are_looks() -> None:
    fleet = budget_of(
        None, 100, ["volume_spike", "slow_burn", "negative_surge", "single_risk", "source_blind", "outside_count", "new_story"]
    )
    assert fleet is not None
    assert fleet.looks == 100 * 2 * 168


@pytest.mark.parametrize(
    "kind", ["single_risk", "guideline_breach", "outside_alert", "outside_count", "ambassador_in_trouble", "house.own", "same_question"]
)
def test_what_is_heard_in_words_or_comes_from_people_is_never_held(kind: str) -> None:
    assert not may_be_held(make.signal(kind=kind, risk=None))


def test_a_risk_is_never_held_whatever_raised_it() -> None:
    assert may_be_held(make.signal(kind="volume_spike", risk=None))
    assert not may_be_held(make.signal(kind="volume_spike", risk="injury"))


def test_the_chance_is_what_was_frozen_or_what_the_score_says() -> None:
    def chance(**changes: object) -> float:
        return log10_chance(make.signal(kind="volume_spike", risk=None, **changes))

    assert chance(frozen={"log10_chance": -7.5}) == -7.5
    assert chance(frozen={"log10_chance": None, "options": {"chance": 1e-5}}, score=0.5) == -5.0
    assert chance(frozen={"options": {"chance": 1e-5}}, score=0.75) == pytest.approx(-15.0)
    assert chance(frozen={}, score=0.5) == pytest.approx(math.log10(3e-5))
    assert chance(frozen={}, score=1.0) == -math.inf


def test_an_onset_at_its_detectors_threshold_waits_in_a_large_fleet_and_pages_in_a_small_one() -> None:
    assert rule(FLEET, Wealth(), -4.6, NOON)[1].because == "chance"
    small = Budget(alarms=10.0, looks=50 * 168.0, topics=50)
    assert rule(small, Wealth(), -4.6, NOON)[1].because == "within"


def test_it_says_how_many_of_its_like_chance_brings_a_week() -> None:
    assert rule(FLEET, Wealth(), -5.0, NOON)[1].a_week == pytest.approx(8.4)


def test_what_is_far_beyond_pages_at_any_time_and_costs_nothing() -> None:
    spent = Wealth(at=NOON, spent=((int(NOON.timestamp()) // 3600, 10),))
    wealth, ruling = rule(FLEET, spent, -40.0, NOON)
    assert (ruling.because, wealth.used) == ("far", 10)
    assert rule(FLEET, Wealth(), -math.inf, NOON)[1].because == "far"


def test_ten_a_week_and_the_eleventh_waits_until_the_first_is_a_week_old() -> None:
    wealth, pages = Wealth(), []
    for number in range(14):
        wealth, ruling = rule(FLEET, wealth, -7.0, NOON + number * timedelta(hours=2))
        pages.append(ruling.because)
    assert pages == ["within"] * 10 + ["spent"] * 4
    assert rule(FLEET, wealth, -7.0, NOON + WEEK - timedelta(hours=1))[1].because == "spent"
    assert rule(FLEET, wealth, -7.0, NOON + WEEK + timedelta(hours=2))[1].because == "within"


def test_real_ones_raise_the_level_and_that_fades_and_the_level_never_dies() -> None:
    floor, wealth = level(FLEET, Wealth()), Wealth()
    for number in range(40):
        wealth, _ = rule(FLEET, wealth, -30.0, NOON + number * timedelta(hours=1))
    raised = level(FLEET, wealth)
    assert floor < raised <= math.log10(0.5 * 10 / FLEET.looks)
    later, _ = rule(FLEET, wealth, -1.0, NOON + 10 * WEEK)
    assert floor <= level(FLEET, later) < floor + 0.02
    years, _ = rule(FLEET, wealth, -1.0, NOON + 500 * WEEK)
    assert level(FLEET, years) == pytest.approx(floor)


def test_it_remembers_as_json_and_no_more_than_a_week() -> None:
    wealth = Wealth()
    for hour in range(500):
        wealth, _ = rule(Budget(alarms=10_000.0, looks=1e9, topics=9), wealth, -7.0, NOON + timedelta(hours=hour))
    assert len(wealth.spent) <= 170
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(wealth)), Wealth) == wealth


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_however_wrong_the_chances_are_no_seven_days_cost_more_than_the_budget(seed: int) -> None:
    draw, wealth, paid = random.Random(seed), Wealth(), []
    now = NOON
    for _ in range(300):
        now += timedelta(minutes=draw.expovariate(1 / 120))
        wealth, ruling = rule(FLEET, wealth, -draw.uniform(4.5, 11.0), now)
        if ruling.because == "within":
            paid.append(now)
    assert all(sum(at <= other < at + WEEK for other in paid) <= 10 for at in paid)


def test_a_detector_tells_once_more_where_the_budget_would_let_it_page_and_where_it_costs_nothing() -> None:
    floor, far = sure_scores(FLEET, 3e-5)
    for score, because in ((0.5, "chance"), (floor + 1e-9, "within"), (far + 1e-9, "far")):
        found = make.signal(kind="volume_spike", risk=None, score=score, frozen={"options": {"chance": 3e-5}})
        assert rule(FLEET, Wealth(), log10_chance(found), NOON)[1].because == because
    few = budget_of(10.0, 5, ["volume_spike"])
    assert few is not None
    assert sure_scores(few, 3e-5)[0] < 0.5, "in a small fleet the threshold itself is enough"
