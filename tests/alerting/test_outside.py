"""How bad alarms and counts from outside are, and when an alarm's end closes an incident."""

from datetime import timedelta

import pytest

from alerting.outside import assess_outside, left_of
from core.outside import ALARM, ALARM_OVER, COUNT
from tests import make


@pytest.mark.parametrize(
    ("observed", "expected", "limit", "severity"),
    [(48.0, 6.0, None, "major"), (20.0, 6.0, None, "minor"), (14.0, 6.0, None, "watch"), (900.0, 6.0, None, "major"), (9.0, 1.0, None, "minor"),
     (41.0, None, 40.0, "minor"), (130.0, None, 40.0, "major"), (39.0, None, 40.0, "watch"), (48.0, 46.0, 40.0, "minor")],
)  # fmt: skip
def test_a_count_is_as_bad_as_it_is_far_from_usual_or_beyond_the_limit(observed, expected, limit, severity):
    signal = make.signal(kind=COUNT, observed=observed, expected=expected, frozen={"at_least": limit}, risk=None)
    found, factors = assess_outside(signal)
    assert found == severity
    assert all(factor.speaks_for for factor in factors), "of what a count says nothing it is silent"


def test_an_alarm_is_as_bad_as_its_monitor_says_and_mentions_are_not_judged_here():
    assert assess_outside(make.signal(kind=ALARM, frozen={"severity": "critical"}))[0] == "critical"
    assert assess_outside(make.signal(kind=ALARM, frozen={}))[0] == "minor"
    assert assess_outside(make.signal()) is None


def test_what_still_fires_is_counted_by_subject_and_start():
    def alarm(name, kind=ALARM, minutes=0):
        return make.signal(kind=kind, subject=f"source:am/{name}", at=make.NOON + timedelta(minutes=minutes))

    over = alarm("a", ALARM_OVER)
    assert left_of([alarm("a"), alarm("b")], over) == (1, True)
    assert left_of([alarm("a"), alarm("a", minutes=5)], over) == (1, True)
    assert left_of([alarm("a"), make.signal()], over) == (0, False)
