"""What kind of day it is: payday, the days around Tết, what the operator expects."""

import doctest
import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectors import seasons
from detectors.baseline import Baseline, absorb
from detectors.buckets import Buckets
from detectors.seasons import Calendar, Event, tet, tet_part
from detectors.shapes import factor
from detectors.signals import negative_surge, volume_spike

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2026, 8, 31, 17, tzinfo=UTC)  # midnight of 1 September in Hanoi
DAY = 1440

# As the calendars of Vietnam have them; 2007 and 2030 are a day before China's.
DAYS_OF_TET = """
2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-17 2008-02-07 2009-01-26 2010-02-14 2011-02-03
2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22
2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-02 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08
2053-02-18 2100-02-09
"""


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(seasons).failed == 0


@pytest.mark.parametrize("told", DAYS_OF_TET.split())
def test_tet_falls_where_the_calendars_of_vietnam_have_it(told):
    assert tet(int(told[:4])).isoformat() == told


def test_tet_is_a_new_moon_of_late_winter_in_every_year():
    days = [tet(year) for year in range(2000, 2101)]
    assert all(date(day.year, 1, 20) < day < date(day.year, 2, 21) for day in days)
    assert {(later - day).days for day, later in itertools.pairwise(days)} <= {353, 354, 355, 383, 384, 385}


@pytest.mark.parametrize(
    ("day", "part"),
    [
        ("2026-02-09", None),  # 22nd of the 12th month
        ("2026-02-10", "before"),
        ("2026-02-15", "before"),
        ("2026-02-16", "eve"),
        ("2026-02-17", "days"),
        ("2026-02-19", "days"),
        ("2026-02-20", "after"),
        ("2026-02-26", "after"),
        ("2026-02-27", None),
        ("2025-01-22", "before"),  # that year the 12th month has 29 days
        ("2025-01-21", None),
        ("2026-12-31", None),
    ],
)
def test_the_season_begins_with_the_kitchen_gods_and_ends_on_the_tenth(day, part):
    assert tet_part(date.fromisoformat(day)) == part


def test_the_last_day_of_a_month_is_payday_whatever_its_number():
    keys = [Calendar().on(date(2026, month, day))[0].key for month, day in ((2, 28), (4, 30), (5, 30), (5, 31))]
    assert keys == ["day:last", "day:last", "day:30", "day:last"]


def test_a_day_can_be_several_things_and_names_those_that_have_a_name():
    calendar = Calendar(
        events=(Event("Lì xì", date(2026, 2, 15), date(2026, 2, 17)), Event("Nghỉ", date(2026, 2, 17), date(2026, 2, 17), "less")), tet=True
    )
    assert [occasion.key for occasion in calendar.on(date(2026, 2, 17))] == ["day:17", "tet:days", "event:Lì xì", "event:Nghỉ"]
    assert calendar.names(date(2026, 2, 14), date(2026, 2, 17)) == ["Tết", "Lì xì", "Nghỉ"]
    assert calendar.names(date(2026, 3, 1), date(2026, 3, 2)) == []
    assert [calendar.expects_less(date(2026, 2, day)) for day in (16, 17)] == [False, True]


# What the baseline makes of it


def days(an_hour, count, *, calendar=seasons.PLAIN, times=None, seed=1, start=START):
    """Noise of some days in Hanoi; `times`: by day from the first."""
    level = np.array([(times or {}).get(day, 1.0) for day in range(count)]) * an_hour / 60.0
    return Buckets.of(start, np.random.default_rng(seed).poisson(np.repeat(level, DAY)), zone=HANOI, calendar=calendar)


def expected(baseline, day, *, calendar=seasons.PLAIN):
    """Mentions an hour expected at noon of a day, counted from the first."""
    rows = Buckets.of(START + timedelta(days=day, hours=12), np.zeros(60, dtype=int), zone=HANOI, calendar=calendar)
    return float(baseline.expected(rows, np.array([True])).sum())


def learnt(rows):
    return absorb(Baseline(), rows, rows.mentions)


def test_payday_is_learnt_within_months_and_not_from_one_day():
    fives = {4: 3.0, 34: 3.0, 65: 3.0, 95: 3.0, 126: 3.0}  # the 5th of September to January
    once, often = learnt(days(30, 20, times={4: 3.0})), learnt(days(30, 150, times=fives))
    of = Calendar().on(date(2027, 2, 5))
    assert 1.0 < factor(once.special, of, an_hour=once.an_hour) < 1.5
    assert 1.6 < factor(often.special, of, an_hour=often.an_hour) < 3.0
    assert factor(often.special, Calendar().on(date(2027, 2, 12)), an_hour=often.an_hour) == pytest.approx(1.0, abs=0.2)


