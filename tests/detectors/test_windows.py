from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors.baseline import whole_hours
from detectors.buckets import HOUR_S, QUARTER_S, Buckets
from detectors.windows import DAY_H, HOUR, Usual, lately, learn, windows

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = 288  # rows of five minutes


def series(an_hour, days, *, seed=1, **more):
    return Buckets.of(MONDAY, np.random.default_rng(seed).poisson(an_hour / 12, days * DAY), width_s=300, **more)


def learnt(rows):
    """What is usual after all but the last hour of these rows, and the rows that remain."""
    settled = whole_hours(rows.rows(0, len(rows), settled=len(rows)), keep=HOUR)
    return learn(Usual(), settled), rows.since(settled.end)


def test_four_windows_end_now_and_say_what_was_expected():
    rows = series(12, 8)
    usual, fresh = learnt(rows)
    held = lately(usual, fresh)
    cut = windows(usual, held, len(held))
    assert [window.scale_s for window in cut] == [QUARTER_S, HOUR_S, 6 * HOUR_S, 24 * HOUR_S]
    for window in cut:
        assert window.start == rows.end - timedelta(seconds=window.scale_s)
        assert window.observed == int(rows.last(window.scale_s).mentions.sum())
        assert window.expected == pytest.approx(12 * window.scale_s / HOUR_S, rel=0.35)


def test_the_long_windows_begin_on_a_whole_hour():
    usual, fresh = learnt(series(12, 8).rows(0, 8 * DAY - 5))
    held = lately(usual, fresh)
    assert [window.start.minute for window in windows(usual, held, len(held))[2:]] == [0, 0]


def test_how_the_hours_were_cut_into_calls_makes_no_difference():
    rows = series(5, 4)
    whole, _ = learnt(rows)
    piecewise = Usual()
    for upto in (7 * 12, 30 * 12, 31 * 12, 95 * 12):
        done = 0 if piecewise.day.end is None else (piecewise.day.end - MONDAY) // timedelta(minutes=5)
        piecewise = learn(piecewise, rows.rows(done, upto))
    assert piecewise == whole


def test_only_a_busy_topic_is_measured_by_its_own_bursts():
    for an_hour, busy in ((2, False), (40, True)):
        usual, fresh = learnt(series(an_hour, 6))
        held = lately(usual, fresh)
        assert [(window.excess is not None, window.top is not None) for window in windows(usual, held, len(held))] == [(busy, busy)] * 4


def test_a_young_source_stands_apart_and_is_not_judged_in_its_first_two_hours():
    counts = np.stack((series(6, 6).mentions[:, 0], series(50, 6, seed=2).mentions[:, 0]), axis=1)
    unknown = np.zeros(counts.shape, dtype=bool)

    def cut(heard_rows):
        unknown[:, 1] = True
        unknown[-heard_rows:, 1] = False
        usual, fresh = learnt(Buckets.of(MONDAY, counts, width_s=300, unknown=unknown, sources=("old", "new")))
        held = lately(usual, fresh)
        return windows(usual, held, len(held))

    hours_old, minutes_old = cut(10 * 12), cut(12)
    assert [window.thin for window in hours_old] == [False] * 4 + [True]
    assert hours_old[1].observed < 20 < hours_old[-1].observed
    assert [window.thin for window in minutes_old] == [False] * 4


def test_hours_that_nobody_heard_are_on_neither_side():
    rows = series(12, 6)
    unknown = np.zeros((6 * DAY, 1), dtype=bool)
    unknown[-6 * 12 : -3 * 12] = True
    deaf, fresh = learnt(Buckets.of(MONDAY, rows.mentions, width_s=300, unknown=unknown))
    held = lately(deaf, fresh)
    six = windows(deaf, held, len(held))[2]
    assert six.observed == int(rows.last(3 * HOUR_S).mentions.sum())
    assert six.expected == pytest.approx(36, rel=0.35)


def test_the_last_settled_day_is_kept_by_the_hour_and_no_more():
    usual, _ = learnt(series(3, 5))
    assert len(usual.day) == DAY_H
