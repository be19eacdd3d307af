import numpy as np
import pytest

from bench import detect_quiet
from bench.detect_quiet import QUICK, run
from bench.detect_series import DAY, HOUR, MONDAY, WEEK, Judged, Series, drawn, with_burst
from bench.detect_tables import interval, share, table


def all_ears(series):
    """Rings at whatever is more than ever before, once a week is over."""
    top = np.maximum.accumulate(np.nan_to_num(series.values))
    alarms = np.concatenate(([False], np.diff(top) > 0)) & (np.arange(len(series)) > WEEK)
    return Judged(top, alarms)


def test_the_tables_of_quiet_topics_name_who_was_asked(monkeypatch, capsys):
    monkeypatch.setattr(detect_quiet, "ours", lambda _: all_ears)
    monkeypatch.setattr(detect_quiet, "published", dict)
    monkeypatch.setattr(detect_quiet, "_backlog", lambda _: "")
    run(QUICK)
    said = capsys.readouterr().out
    assert said.count("| Tocsin, balanced |") == 5
    assert said.count("| Tocsin, quiet |") == 1
    assert "0.25/h flat" in said


def test_drawn_topics_bring_their_rate_and_uneven_ones_vary_more():
    rng = np.random.default_rng(1)
    even, uneven = (drawn(30.0, 4 * WEEK, rng, wave=False, uneven=shape).values.reshape(-1, HOUR).sum(1) for shape in (None, 2.0))
    assert even.mean() == pytest.approx(30.0, rel=0.03)
    assert uneven.mean() == pytest.approx(30.0, rel=0.1)
    assert even.var() == pytest.approx(30.0, rel=0.2)
    assert uneven.var() == pytest.approx(30.0 + 900 / 2, rel=0.3)


def test_a_burst_brings_its_mentions_within_the_hour():
    quiet = Series("x", MONDAY, np.zeros(DAY))
    burst = with_burst(quiet, 100, 12, np.random.default_rng(1))
    assert burst.values[100 : 100 + HOUR].sum() == burst.values.sum() == 12
    assert quiet.values.sum() == 0


def test_an_outage_is_unknown_or_zero_as_asked():
    series = drawn(30.0, DAY, np.random.default_rng(1))
    assert (~detect_quiet._down(series, 100, np.nan).known).sum() == 6 * HOUR
    assert detect_quiet._down(series, 100, 0.0).values[100 : 100 + 6 * HOUR].sum() == 0


def test_tables_shares_and_intervals_read_as_they_should():
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    assert (share(9, 12), share(0, 0)) == ("75 % of 12", "-")
    assert interval(np.arange(101.0)) == (5.0, 95.0)
