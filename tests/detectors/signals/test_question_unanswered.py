"""What waits too long for an answer of ours: what counts, when it is due, and that it is told together."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from detectors.response import Asked
from detectors.signals import question_unanswered
from detectors.signals.question_unanswered import Detector, Options

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NINE = datetime(2026, 11, 21, 2, tzinfo=UTC)  # in the morning, in Hanoi
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def asked(number=1, *, minutes=0, **more):
    more = {"topic_id": "acme", "triage": "question", "source_id": "group", "tier": "owned", "author": f"a{number}", **more}
    return Asked(mention_id=number, at=NINE + minutes * MINUTE, **more)


def overdue(*waiting, after=HOUR, told_at=None, **options):
    return Detector(Options(**options)).overdue(waiting, NINE + after, HANOI, told_at)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(question_unanswered).failed == 0


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        (asked(), 60),
        (asked(triage="lead"), 60),
        (asked(triage="complaint"), 30),
        (asked(triage="bug"), 30),
        (asked(triage="crisis"), 30),
        (asked(tier="forum"), 60),
        (asked(tier="social", addressed=True), 60),
        (asked(role="vip"), 60),
    ],
)
def test_what_is_asked_of_us_is_due(said, minutes):
    detector = Detector(Options())
    assert detector.due(said, HANOI) == NINE + minutes * MINUTE
    assert overdue(said, after=minutes * MINUTE) is not None
    assert overdue(said, after=minutes * MINUTE - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "said",
    [
        asked(triage="praise"),
        asked(triage="spam"),
        asked(tier="social"),
        asked(tier="press"),
        asked(tier=None),
        asked(role="staff"),
        asked(role="troll"),
        asked(answered_at=NINE + 10 * MINUTE),
    ],
)
def test_what_is_no_question_of_ours_or_is_answered_raises_nothing(said):
    assert overdue(said, after=5 * HOUR) is None


def test_all_that_wait_are_one_finding_oldest_first():
    finding = overdue(asked(3, minutes=20, triage="complaint"), asked(1), asked(2, minutes=50))
    assert (finding.observed, finding.evidence) == (2.0, (1, 3))
    assert [(one["mention_id"], one["waits_s"]) for one in finding.frozen["waiting"]] == [(1, 3600.0), (3, 2400.0)]
    assert (finding.words.args["complaints"], finding.words.args["longest"]) == (1, 3600.0)
    assert finding.bucket_start == NINE + HOUR


def test_what_was_told_is_not_told_again_until_another_is_due():
    first, second = asked(1), asked(2, minutes=30)
    assert overdue(first, second, after=80 * MINUTE, told_at=NINE + HOUR) is None
    assert overdue(first, second, after=90 * MINUTE, told_at=NINE + HOUR).observed == 2.0


def test_what_became_due_days_ago_is_old_news():
    assert overdue(asked(), after=timedelta(days=2)) is None


def test_nobody_is_told_at_night():
    evening = asked(minutes=11 * 60 + 10)  # ten past eight in the evening
    assert overdue(evening, after=timedelta(hours=15)) is None
    assert overdue(evening, after=timedelta(hours=23, minutes=10)) is not None


def test_many_and_people_close_to_the_brand_are_told_as_such():
    few, many = overdue(asked(1)), overdue(*[asked(number) for number in range(1, 6)])
    assert (few.frozen["is_many"], many.frozen["is_many"]) == (False, True)
    vip = overdue(asked(1), asked(2, role="ambassador"))
    assert (vip.words.key, vip.frozen["close"]) == ("signal.question_unanswered.close", 1)


def test_the_presets_differ_in_patience():
    due = {preset: Detector(Options(sensitivity=preset)).due(asked(), HANOI) - NINE for preset in ("quiet", "balanced", "sensitive")}
    assert due == {"quiet": 4 * HOUR, "balanced": HOUR, "sensitive": 30 * MINUTE}


@pytest.mark.parametrize(
    "wrong", [{"hours": "21:00-08:00"}, {"hours": "8-21"}, {"hours": "08:00-25:00"}, {"days": []}, {"days": ["monday"]}, {"after": "5"}]
)
def test_hours_that_cannot_be_meant_are_refused(wrong):
    with pytest.raises(ValidationError):
        Options(**wrong)


def test_a_finding_is_judged_again_from_its_frozen_input():
    for finding in (overdue(asked()), overdue(asked(1), asked(2, triage="complaint"), after=3 * HOUR)):
        assert Detector(Options()).rejudge(finding.frozen) == finding.score
        assert 0.5 <= finding.score < 1.0
