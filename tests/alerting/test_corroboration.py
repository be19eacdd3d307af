"""Independent signs confirm each other; three that read the same counts are one."""

from __future__ import annotations

import pytest

from alerting.blindness import BLIND
from alerting.corroboration import corroborated, family_of


def test_detectors_that_read_the_same_counts_are_one_sign() -> None:
    assert corroborated(["volume_spike", "slow_burn", "growth", "meltwater_rule"], {"forum"}).signs == 1


def test_detectors_that_look_at_different_things_are_signs_of_their_own() -> None:
    found = corroborated(["volume_spike", "negative_surge", "single_risk", "outside_count", "outside_alert"], {"forum", "press"})
    assert (found.signs, found.places) == (5, 2)


def test_a_kind_of_the_operators_own_is_a_family_of_its_own() -> None:
    assert family_of("house.smell") == "house.smell"
    assert corroborated(["house.smell", "volume_spike"], set()).signs == 2


def test_a_source_that_cannot_be_heard_is_no_sign_of_a_crisis() -> None:
    assert corroborated(["volume_spike", BLIND], {"forum"}).signs == 1


@pytest.mark.parametrize(
    ("kinds", "tiers", "level"),
    [
        (["volume_spike"], {"forum", "press", "social"}, None),  # one sign in many places is one sign
        (["volume_spike", "negative_surge"], {"forum"}, "minor"),
        (["volume_spike", "negative_surge"], set(), "minor"),  # where it stands is not known: that raises nothing
        (["volume_spike", "negative_surge"], {"forum", "press"}, "major"),
        (["volume_spike", "negative_surge", "outside_count"], {"forum"}, "major"),
    ],
)
def test_two_signs_are_heard_and_three_or_two_kinds_of_place_make_it_sure(kinds, tiers, level) -> None:
    factor = corroborated(kinds, tiers).factor
    assert (factor.speaks_for if factor else None) == level


def test_where_the_places_are_not_known_they_are_unknown_and_not_none() -> None:
    factor = corroborated(["volume_spike", "single_risk"], set()).factor
    assert factor is not None
    assert (factor.value, factor.beside) == (2.0, None)
