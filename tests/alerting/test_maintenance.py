"""A maintenance window comes again in wall time, also on the days on which the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from alerting.maintenance import as_silence, stretch
from alerting.muting_settings import MaintenanceSettings

SATURDAY = datetime(2026, 11, 21, 5, tzinfo=UTC)  # noon in Hà Nội


def window(when="Sun 02:00-04:00", zone="Asia/Ho_Chi_Minh", **changes):
    return MaintenanceSettings.model_validate({"id": "move", "match": {"source": "forum"}, "when": when, "timezone": zone, **changes})


def utc(month, day, hour, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "now", "start", "end"),
    [
        ("Sun 02:00-04:00", SATURDAY, utc(11, 21, 19), utc(11, 21, 21)),
        ("Sun 02:00-04:00", utc(11, 21, 20), utc(11, 21, 19), utc(11, 21, 21)),
        ("Sun 02:00-04:00", utc(11, 21, 21), utc(11, 28, 19), utc(11, 28, 21)),
        ("22:00-01:00", utc(11, 21, 17, 30), utc(11, 21, 15), utc(11, 21, 18)),
        ("Mon-Fri 12:00-13:00", SATURDAY, utc(11, 23, 5), utc(11, 23, 6)),
    ],
)
def test_the_stretch_that_holds_now_else_the_next(when, now, start, end):
    assert stretch(window(when), now) == (start, end)


def test_two_in_the_night_stays_two_when_the_clocks_change():
    """Berlin, 25 October 2026: three becomes two once more; 28 March 2027: two becomes three."""
    berlin = window("Sun 02:30-04:00", "Europe/Berlin")
    start, end = stretch(berlin, utc(10, 24, 12))
    assert (start, end - start) == (utc(10, 25, 0, 30), timedelta(hours=2, minutes=30)), "the hour that comes twice is in it twice"
    start, end = stretch(berlin, datetime(2027, 3, 27, 12, tzinfo=UTC))
    assert (start, end) == (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 3, 28, 2, tzinfo=UTC)), "half past two is the jump"


def test_a_stretch_is_a_silence_that_says_which_window_it_is():
    made = as_silence(
        window(match={"source": ["a", "b"], "topic": "acme"}, comment="the forum moves"), SATURDAY, SATURDAY + timedelta(hours=1)
    )
    assert (made.kind, made.by, made.comment, made.data) == ("maintenance", "config", "the forum moves", {"window": "move"})
    assert made.matches == {"topic": "acme", "source": ("a", "b")}


@pytest.mark.parametrize("wrong", [{"match": {}}, {"when": "Sunday night"}, {"when": "Mon-Sun 00:00-24:00"}, {"when": []}])
def test_a_window_that_mutes_everything_or_never_ends_is_refused(wrong):
    with pytest.raises(ValidationError):
        window(**wrong)
