"""A person of ours is what people are angry about: counts, risks, and that fame is no trouble."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.records import Risk
from detectors.base import Heard, load_state, save_state
from detectors.buckets import Buckets
from detectors.signals import ambassador_in_trouble
from detectors.signals.ambassador_in_trouble import Detector, Options
from detectors.walk import findings

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = 7 * 24 * 60


def told(an_hour, *, negative, minutes=40, **options):
    """What is found in a week of one mention an hour, then some minutes of one each, so much of it negative."""
    quiet = [1 if minute % (60 // an_hour) == 7 else 0 for minute in range(WEEK)]
    tone = [0] * WEEK + [1 if negative and (minute + 1) % round(1 / negative) == 0 else 0 for minute in range(minutes)]
    series = Buckets.of(MONDAY, quiet + [1] * minutes, negative=tone, confident_negative=tone, topic_id="person:ngoc")
    return findings(Detector(Options(**options)), series)


def heard(level, minutes=0.0, **more):
    more = {"topic_id": "person:ngoc", "topic_kind": "person", "source_id": "press", **more}
    at = MONDAY + timedelta(days=7, minutes=minutes)
    return Heard(at=at, risk=Risk(family="legal", level=level, term="bị bắt"), **more)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(ambassador_in_trouble).failed == 0


def test_anger_about_a_person_is_trouble():
    found = told(1, negative=1.0)
    assert {finding.kind for finding in found} == {"ambassador_in_trouble"}
    assert 1 <= len(found) <= 3
    assert found[0].words.args["person"] == "person:ngoc"


@pytest.mark.parametrize("sensitivity", ["quiet", "balanced", "sensitive"])
def test_fame_is_no_trouble(sensitivity):
    assert told(1, negative=0.0, sensitivity=sensitivity) == []


def test_a_crowd_that_is_partly_angry_is_trouble_sooner_where_it_is_asked_for():
    assert told(1, negative=0.2) != []
    assert told(1, negative=0.2, sensitivity="quiet") == []


def test_where_nobody_listened_nothing_is_trouble():
    quiet = np.zeros(WEEK, dtype=int)
    unknown = Buckets.of(MONDAY, quiet + 5, negative=quiet + 5, unknown=quiet + 1, topic_id="person:ngoc")
    detector = Detector(Options())
    assert detector.step(detector.start(), unknown)[1] is None


def test_one_grave_risk_said_of_them_is_enough_and_milder_ones_count_in_a_group():
    detector = Detector(Options())
    alone = detector.judge(heard(1), [])
    assert (alone.kind, alone.words.key, alone.risk) == ("ambassador_in_trouble", "signal.ambassador_in_trouble.single_risk", "legal")
    assert alone.frozen["level"] == 1
    group = [heard(2, -minutes, author=f"a{minutes}", mention_id=minutes) for minutes in (1, 20, 40)]
    assert detector.judge(group[0], group[2:]) is None
    assert detector.judge(group[0], group[1:]) is not None
    assert detector.judge(heard(1, weak=True), []) is None, "a name that many bear is not enough by itself"
    assert detector.judge(heard(3), []) is None


def test_a_finding_is_judged_again_from_its_frozen_input():
    detector = Detector(Options())
    for finding in (*told(1, negative=1.0), detector.judge(heard(1), [])):
        assert detector.rejudge(finding.frozen) == finding.score


def test_the_state_is_small_and_comes_back_the_same():
    detector = Detector(Options())
    quiet = [1 if minute % 60 == 7 else 0 for minute in range(WEEK)]
    state, _ = detector.step(detector.start(), Buckets.of(MONDAY, quiet, settled=WEEK - 120, topic_id="person:ngoc"))
    assert state.settled_to is not None
    assert load_state(detector, save_state(state)) == state
    assert len(save_state(state)) < 10_000
