"""How right a detector was is told with how sure that is, and never on too few."""

from datetime import timedelta

import pytest

from detectors.precision import FLOOR, Share, recalls, rot_of, standings, suggestions
from store.labels import Judged
from tests.make import NOON

WEEK = timedelta(weeks=1)


def judged(incident, real, *, kind="volume_spike", topic="acme", score=0.6, weeks_ago=0.5, chance=None, expected=4.0):
    frozen = {} if chance is None else {"options": {"chance": chance}}
    at = NOON - weeks_ago * WEEK
    return Judged(incident_id=incident, kind=kind, topic_id=topic, at=at, expected=expected, score=score, real=real, frozen=frozen)


def verdicts(*parts):
    """(how many, how many of them real, weeks ago) -> verdicts."""
    return [(NOON - weeks * WEEK, turn < real) for many, real, weeks in parts for turn in range(many)]


def test_an_incident_counts_once_for_each_kind_however_many_signals_it_has():
    said = [judged(1, True), judged(1, True, score=0.8), judged(1, True, kind="single_risk"), judged(2, False)]
    raised = {("volume_spike", "acme"): 9, ("single_risk", "acme"): 1, ("source_blind", None): 3, ("source_heard", None): 3}
    found = {(one.kind, one.topic_id): one for one in standings(raised, said, NOON)}
    assert set(found) == {("volume_spike", "acme"), ("single_risk", "acme"), ("source_blind", None)}
    spike = found["volume_spike", "acme"]
    assert (spike.signals, spike.precision.hits, spike.precision.of) == (9, 1, 2)
    assert spike.precision.interval == pytest.approx((0.095, 0.905), abs=0.001)
    assert found["source_blind", None].precision.share is None


def test_what_people_recorded_as_missed_counts_against_recall_and_is_no_detector_s():
    said = [judged(1, True), judged(1, True, kind="single_risk"), judged(2, False), judged(3, True, kind="missed")]
    assert recalls(said) == {"acme": Share(hits=1, of=2)}
    found = standings({("volume_spike", "acme"): 2, ("missed", "acme"): 1}, said, NOON)
    assert [(one.kind, one.missed) for one in found] == [("single_risk", 1), ("volume_spike", 1)]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (verdicts((20, 18, 10), (10, 2, 1)), "fell"),
        (verdicts((20, 2, 10), (10, 1, 1)), "floor"),
        (verdicts((5, 0, 1)), "floor"),
        (verdicts((20, 18, 10), (10, 8, 1)), None),
        (verdicts((20, 18, 10), (3, 0, 1)), None),  # too few of late
        (verdicts((10, 4, 1)), None),  # it may well be half right
        ([], None),
    ],
)
def test_a_detector_rots_where_it_is_surely_less_right_than_before_or_than_the_floor(said, why):
    rot = rot_of(said, NOON, weeks=4, floor=FLOOR)
    assert (None if rot is None else rot.why) == why


def test_a_suggested_threshold_keeps_every_real_one_and_says_on_how_many_labels_it_rests():
    real = [judged(n, True, score=0.7 + n / 100) for n in range(6)]
    false = [judged(10 + n, False, score=score) for n, score in enumerate((0.51, 0.52, 0.55, 0.6, 0.72))]
    (found,) = suggestions([*real, *false])
    assert (found.rests_on_enough, found.kept, found.dropped) == (True, 6, 4)
    assert 0.6 < found.score < 0.7
    assert found.chance is None


def test_where_the_kind_has_a_chance_the_option_itself_is_suggested():
    real = [judged(n, True, score=0.75, chance=1e-5) for n in range(6)]  # three times the threshold: one in 1e15
    false = [judged(10 + n, False, score=0.5, chance=1e-5) for n in range(6)]
    young = [judged(20 + n, False, score=0.99, chance=1e-5, expected=None) for n in range(6)]
    (found,) = suggestions([*real, *false, *young])
    assert (found.real, found.false, found.kept, found.dropped, found.score) == (6, 6, 6, 6, None)
    assert 1e-7 <= found.chance < 1e-5


def test_one_real_one_in_twenty_may_be_given_up_where_that_drops_more():
    real = [judged(0, True, score=0.5), *(judged(n, True, score=0.9) for n in range(1, 20))]
    false = [judged(100 + n, False, score=0.6) for n in range(8)]
    strict, loose = suggestions([*real, *false])
    assert (strict.dropped, loose.kept, loose.dropped) == (0, 19, 8)


def test_on_too_few_labels_nothing_is_suggested():
    (found,) = suggestions([judged(1, True), judged(2, False)])
    assert (found.rests_on_enough, found.score, found.chance, found.dropped) == (False, None, None, 0)
