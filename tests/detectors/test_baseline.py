import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from detectors.baseline import Baseline, Learning, absorb, learn, whole_hours
from detectors.buckets import Buckets
from detectors.hours import Hours, join
from detectors.seasons import Calendar, Event

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = 1440
ALL = np.array([True])


def learnt(mentions, *, start=MONDAY, baseline=None, **more):
    rows = Buckets.of(start, mentions, **more)
    return absorb(baseline or Baseline(), rows, rows.mentions)


def an_hour(baseline, start, **more):
    """Expected mentions in the hour from `start`."""
    rows = Buckets.of(start, np.zeros((60, len(more.get("sources", ("one",)))), dtype=int), **more)
    return float(baseline.expected(rows, np.ones(len(rows.sources), dtype=bool)).sum())


def a_day(baseline, start):
    """Expected mentions an hour, in the mean over the day from `start`."""
    return sum(an_hour(baseline, start + timedelta(hours=i)) for i in range(24)) / 24


def noise(an_hour, days, *, seed=1, unevenness=None, shape=None):
    rng = np.random.default_rng(seed)
    mean = np.full(days * DAY, an_hour / 60.0)
    if shape is not None:
        mean = mean * np.tile(np.repeat(shape, 60), days)
    if unevenness:
        mean = mean * rng.gamma(1 / unevenness, unevenness, days * 24).repeat(60)
    return rng.poisson(mean)


def test_a_steady_topic_is_learnt_within_days():
    assert a_day(learnt(noise(6, 4)), MONDAY + timedelta(days=4)) == pytest.approx(6.0, rel=0.1)


def test_it_is_warm_after_three_days_of_known_time():
    assert not learnt(noise(6, 3)[:-60]).warm
    assert learnt(noise(6, 3)).warm


def test_unknown_time_does_not_warm():
    unknown = np.ones(5 * DAY, dtype=bool)
    unknown[:DAY] = False
    assert not learnt(noise(6, 5), unknown=unknown).warm


def test_the_hours_of_the_day_are_learnt():
    shape = np.array([0.2] * 12 + [1.8] * 12)
    baseline = learnt(noise(10, 7, shape=shape))
    later = MONDAY + timedelta(days=7)
    assert 1.5 < an_hour(baseline, later + timedelta(hours=3)) < 4.0
    assert an_hour(baseline, later + timedelta(hours=15)) == pytest.approx(18.0, rel=0.15)


def test_the_weekend_is_learnt_within_weeks():
    days = [noise(20 if day % 7 < 5 else 4, 1, seed=day) for day in range(28)]
    baseline = learnt(np.concatenate(days))
    later = MONDAY + timedelta(days=28)
    assert an_hour(baseline, later + timedelta(hours=10)) > 13
    assert an_hour(baseline, later + timedelta(days=5, hours=10)) < 10


def test_minutes_in_which_we_did_not_listen_are_no_zeros():
    unknown = np.zeros(6 * DAY, dtype=bool)
    unknown[2 * DAY : 4 * DAY] = True
    counts = noise(12, 6)
    counts[unknown] = 0
    assert a_day(learnt(counts, unknown=unknown), MONDAY + timedelta(days=6)) == pytest.approx(12.0, rel=0.1)


def test_a_blind_source_is_left_out_of_what_is_expected():
    two = np.stack((noise(6, 4), noise(30, 4, seed=2)), axis=1)
    baseline = learnt(two, sources=("a", "b"))
    blind = np.zeros((60, 2), dtype=bool)
    blind[:, 1] = True
    later = MONDAY + timedelta(days=4)
    assert an_hour(baseline, later, sources=("a", "b")) == pytest.approx(36.0, rel=0.15)
    assert an_hour(baseline, later, sources=("a", "b"), unknown=blind) == pytest.approx(6.0, rel=0.2)


def test_a_new_source_does_not_bend_what_is_known_of_the_old():
    before = learnt(noise(3, 10))
    two = np.stack((noise(3, 1, seed=5), noise(200, 1, seed=6)), axis=1)
    after = learnt(two, start=MONDAY + timedelta(days=10), baseline=before, sources=("one", "two"))
    assert after.rates["one"].an_hour == pytest.approx(before.rates["one"].an_hour, rel=0.1)
    assert after.rates["two"].an_hour == pytest.approx(200, rel=0.3)
    assert after.known_hours(("one", "two")).tolist() == [264.0, 24.0]


