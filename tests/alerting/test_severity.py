"""A severity follows from what is known, and only from that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.severity import HARM, Facts, assess, flagged_factor, is_floor
from core.records import Severity, severity_rank


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(), "watch"),
        (Facts(volume_ratio=2), "watch"),
        (Facts(volume_ratio=4, negative_share=0.4), "minor"),
        (Facts(volume_ratio=9, negative_share=0.6), "major"),
        (Facts(volume_ratio=25, negative_share=0.85), "critical"),
        (Facts(volume_ratio=25), "major"),  # one loud factor alone speaks one level lower
        (Facts(volume_ratio=25, mentions=6), "watch"),  # 6 mentions are 25 times next to nothing
        (Facts(volume_ratio=25, negative_share=0.05), "minor"),  # a crowd that is not angry
        (Facts(volume_ratio=25, negative_share=0.05, risk_family="quality", risk_level=3), "minor"),
        (Facts(volume_ratio=25, negative_share=0.05, risk_family="injury", risk_level=1), "critical"),
        (Facts(volume_ratio=4, negative_share=0.4, reach=200_000, tier="press"), "major"),
        (Facts(tier="forum", risk_family="fraud", risk_level=1), "minor"),
        (Facts(tier="press", risk_family="fraud", risk_level=1), "major"),
        (Facts(tier="owned", risk_family="price", risk_level=3), "watch"),
        (Facts(authors=120, negative_share=0.6), "major"),
    ],
)
def test_two_factors_decide_and_one_alone_is_heard(facts: Facts, expected: Severity) -> None:
    assert assess(facts)[0] == expected


@pytest.mark.parametrize(
    "facts",
    [
        Facts(risk_family="food-safety", risk_level=1),
        Facts(risk_family="injury", risk_level=2, negative_share=0.0, volume_ratio=0.5),
        Facts(risk_family="self-harm", risk_level=2, negative_share=0.0),
        Facts(risk_family="threat", risk_level=1),
        Facts(tier="regulator", negative_share=0.0),
        Facts(risk_family="legal", risk_level=1, negative_share=0.0),
    ],
)
def test_harm_and_authorities_are_at_least_major(facts: Facts) -> None:
    assert severity_rank(assess(facts)[0]) >= severity_rank("major")


def test_harm_in_a_passing_complaint_is_no_floor() -> None:
    assert assess(Facts(risk_family="food-safety", risk_level=3))[0] == "watch"


def test_what_is_unknown_is_shown_as_unknown_and_stands_last() -> None:
    severity, factors = assess(Facts(volume_ratio=9, negative_share=0.6))
    assert severity == "major"
    assert [(factor.name, factor.value, factor.speaks_for) for factor in factors if factor.name == "reach"] == [("reach", None, None)]
    assert [factor.speaks_for is None for factor in factors] == sorted(factor.speaks_for is None for factor in factors)


FACTS = st.builds(
    Facts,
    volume_ratio=st.none() | st.floats(0, 100),
    mentions=st.none() | st.floats(0, 1000),
    negative_share=st.none() | st.floats(0, 1),
    authors=st.none() | st.integers(0, 1000),
    reach=st.none() | st.integers(0, 10**7),
    tier=st.none() | st.sampled_from(["owned", "forum", "social", "page", "press", "regulator"]),
    risk_family=st.none() | st.sampled_from([*HARM, "price", "legal"]),
    risk_level=st.none() | st.sampled_from([1, 2, 3]),
)


@given(FACTS)
def test_a_severity_is_at_most_what_its_loudest_factor_says_or_a_floor(facts: Facts) -> None:
    severity, factors = assess(facts)
    loudest = max((severity_rank(factor.speaks_for) for factor in factors if factor.speaks_for), default=0)
    assert severity_rank(severity) <= max(loudest, severity_rank("major"))
    assert all(factor.speaks_for is None for factor in factors if factor.value is None)


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        (Facts(speaker="ambassador"), "major"),
        (Facts(speaker="vip", reach=100), "major"),
        (Facts(speaker="partner"), "minor"),
        (Facts(speaker="ambassador", carried=True), "minor"),
        (Facts(speaker="ambassador", carried=True, reach=2_000_000, risk_family="fraud", risk_level=1), "major"),
        (Facts(speaker="ambassador", risk_family="food-safety", risk_level=1, reach=2_000_000), "critical"),
    ],
)
def test_who_speaks_against_us_decides_how_bad_it_is_at_least(facts, severity):
    assert assess(facts)[0] == severity


def test_a_child_in_danger_is_at_least_major_whatever_else_is_said() -> None:
    told = {"volume_ratio": 1.0, "negative_share": 0.0, "tier": "forum", "risk_level": 2}
    assert assess(Facts(**told, risk_family="staff-conduct"))[0] == "watch"
    severity, factors = assess(Facts(**told, risk_family="staff-conduct", young=True))
    assert severity == "major"
    assert next(one for one in factors if one.name == "child").speaks_for == "major"


def test_a_child_that_is_only_named_beside_a_price_raises_nothing() -> None:
    assert assess(Facts(risk_family="price", risk_level=3, young=True))[0] == "watch"


@pytest.mark.parametrize(
    ("drew", "views", "expected"), [(60, None, "major"), (None, 4_000, "major"), (3, None, "watch"), (None, None, "watch")]
)
def test_a_flag_whose_post_reaches_people_is_at_least_major_and_one_that_nobody_counted_is_unknown(
    drew: int | None, views: int | None, expected: Severity
) -> None:
    severity, factors = assess(Facts(flagged=True, flag_drew=drew, flag_views=views))
    assert severity == expected
    flag = next(one for one in factors if one.name == "flagged")
    assert (flag.value is None) == (drew is None and views is None)


def test_no_storm_of_the_industry_calms_a_floor() -> None:
    assert is_floor(flagged_factor(500, None))
    assert not is_floor(flagged_factor(None, None))
    assert any(map(is_floor, assess(Facts(risk_family="fraud", risk_level=1, young=True))[1]))
