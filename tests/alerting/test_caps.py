"""How many messages are bearable: five in a quarter of an hour, eleven in an hour."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerting.caps import CAPS, is_full
from tests.make import NOON


def minutes_ago(*ago):
    return [NOON - timedelta(minutes=each) for each in ago]


def test_the_sixth_within_a_quarter_of_an_hour_is_too_many():
    assert not is_full(minutes_ago(1, 2, 3, 4), NOON)
    assert is_full(minutes_ago(1, 2, 3, 4, 14), NOON)
    assert not is_full(minutes_ago(1, 2, 3, 4, 15), NOON)


def test_the_twelfth_within_an_hour_is_too_many():
    spread = minutes_ago(*range(5, 60, 5))
    assert len(spread) == 11
    assert is_full(spread, NOON)
    assert not is_full(spread[:-1], NOON)


@given(st.lists(st.integers(0, 7_200), max_size=60))
def test_whoever_keeps_to_it_never_gets_more_than_the_caps_in_any_window(seconds):
    sent = []
    for at in sorted(NOON + timedelta(seconds=each) for each in seconds):
        if not is_full(sent, at):
            sent.append(at)
    for span, most in CAPS:
        assert all(sum(at <= other < at + span for other in sent) <= most for at in sent)
