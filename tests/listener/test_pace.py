"""When a source gets its next turn: pure rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceUnavailable, SourceUnreadable
from listener.pace import LONGEST_BACKOFF, POLITE, Spent, affordable, backoff, next_interval, refilled

EVERY = timedelta(minutes=5)
HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MIDNIGHT = NOON + 12 * HOUR
intervals = st.timedeltas(min_value=timedelta(seconds=10), max_value=timedelta(days=1))


@pytest.mark.parametrize("failures", range(1, 40))
def test_the_backoff_doubles_with_bounded_jitter_up_to_its_longest(failures):
    doubled = min(EVERY * 2 ** min(failures, 16), LONGEST_BACKOFF)
    assert 0.8 * doubled <= backoff("forum", EVERY, failures, SourceUnreadable("forum", "x")) <= 1.2 * doubled


def test_sources_that_failed_together_do_not_come_back_together():
    waits = {backoff(f"s{number}", EVERY, 3, SourceUnavailable("s", "503")) for number in range(50)}
    assert len(waits) == 50


@pytest.mark.parametrize(("asked", "least"), [(7 * 3600.0, 7 * HOUR), (1.0, 0.8 * 2 * EVERY)])
def test_what_a_place_asked_for_is_obeyed_where_it_is_longer(asked, least):
    error = SourceUnavailable("forum", "429", retry_after_s=asked)
    assert backoff("forum", EVERY, 1, error) >= least


@pytest.mark.parametrize("asked", [1e9, 1e20, float("inf")])
def test_no_place_can_silence_itself_for_ever(asked):
    error = SourceUnavailable("forum", "429", retry_after_s=asked)
    assert backoff("forum", EVERY, 1, error) <= timedelta(days=1)


@given(every=intervals, last=st.none() | intervals, new=st.integers(0, 5000))
def test_the_interval_is_never_longer_than_asked_for_and_never_impolite(every, last, new):
    interval = next_interval(every, last, new)
    assert min(every, POLITE) <= interval + timedelta(microseconds=1) or interval >= min(last or every, every) - timedelta(microseconds=1)
    assert interval <= every


def test_a_hot_place_is_asked_up_to_four_times_as_often_and_no_more_than_once_a_minute():
    interval = None
    for _ in range(10):
        interval = next_interval(timedelta(hours=1), interval, 500)
    assert interval == timedelta(minutes=15)
    assert next_interval(timedelta(seconds=90), None, 500) == POLITE
    assert next_interval(timedelta(seconds=20), None, 500) == timedelta(seconds=20)


def test_a_budget_that_is_spent_waits_for_the_next_day():
    spent = Spent(cost=100, looks=10, per_day=105)
    assert affordable(EVERY, spent, NOON) == MIDNIGHT - NOON


def test_a_budget_that_bears_the_usual_interval_changes_nothing():
    assert affordable(EVERY, Spent(cost=100, looks=100, per_day=10_000), NOON) == EVERY
    assert affordable(EVERY, Spent(cost=0, looks=0, per_day=10), NOON) == EVERY


@given(cost=st.floats(0.5, 1e4), looks=st.integers(1, 1000), per_day=st.floats(1, 1e5))
def test_a_day_never_costs_more_than_its_budget_and_one_look(cost, looks, per_day):
    now, spent = NOON, Spent(cost=min(cost, per_day), looks=looks, per_day=per_day)
    per_look = spent.cost / spent.looks
    for _ in range(400):
        now += affordable(timedelta(minutes=20), spent, now)
        if now >= MIDNIGHT:
            break
        spent = Spent(cost=spent.cost + per_look, looks=spent.looks + 1, per_day=per_day)
    assert spent.cost <= per_day + per_look


@pytest.mark.parametrize(
    ("left", "resets_at", "wait"),
    [(10, NOON + HOUR, EVERY), (5, NOON + HOUR, HOUR), (0, NOON - HOUR, EVERY), (0, None, EVERY), (0, NOON + 99 * HOUR, 24 * HOUR)],
)
def test_a_place_whose_allowance_does_not_hold_another_look_waits_for_its_filling(left, resets_at, wait):
    assert refilled(EVERY, left, 5, resets_at, NOON) == wait
