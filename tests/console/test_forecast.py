"""What a backtest says about the weeks to come: numbers with their ranges, and "too thin" where there is too little."""

import doctest
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from console import forecast
from console.forecast import by_detector, lead_times, share, week

SINCE = datetime(2026, 9, 7, tzinfo=UTC)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def page(at, person="lan", incident=1):
    return {"at": at.isoformat(), "person": person, "incident_id": incident, "channel": "phone"}


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(forecast).failed == 0


def test_nights_are_counted_once_however_often_somebody_was_woken():
    one_night = [SINCE + timedelta(days=1, hours=hour) for hour in (15, 18, 22)]  # 22:00, 01:00 and 05:00 in Hà Nội
    told = forecast.forecast([page(at) for at in one_night], HANOI, SINCE, SINCE + timedelta(weeks=4))
    assert (told["night"], told["nights"], told["weekend"]) == (3, 1, 0)
    assert told["pages_per_person_week"] == {"lan": 0.75}
    assert not told["guess"]


@pytest.mark.parametrize(("days", "thin", "guess"), [(3, True, True), (10, False, True), (30, False, False)])
def test_a_thin_history_is_said_to_be_thin(days, thin, guess):
    told = forecast.forecast([], HANOI, SINCE, SINCE + timedelta(days=days))
    assert (told["too_thin"], told["guess"]) == (thin, guess)


def test_a_week_is_the_surer_the_more_weeks_were_seen():
    few, many = week(2, 1.0), week(104, 52.0)
    assert few["mean"] == many["mean"] == 2.0
    assert few["high"] - few["low"] > many["high"] - many["low"]
    assert week(0, 52.0) == {"mean": 0.0, "low": 0, "high": 0}


def test_a_share_of_nothing_is_unknown():
    assert share(0, 0) is None
    assert share(3, 3) == {"hits": 3, "of": 3, "value": 1.0, "low": 0.438, "high": 1.0}


def test_the_lead_is_to_the_first_press_item_within_two_days():
    incidents = [{"id": number, "topic_id": "acme", "opened_at": (SINCE + timedelta(days=number)).isoformat()} for number in (1, 5)]
    press = {"acme": [SINCE, SINCE + timedelta(days=1, hours=3), SINCE + timedelta(days=9)]}
    told = lead_times(incidents, press)
    assert (told["median_min"], told["of"]) == (180, 1)
    assert lead_times(incidents, {})["median_min"] is None


def test_each_detector_is_told_with_what_it_opened():
    incidents = [{"id": 1, "kind": "single_risk", "signals": [{"kind": "single_risk"}, {"kind": "volume_spike"}]}]
    told = {one["kind"]: one for one in by_detector(incidents, [page(SINCE)], {1: True})}
    assert (told["single_risk"]["opened"], told["single_risk"]["pages"], told["single_risk"]["precision"]["hits"]) == (1, 1, 1)
    assert (told["volume_spike"]["signals"], told["volume_spike"]["opened"], told["volume_spike"]["precision"]) == (1, 0, None)
