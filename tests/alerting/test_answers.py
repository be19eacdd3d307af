"""What waits for an answer is a chore: an incident of its own, mild, that no crisis joins."""

from __future__ import annotations

import pytest

from alerting.answers import assess_answers
from alerting.grouping import incident_key, joins
from tests import make
from tests.alerting.test_grouping import SPIKE, opened, risk


def unanswered(waiting=1, *, is_many=False, close=0):
    frozen = {"is_many": is_many, "close": close}
    return make.signal(kind="question_unanswered", risk=None, observed=float(waiting), frozen=frozen)


@pytest.mark.parametrize(
    ("signal", "severity", "loudest"),
    [
        (unanswered(), "watch", "waiting"),
        (unanswered(5, is_many=True), "minor", "waiting"),
        (unanswered(2, close=1), "minor", "close_waits"),
    ],
)
def test_many_that_wait_or_one_who_stands_for_us_are_minor(signal, severity, loudest):
    assessed, factors = assess_answers(signal)
    assert (assessed, factors[0].name) == (severity, loudest)


def test_other_signals_are_rated_elsewhere():
    assert assess_answers(make.signal()) is None


def test_no_crisis_joins_the_chore_and_the_chore_joins_no_crisis():
    chore, crisis = opened(unanswered(), id=1, severity="watch"), opened(SPIKE, id=2)
    assert incident_key(unanswered()) == "topic:acme|answers|-"
    assert joins(unanswered(3), [chore, crisis]).id == 1
    assert joins(unanswered(3), [crisis]) is None
    for signal in (SPIKE, risk("recall"), risk("boycott")):
        assert joins(signal, [chore]) is None
        assert joins(signal, [chore, crisis]).id == 2