def test_a_slow_topic_learns_no_payday_from_chance():
    slow = learnt(days(0.25, 120))
    factors = [factor(slow.special, Calendar().on(date(2027, 1, day)), an_hour=slow.an_hour) for day in range(1, 32)]
    assert 0.7 < min(factors) <= max(factors) < 1.4


CAMPAIGN = Calendar(events=(Event("11/11", date(2026, 9, 29), date(2026, 10, 1)),))  # days 28 to 30


def test_an_expected_rise_is_expected_before_it_comes():
    known = learnt(days(30, 28, calendar=CAMPAIGN))
    assert expected(known, 28) == pytest.approx(30, rel=0.15)
    assert expected(known, 28, calendar=CAMPAIGN) == pytest.approx(60, rel=0.15)


def test_a_campaign_becomes_no_habit_and_its_own_level_is_learnt_while_it_runs():
    times = {28: 5.0, 29: 5.0, 30: 5.0}
    during, after = (learnt(days(30, count, calendar=CAMPAIGN, times=times)) for count in (30, 31))
    assert expected(during, 30, calendar=CAMPAIGN) > 110
    assert expected(after, 31, calendar=CAMPAIGN) < 45
    unsaid = learnt(days(30, 31, times=times))
    assert expected(unsaid, 31) > 1.5 * expected(after, 31, calendar=CAMPAIGN)


def test_a_rise_that_did_not_come_leaves_nothing_behind():
    assert expected(learnt(days(30, 31, calendar=CAMPAIGN)), 31, calendar=CAMPAIGN) > 0.8 * expected(learnt(days(30, 31)), 31)


def test_days_that_expect_less_do_not_make_an_ordinary_day_an_alarm():
    holiday = Calendar(events=(Event("Nghỉ", date(2026, 9, 29), date(2026, 10, 1), "less"),))
    known = learnt(days(30, 31, calendar=holiday, times={28: 0.2, 29: 0.2, 30: 0.2}))
    assert expected(learnt(days(30, 28, calendar=holiday)), 28, calendar=holiday) == pytest.approx(30, rel=0.15)
    assert expected(known, 31, calendar=holiday) > 22


def test_what_was_learnt_of_an_event_goes_when_the_operator_takes_it_out():
    known = learnt(days(30, 31, calendar=CAMPAIGN))
    assert "event:11/11" in known.special
    later = days(30, 1, start=START + timedelta(days=31))
    assert "event:11/11" not in absorb(known, later, later.mentions).special


# What the signals make of it


def ring(module, times, *, calendar, negative=0.0):
    """What a signal finds at the end of the first hour of day 28, which brings so many times the usual of a topic of 30 an hour; a tenth of its past was negative."""
    start = START + timedelta(days=14)
    past = days(30, 14, seed=3).mentions[:, 0]
    hour = np.random.default_rng(4).poisson(30 * times / 60.0, 60)
    mentions = np.concatenate((past, hour))
    tone = np.concatenate(((mentions[:-60] * (np.arange(len(mentions) - 60) % 10 == 0)), np.round(hour * negative).astype(int)))
    rows = Buckets.of(start, mentions, zone=HANOI, calendar=calendar, negative=tone, confident_negative=tone, topic_id="acme")
    detector = module.Detector(module.Options())
    state, _ = detector.step(detector.start(), rows.rows(0, len(rows) - 60, settled=len(rows) - 180))
    first = (state.settled_to - start) // timedelta(minutes=1)
    return detector.step(state, rows.rows(first, len(rows), settled=len(rows) - 120))[1]


def test_a_rise_that_was_expected_does_not_ring_and_one_far_beyond_does():
    assert ring(volume_spike, 2.8, calendar=seasons.PLAIN) is not None
    assert ring(volume_spike, 2.8, calendar=CAMPAIGN) is None
    beyond = ring(volume_spike, 12.0, calendar=CAMPAIGN)
    assert beyond.expected > 1.5 * ring(volume_spike, 12.0, calendar=seasons.PLAIN).expected


def test_a_campaign_never_hides_that_the_mood_has_turned():
    assert ring(negative_surge, 2.0, calendar=CAMPAIGN, negative=0.1) is None
    told = ring(negative_surge, 2.0, calendar=CAMPAIGN, negative=0.7)
    assert told.score == pytest.approx(ring(negative_surge, 2.0, calendar=seasons.PLAIN, negative=0.7).score, rel=0.15)
