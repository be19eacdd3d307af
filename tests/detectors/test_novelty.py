import doctest

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import novelty
from detectors.buckets import HOUR_S, QUARTER_S
from detectors.novelty import LEAST_BAR, Novelty, bar, learn

CALM = [1.0] * 12


def after(hours, *, usual=CALM, state=None):
    """What is known after so many hours, each a list of twelve counts."""
    state = Novelty() if state is None else state
    for number, brought in enumerate(hours):
        state = learn(state, brought, usual, day=1 + number // 24)
    return state


def test_the_example_of_the_docstring_holds():
    assert doctest.testmod(novelty).failed == 0


def test_a_topic_that_bursts_often_needs_a_larger_burst_to_be_news():
    bursts = [*[1.0] * 6, *[40.0] * 3, *[1.0] * 3]
    calm, restless = after([CALM] * 24 * 15), after(([CALM] * 47 + [bursts]) * 8)
    same = {"scale_s": QUARTER_S, "brought": 120.0, "expected": 3.0}
    assert calm.excess(**same) > 2 * restless.excess(**same)
    assert calm.usual_top < restless.usual_top


def test_the_bar_never_falls_below_what_plain_unevenness_reaches():
    assert bar(after([CALM] * 24 * 30).usual_top, 1.0) == LEAST_BAR
    assert bar(0.0, 0.1) == LEAST_BAR


def test_more_newness_asks_for_more():
    assert bar(40.0, 1.85) == pytest.approx(1.85 * bar(40.0, 1.0))


def test_a_burst_is_forgotten_after_a_fortnight():
    once = after([CALM] * 24 * 3 + [[60.0] * 12] + [CALM] * 23)
    assert after([CALM] * 24, state=once).usual_top > novelty.GUESS
    month = once
    for day in range(10, 40):
        month = after([CALM] * 0, state=month)
        for _ in range(24):
            month = learn(month, CALM, CALM, day=day)
    assert max(month.tops) < 1.0


def test_an_hour_that_nobody_heard_teaches_nothing_of_the_spread():
    heard = after([CALM] * 24 * 5)
    deaf = learn(heard, [0.0] * 12, [0.0] * 12, day=6, known=0.0)
    assert (deaf.squares, deaf.hours) == (heard.squares, heard.hours)


@settings(max_examples=20, deadline=None)  # the machine may be busy
@given(st.lists(st.lists(st.integers(0, 500), min_size=12, max_size=12), min_size=1, max_size=40))
def test_a_saved_state_goes_on_as_if_it_had_never_been_saved(hours):
    straight = saved = Novelty()
    for number, brought in enumerate(hours):
        straight = learn(straight, [float(count) for count in brought], CALM, day=1 + number // 24)
        saved = learn(saved, [float(count) for count in brought], CALM, day=1 + number // 24)
        saved = msgspec.json.decode(msgspec.json.encode(saved), type=Novelty)
    assert straight == saved


def test_the_spread_is_at_least_two_mentions():
    assert all(after([CALM] * 500).spread(scale_s, 0.0) >= 2.0 for scale_s in novelty.SCALES)


def test_long_windows_learn_how_uneven_they_are():
    rng = np.random.default_rng(1)
    state = Novelty()
    for hour in range(24 * 20):
        state = learn(state, CALM, CALM, day=1 + hour // 24, excesses=tuple(rng.normal(0.0, (20.0, 60.0))))
    assert state.dispersion(6 * HOUR_S, 100.0) == pytest.approx((400 - 100) / 100**2, rel=0.35)
    assert state.dispersion(24 * HOUR_S, 400.0) == pytest.approx((3600 - 400) / 400**2, rel=0.35)
    assert state.dispersion(HOUR_S, 0.0) == 0.0
