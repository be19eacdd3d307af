import doctest
from datetime import UTC, datetime, timedelta

import pytest

from core.records import Risk
from detectors.base import Heard
from detectors.signals import single_risk
from detectors.signals.single_risk import Detector, Options

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


def heard(minutes=0.0, *, level=1, family="food-safety", **more):
    more = {"topic_id": "acme", "topic_kind": "brand", "source_id": "forum", **more}
    return Heard(at=NOON + timedelta(minutes=minutes), risk=Risk(family=family, level=level, term="ngộ độc"), **more)


def judge(now, *recent, **options):
    return Detector(Options(**options)).judge(now, recent)


def three(**more):
    return [heard(-minutes, level=2, author=f"a{minutes}", mention_id=minutes, **more) for minutes in (1, 20, 40)]


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(single_risk).failed == 0


def test_one_grave_mention_that_names_the_brand_is_enough():
    finding = judge(heard(mention_id=7))
    assert (finding.kind, finding.risk, finding.evidence) == ("single_risk", "food-safety", (7,))
    assert finding.bucket_start == NOON.replace(second=0)
    assert finding.window_start <= NOON < finding.window_end
    assert finding.words.key == "signal.single_risk"
    assert finding.words.args == {"topic": "acme", "risk": "food-safety", "term": "ngộ độc", "authors": 1, "observed": 1, "scale": 60}


def test_a_weak_match_is_not_enough_by_itself_but_counts_in_a_group():
    assert judge(heard(weak=True)) is None
    assert judge(heard(weak=True, author="x"), *three()[:2]) is not None


@pytest.mark.parametrize("kind", ["competitor", "industry"])
def test_the_risk_of_another_house_is_not_ours(kind):
    assert judge(heard(topic_kind=kind)) is None


def test_a_person_of_ours_counts_as_the_brand():
    assert judge(heard(topic_kind="person")) is not None


def test_a_repost_of_something_grave_is_told_for_its_original_may_stand_where_we_hear_nothing():
    assert judge(heard(kind="repost")) is not None


def test_a_repost_adds_nobody_to_a_group():
    assert judge(heard(kind="repost", level=2)) is None
    first, second, third = three()
    assert judge(first, second, heard(-3, level=2, author="c", kind="repost")) is None
    assert judge(first, second, third) is not None


def test_three_people_within_the_hour_are_a_group():
    first, second, third = three()
    finding = judge(first, second, third)
    assert finding.words.key == "signal.single_risk.group"
    assert finding.words.args["authors"] == 3
    assert finding.evidence == (1, 20, 40)
    assert finding.window_start <= third.at
    assert judge(first, second) is None


def test_the_same_person_three_times_is_one():
    assert judge(*[heard(-m, level=2, author="a", mention_id=m) for m in (1, 2, 3)]) is None


def test_sources_without_authors_count_once_each():
    quiet = [heard(-m, level=2, mention_id=m) for m in (1, 2, 3)]
    assert judge(*quiet) is None
    assert judge(*[heard(-m, level=2, mention_id=m, source_id=f"s{m}") for m in (1, 2, 3)]) is not None


@pytest.mark.parametrize(
    "other",
    [
        heard(-61, level=2, author="z", mention_id=9),
        heard(-5, level=2, author="z", mention_id=9, family="outage"),
        heard(-5, level=2, author="z", mention_id=9, topic_id="rival"),
        heard(-5, level=3, author="z", mention_id=9),
        heard(-1, level=2, author="z", mention_id=1),
    ],
)
def test_what_is_old_or_about_something_else_does_not_count(other):
    first, second, _ = three()
    assert judge(first, second, other) is None


def test_complaints_tell_nothing_however_many():
    assert judge(*[heard(-m, level=3, author=f"a{m}", mention_id=m) for m in range(30)]) is None


def test_the_presets_differ_in_how_many_must_speak():
    first, second, third = three()
    assert judge(first, second, third, sensitivity="quiet") is None
    assert judge(first, second, sensitivity="sensitive") is not None


def test_a_finding_is_judged_again_from_its_frozen_input():
    first, second, third = three()
    for finding in (judge(heard()), judge(first, second, third)):
        assert Detector(Options()).rejudge(finding.frozen) == finding.score
        assert 0.5 <= finding.score <= 1.0
