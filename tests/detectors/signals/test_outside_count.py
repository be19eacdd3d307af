from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectors.base import Measure
from detectors.measured import step_of, usual_at
from detectors.signals.outside_count import Detector, Options

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
QUARTER = timedelta(minutes=15)


def shaped(days=21, seed=1, *, open_at=range(8, 20)):
    """A hotline that is open by day: about twelve calls in a quarter at noon, none at night."""
    rng = np.random.default_rng(seed)
    points = []
    for turn in range(96 * days):
        at = MONDAY + turn * QUARTER
        local = at.astimezone(HANOI).hour
        points.append((at, float(rng.poisson(12.0 if local in open_at else 0.3))))
    return points


def weighed(points, at, value, options=None, **changes):
    before = [point for point in points if point[0] < at]
    measure = Measure(source_id="hotline", name="Hotline", points=(*before, (at, value)), step_s=900, zone=HANOI, **changes)
    return Detector(options or Options()).weigh(measure)


def at_local(day, hour):
    return datetime(2026, 11, day, hour, tzinfo=HANOI).astimezone(UTC)


def test_forty_calls_are_a_surprise_at_night_and_thirteen_at_noon_are_none():
    points = shaped()
    assert weighed(points, at_local(20, 12), 13.0) is None
    assert weighed(points, at_local(20, 12), 48.0) is not None
    night = weighed(points, at_local(20, 3), 12.0)
    assert night is not None
    assert night.expected < 2.0


def test_a_finding_says_what_was_seen_and_what_is_usual():
    finding = weighed(shaped(), at_local(20, 12), 48.0, unit="cuộc gọi")
    assert finding.words.key == "signal.outside_count"
    assert finding.words.args["what"] == "cuộc gọi"
    assert finding.expected == pytest.approx(12.0, abs=2.0)
    assert finding.low < finding.expected < finding.high < 48
    assert finding.score > 0.5


def test_an_ordinary_month_raises_nothing():
    points = shaped(days=35, seed=3)
    found = [turn for turn in range(96 * 8, len(points), 19) if weighed(points[:turn], points[turn][0], points[turn][1])]
    assert found == []


def test_what_has_lasted_for_hours_is_no_news():
    points = [(at, value if at < at_local(20, 8) else value + 40) for at, value in shaped()]
    assert weighed(points, at_local(20, 9), 52.0) is not None
    assert weighed(points, at_local(20, 14), 52.0) is None


def test_one_crisis_does_not_become_usual():
    calm = shaped()
    struck = [(at, 300.0 if at_local(13, 11) <= at < at_local(13, 14) else value) for at, value in calm]
    before, after = (usual_at(points, at_local(20, 12), HANOI).expected for points in (calm, struck))
    assert after < 2 * before
    assert weighed(struck, at_local(20, 12), 60.0) is not None


def test_a_young_measure_is_judged_by_the_operators_number_alone_and_says_so():
    young = shaped(days=3)
    at = MONDAY + timedelta(days=3)
    assert weighed(young, at, 500.0) is None
    finding = weighed(young, at, 50.0, Options(at_least={"Hotline": 40}))
    assert (finding.words.key, finding.words.args["limit"], finding.expected) == ("signal.outside_count.thin", 40.0, None)
    assert weighed(young, at, 39.0, Options(at_least={"Hotline": 40})) is None
    assert weighed(young, at, 50.0, Options(at_least={"hotline/Hotline": 60, "Hotline": 40})) is None


def test_a_gap_is_unknown_and_not_zero():
    points = [point for point in shaped() if point[0].astimezone(HANOI).hour >= 8]
    assert usual_at(points, at_local(20, 12), HANOI).expected > 8


def test_sums_of_money_are_judged_too():
    points = [(at, value * 1e6) for at, value in shaped()]
    assert weighed(points, at_local(20, 12), 13e6) is None
    assert weighed(points, at_local(20, 12), 90e6) is not None


def test_a_measure_that_was_always_zero_rings_when_it_is_not():
    points = [(at, 0.0) for at, _ in shaped()]
    assert weighed(points, at_local(20, 12), 12.0) is not None


def test_the_width_of_an_interval_is_the_middle_gap():
    points = shaped(days=1)
    assert step_of(points) == 900
    assert step_of(points[:40] + points[60:]) == 900
    assert step_of(points[:1]) is None
    assert step_of([(MONDAY, 1.0), (MONDAY + timedelta(seconds=5), 1.0)]) == 60