def test_one_crisis_does_not_become_usual():
    counts = noise(2, 21)
    counts[15 * DAY : 15 * DAY + 600] += 10  # ten hours of 600 an hour
    later = MONDAY + timedelta(days=21)
    assert an_hour(learnt(counts), later) < 2.0 * an_hour(learnt(noise(2, 21)), later)


def test_a_level_that_doubles_for_good_is_usual_after_some_days():
    before, doubled = noise(20, 21), noise(40, 8, seed=2)
    usual = [a_day(learnt(np.concatenate((before, doubled[: days * DAY]))), MONDAY + timedelta(days=21 + days)) for days in (1, 4, 7)]
    assert usual[0] < 30 < usual[1] < usual[2]
    assert usual[2] == pytest.approx(40, rel=0.15)


def test_a_level_that_rises_tenfold_is_usual_within_two_weeks():
    assert a_day(learnt(np.concatenate((noise(2, 14), noise(20, 14, seed=2)))), MONDAY + timedelta(days=28)) > 15


def test_a_level_is_told_apart_from_the_hours_that_it_was_learnt_in():
    """On Monday morning the level is not that of the weekend, once the weekend is known."""
    days = [noise(20 if day % 7 < 5 else 4, 1, seed=day) for day in range(42)]
    assert an_hour(learnt(np.concatenate(days)), MONDAY + timedelta(days=42, hours=10)) > 15


def test_unevenness_is_learnt_and_a_calm_topic_is_not_thought_bursty():
    assert learnt(noise(30, 28)).dispersion(3600) < 0.05
    assert learnt(noise(30, 28, unevenness=0.5)).dispersion(3600) == pytest.approx(0.5, rel=0.35)
    assert learnt(noise(0.25, 28)).dispersion(3600) < 0.4


def test_what_is_not_known_yet_widens_the_range():
    assert learnt(noise(30, 1)).dispersion(3600) > learnt(noise(30, 14)).dispersion(3600)
    assert Baseline().dispersion(3600) > 1.0
    old = learnt(noise(30, 14))
    assert old.dispersion(3600, known_h=3.0) > 1.5 + old.dispersion(3600)  # of a source that has just been added


def test_a_busy_topic_is_not_thought_even_after_one_day():
    """One hour of three hundred mentions weighs as much as weeks of one an hour: it must not be believed alone."""
    learnt_h = [learnt(noise(300, 1, seed=seed)[: 6 * 60]).dispersion(3600) for seed in range(5)]
    assert min(learnt_h) > 1.5
    assert learnt(noise(300, 14)).dispersion(3600) < 0.03


def test_what_is_still_to_be_learnt_is_said():
    baseline = learnt(noise(6, 2))
    assert baseline.learning(("one",)) == Learning(known_h=48.0, of_h=72.0, young=1, sources=1)
    assert learnt(noise(6, 3)).learning(("one", "new")) == Learning(known_h=72.0, of_h=72.0, young=1, sources=2)
    assert Baseline().learning(()) == Learning(known_h=0.0, of_h=72.0, young=0, sources=0)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_change_of_the_clocks_moves_the_usual_day_along(zone):
    local = ZoneInfo(zone)
    start = datetime(2026, 10, 5, tzinfo=local).astimezone(UTC)
    hours = [(start + timedelta(hours=i)).astimezone(local).hour for i in range(35 * 24)]
    rng = np.random.default_rng(3)
    counts = rng.poisson(np.repeat([1.0 if 9 <= hour < 17 else 0.0 for hour in hours], 60))
    changed = datetime(2026, 11, 4, tzinfo=local).astimezone(UTC)
    known = (changed - start) // timedelta(minutes=1)
    baseline = learnt(counts[:known], start=start, zone=local)
    morning = datetime(2026, 11, 4, 8, tzinfo=local).astimezone(UTC)
    assert an_hour(baseline, morning, zone=local) < 15
    assert an_hour(baseline, morning + timedelta(hours=1), zone=local) > 45
    assert an_hour(baseline, morning + timedelta(hours=8), zone=local) > 45
    assert an_hour(baseline, morning + timedelta(hours=9), zone=local) < 15


