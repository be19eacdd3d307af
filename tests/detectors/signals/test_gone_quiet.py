import doctest
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectors.seasons import Calendar, Event
from detectors.signals import gone_quiet
from detectors.signals.gone_quiet import Detector, Options
from tests.detectors.series_of_weeks import DAY, MONDAY, told, weeks

FROM = 21 * DAY
MORNING = FROM + 8 * 60
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def silenced(an_hour, hours, *, seed, left=0):
    """Three weeks, then a morning from which on only one mention in `left` is left (none for 0)."""
    counts = weeks(an_hour, 23, seed=seed)[: MORNING + hours * 60]
    counts[MORNING:] = np.random.default_rng(seed).binomial(counts[MORNING:], 1.0 / left) if left else 0
    return counts


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(gone_quiet).failed == 0


@pytest.mark.parametrize(("an_hour", "uneven", "weekend"), [(0.5, 0.0, 1.0), (5, 0.0, 0.4), (30, 0.05, 1.0), (300, 0.1, 0.5)])
def test_nights_weekends_and_empty_days_of_an_uneven_topic_raise_nothing(an_hour, uneven, weekend):
    assert told(Detector(Options()), weeks(an_hour, 35, seed=1, uneven=uneven, weekend=weekend), after=FROM, every=180) == []


@pytest.mark.parametrize("an_hour", [10, 100])
def test_a_silence_in_the_day_is_told_once_within_seven_hours(an_hour):
    counts = silenced(an_hour, 30, seed=2)
    (finding,) = told(Detector(Options()), counts, after=FROM)
    assert finding.words.key == "signal.gone_quiet"
    assert (finding.window_end - MONDAY).total_seconds() / 60 <= MORNING + 7 * 60
    assert finding.observed <= 0.2 * finding.expected < finding.low


def test_half_of_the_usual_is_no_silence():
    assert told(Detector(Options()), silenced(50, 30, seed=3, left=2), after=FROM) == []


def test_what_was_not_heard_is_no_silence():
    counts = silenced(50, 30, seed=4)
    unknown = np.zeros(len(counts), dtype=bool)
    unknown[MORNING:] = True
    assert told(Detector(Options()), counts, after=FROM, unknown=unknown) == []


def test_where_a_large_source_is_blind_nothing_is_said_of_the_others():
    counts = np.stack((silenced(30, 30, seed=5), silenced(30, 30, seed=6)), axis=1)
    unknown = np.zeros(counts.shape, dtype=bool)
    unknown[MORNING:, 1] = True
    assert told(Detector(Options()), counts, after=FROM, sources=("forum", "group"), unknown=unknown) == []
    assert len(told(Detector(Options()), counts, after=FROM, sources=("forum", "group"))) == 1


def test_the_newest_minutes_are_not_judged():
    counts = silenced(50, 6, seed=7)
    patient = Detector(Options(delay_min=240))
    assert told(patient, counts, after=FROM) == []
    assert len(told(Detector(Options()), silenced(50, 8, seed=7), after=FROM)) == 1


def test_on_days_of_which_less_is_expected_nothing_is_said():
    counts = silenced(50, 30, seed=8)
    day = date(2026, 11, 23)
    assert told(Detector(Options()), counts, after=FROM, calendar=Calendar(events=(Event("kiểm kê", day, day, "less"),))) == []
    assert len(told(Detector(Options()), counts, after=FROM, calendar=Calendar(events=(Event("11/11", day, day),)))) == 1


def test_the_silence_of_tet_is_no_news():
    from detectors.buckets import Buckets

    start, days = datetime(2026, 1, 19, tzinfo=HANOI), 34  # Tết is on 17 February
    counts = weeks(50, days, seed=9)
    counts[27 * DAY :] = 0
    detector = Detector(Options())
    series = Buckets.of(start, counts, zone=HANOI, calendar=Calendar(tet=True))
    state, _ = detector.step(detector.start(), series.rows(0, 27 * DAY, settled=27 * DAY - 120))
    for upto in range(27 * DAY, len(counts) + 1, 360):
        state, finding = detector.step(state, series.rows(27 * DAY - 240, upto, settled=upto - 120 - 27 * DAY + 240 + 27 * DAY - 240))
        assert finding is None


def test_a_finding_explains_itself():
    finding = told(Detector(Options()), silenced(30, 30, seed=10), after=FROM)[0]
    assert finding.observed == finding.frozen["window"]["observed"]
    assert Detector(Options()).rejudge(finding.frozen) == finding.score >= 0.5
