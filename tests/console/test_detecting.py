"""Which detectors a configuration builds, and when they tell a burst once more."""

from console.config import parse
from console.detecting import able, detectors_of
from tests import make


def of(topics):
    return detectors_of(parse(make.config(topics=[{"id": f"t{number}", "query": f"t{number}"} for number in range(topics)])))


def test_in_a_fleet_with_a_budget_a_burst_is_told_once_more_when_it_is_sure():
    small, fleet = of(3), of(400)
    assert small["negative_surge"].sure == ()
    floor, far = fleet["negative_surge"].sure
    assert 0.0 < floor < far < 1.0
    assert not hasattr(fleet["single_risk"], "sure"), "what one mention raises is never held"


def test_mentions_are_judged_by_detectors_of_mentions_and_those_of_people_by_one_that_counts_too():
    built = detectors_of(
        parse(make.config(detectors={"signals": [{"kind": kind} for kind in ("volume_spike", "single_risk", "ambassador_in_trouble")]}))
    )
    assert list(able(built, "judge")) == ["single_risk"]
    assert list(able(built, "judge", people=True)) == ["ambassador_in_trouble"]
    assert list(able(built, "step")) == ["volume_spike"]