@pytest.mark.parametrize("seed", range(5))
def test_learning_in_pieces_with_restarts_is_learning_at_once(seed):
    rng = np.random.default_rng(seed)
    sources = int(rng.integers(1, 5))
    counts = rng.poisson(rng.gamma(1.0, 8.0, sources) / 60.0, (9 * DAY - 20, sources))
    counts[5000:5200] *= 9
    unknown = rng.random((9 * 24, sources)).repeat(60, axis=0)[20:] < rng.choice([0.0, 0.2])
    campaign = Calendar(events=(Event("11/11", date(2026, 11, 4), date(2026, 11, 6)),), tet=True)
    zone = ZoneInfo(["Asia/Ho_Chi_Minh", "America/New_York"][seed % 2])
    rows = Buckets.of(datetime(2026, 10, 27, 0, 20, tzinfo=UTC), counts, unknown=unknown, zone=zone, calendar=campaign)
    at_once, told_at_once = learn(Baseline(), rows, rows.mentions)
    pieces, told, first = Baseline(), Hours(), 0
    while first < len(rows):
        upto = min(int(first + rng.choice([1, 1, 5, 30, 100]) * 60 - (20 if first == 0 else 0)), len(rows))
        piece = rows.rows(first, upto)
        pieces, hours = learn(msgspec.json.decode(msgspec.json.encode(pieces), type=Baseline), piece, piece.mentions)
        told, first = join(told, hours, keep=1000), upto
    assert pieces == at_once
    assert told == told_at_once


def test_hours_are_told_as_they_were_expected_before_and_of_known_sources_alone():
    two = np.stack((noise(6, 5), noise(30, 5, seed=2)), axis=1)
    unknown = np.zeros((5 * DAY, 2), dtype=bool)
    unknown[: 2 * DAY, 1] = True  # the second source is two days younger
    unknown[4 * DAY : 4 * DAY + 60, 0] = True
    rows = Buckets.of(MONDAY, two, unknown=unknown)
    _, told = learn(Baseline(), rows, rows.mentions)
    assert told.end == MONDAY + timedelta(days=5)
    assert told.expected[: 3 * 24] == (0.0,) * 72  # nobody is known yet
    fourth = told.days()[3]
    assert (fourth.count, fourth.known_h) == (int(two[3 * DAY : 4 * DAY, 0].sum()), 24.0)
    assert fourth.expected == pytest.approx(6 * 24, rel=0.15)
    assert (told.counts[96], told.known[96]) == (0, 0.0)


def test_only_whole_settled_hours_that_no_window_needs_are_learnt_from():
    rows = Buckets.of(MONDAY + timedelta(minutes=30), np.ones(400, dtype=int), settled=300)
    assert whole_hours(rows, keep=timedelta(hours=1)).end == MONDAY + timedelta(hours=5)
    assert whole_hours(rows, keep=timedelta(hours=4)).end == MONDAY + timedelta(hours=3)
    assert whole_hours(rows.rows(0, 20), keep=timedelta(0)) is None


def test_a_fortnight_of_silence_is_learnt_in_milliseconds():
    rows = Buckets.of(MONDAY, np.zeros((14 * DAY, 3), dtype=int))
    began = time.process_time()
    absorb(Baseline(), rows, rows.mentions)
    assert time.process_time() - began < 0.5  # measured: 0.03; the rest is for a busy machine


def test_the_state_is_a_few_kilobytes_of_json_and_comes_back_the_same():
    five = np.stack([noise(300, 28, unevenness=0.5, seed=seed) for seed in range(5)], axis=1)
    baseline = learnt(five, sources=("facebook-page", "fediverse", "forum", "press", "vnexpress"))
    saved = msgspec.json.encode(baseline)
    assert len(saved) < 8000
    assert msgspec.json.decode(saved, type=Baseline) == baseline
