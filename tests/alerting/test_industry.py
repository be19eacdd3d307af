"""When the whole industry rises, a brand's counts say less; what is about us alone says as much as ever."""

from __future__ import annotations

from typing import Any

import pytest

from alerting.industry import Rise, Storm, explains, is_of_counts, lowered, may_be_lowered, storm_of
from core.records import Factor
from tests import make


def rise(mentions: int = 60, usual: float | None = 10.0, *, negative: int = 20, kind: Any = "competitor", **more: Any) -> Rise:
    return Rise(name="Rival", kind=kind, mentions=mentions, negative=negative, usual=usual, **more)


STORM = Storm(names=("ISP", "Rival"), times=6.0, share=0.4)


def test_the_industry_itself_or_two_rivals_make_a_storm() -> None:
    calm = rise(11)
    assert storm_of([rise(kind="industry"), calm]) is not None
    assert storm_of([rise(), rise(90)]) is not None
    assert storm_of([rise(), calm]) is None, "one rival that rises is the rival's own story"
    assert storm_of([]) is None
    assert storm_of([rise(9, 1.0, negative=0, kind="industry")]) is None, "a handful in all is no storm"


def test_among_many_competitors_two_are_no_industry() -> None:
    calm = [rise(11)] * 5
    assert storm_of([rise(), rise(), *calm]) is None
    assert storm_of([rise(), rise(), rise(), *calm]) is not None
    assert storm_of([rise(kind="industry"), rise(11, kind="industry"), rise(11, kind="industry")]) is None


def test_a_peer_rises_by_a_lower_bar_where_its_own_detector_says_so() -> None:
    assert not rise(25).is_rising
    assert rise(25, signalled=True).is_rising


@pytest.mark.parametrize("peer", [rise(4, 1.0), rise(60, None)], ids=["a handful of mentions", "its usual is not known"])
def test_what_is_little_or_unknown_is_no_rise(peer: Rise) -> None:
    assert not peer.is_rising


def test_a_storm_is_told_with_its_names_and_the_middle_of_its_rises() -> None:
    storm = storm_of([rise(40), rise(60), rise(500), rise(5)])
    assert storm is not None
    assert (storm.names, storm.times) == (("Rival",) * 3, 6.0)


@pytest.mark.parametrize(
    ("ours", "kind", "explained"),
    [
        (rise(60), "volume_spike", True),
        (rise(110), "volume_spike", True),
        (rise(130), "volume_spike", False),  # clearly beyond the industry
        (rise(60, None), "volume_spike", False),  # unknown explains nothing
        (rise(60, negative=40), "volume_spike", False),  # of us they speak far worse
        (rise(60, negative=27), "volume_spike", True),
        (rise(60, negative=27), "negative_surge", False),  # the mood about us is worse than about the others
        (rise(60, negative=24), "negative_surge", True),
    ],
)
def test_a_storm_explains_a_rise_like_its_own(ours: Rise, kind: str, explained: bool) -> None:
    assert explains(STORM, ours, kind) is explained


def test_only_what_is_made_of_counts_can_be_explained() -> None:
    assert is_of_counts(make.signal(kind="volume_spike", risk=None))
    assert is_of_counts(make.signal(kind="negative_surge", risk=None))
    for kind in ("single_risk", "same_question", "ambassador_in_trouble", "outside_count", "outside_alert"):
        assert not is_of_counts(make.signal(kind=kind, risk=None)), kind
    assert not is_of_counts(make.signal(kind="volume_spike", risk="injury"))


@pytest.mark.parametrize(
    "factor",
    [
        Factor(name="harm", value="injury", speaks_for="critical"),
        Factor(name="risk", value="threat", speaks_for="major"),
        Factor(name="tier", value="regulator", speaks_for="critical"),
    ],
    ids=lambda factor: factor.value,
)
def test_harm_to_people_and_an_authority_are_never_damped(factor: Factor) -> None:
    assert not may_be_lowered("critical", (factor,))


def test_it_is_one_level_lower_and_says_why() -> None:
    severity, factors = lowered("major", (Factor(name="volume", value=6.0, speaks_for="minor"),), STORM, to_watch=False)
    assert severity == "minor"
    assert (factors[0].name, factors[0].value, factors[0].speaks_for) == ("industry", 6.0, "minor")
    assert lowered("critical", (), STORM, to_watch=True)[0] == "watch"
    assert not may_be_lowered("watch", ())
