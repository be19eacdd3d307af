import csv
import json
from datetime import timedelta

import numpy as np
import pytest

from bench import detect, detect_nab
from bench.detect_judges import bursts
from bench.detect_series import DAY, HOUR, MONDAY, STEP, WEEK, Event, Series, drawn, read_events, read_labelled, thinned
from bench.detect_spliced import Outcome, Trial, by_threshold, outcome, row, splice

ROWS = 4 * WEEK


def an_event(*minutes):
    return Event("x", np.array(minutes, dtype=float) * 60)


def rung(*rows):
    alarms = np.zeros(ROWS, dtype=bool)
    alarms[list(rows)] = True
    return alarms


@pytest.fixture
def crisis(tmp_path):
    """A file of posts: two early ones, then three an hour later, then forty within minutes."""
    at = [0, 10, 3600, 3700, 3800, *range(9000, 9400, 10)]
    with (tmp_path / "fire.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Timestamp", "Tweet-ID"])
        rows.writerows([((MONDAY + timedelta(seconds=second)).strftime("%a %b %d %H:%M:%S +0000 %Y"), 1) for second in at])
    return tmp_path


def test_an_event_begins_an_hour_before_its_rise_and_its_outbreak_where_thirty_speak_in_ten_minutes(crisis):
    rise, outbreak = read_events(crisis)
    assert (rise.name, len(rise.seconds), rise.is_sudden) == ("fire", 43, False)
    assert (outbreak.name, len(outbreak.seconds), outbreak.is_sudden) == ("fire, outbreak", 40, True)
    assert outbreak.tenth_s == 90.0


def test_the_delay_counts_from_the_tenth_mention_to_the_end_of_the_row_that_rings():
    trial = Trial(Series("x", MONDAY, np.zeros(ROWS)), ((2 * WEEK, an_event(*range(20))), (3 * WEEK, an_event(*range(20)))))
    told = outcome([trial], [rung(2 * WEEK + 3)])
    assert told.recall == 0.5
    assert told.delay() == 20 - 9
    assert np.isnan(told.delay(sudden=True))


def test_false_are_episodes_after_the_first_week_and_not_in_an_aftermath():
    trial = Trial(Series("x", MONDAY, np.zeros(ROWS)), ((2 * WEEK, an_event(*range(20))),))
    told = outcome([trial], [rung(5, WEEK + 1, WEEK + 3, WEEK + 3 * HOUR, 2 * WEEK + DAY, 3 * WEEK)])
    assert told.false.tolist() == [3]
    assert told.weeks.tolist() == [3 - 3 / 7]


def test_events_come_in_turn_each_at_its_row():
    series = [Series(str(number), MONDAY, np.zeros(ROWS)) for number in range(2)]
    events = [an_event(0, 1, *range(10, 20)), an_event(*range(30))]
    trials = splice(series, events)
    assert [event for _, event in trials[0].events] == events
    for trial in trials:
        (first, one), (second, other) = trial.events
        assert WEEK < first < second - 10 * DAY + 6 * DAY
        assert trial.series.values.sum() == len(one.seconds) + len(other.seconds)
        assert trial.series.values[first] >= 1


def test_thinning_keeps_the_shape_and_brings_the_rate():
    busy = drawn(600.0, 2 * DAY, np.random.default_rng(1))
    thin = thinned(busy, 30.0, np.random.default_rng(2))
    assert thin.values.mean() * HOUR == pytest.approx(30.0, rel=0.1)
    assert np.corrcoef(busy.values.reshape(-1, HOUR).sum(1), thin.values.reshape(-1, HOUR).sum(1))[0, 1] > 0.8


def test_a_peer_gets_its_best_thresholds_in_hindsight():
    scores = np.zeros(ROWS)
    scores[[WEEK + 50, 2 * WEEK + 2, 3 * WEEK + 2]] = 3.0, 5.0, 1.0
    trial = Trial(Series("x", MONDAY, np.zeros(ROWS)), ((2 * WEEK, an_event(*range(20))), (3 * WEEK, an_event(*range(20)))))
    base = outcome([trial], [rung(2 * WEEK + 1)])
    few, many = by_threshold([scores], [trial], base)
    assert (few.recall, few.false.sum()) == (0.5, 0)
    assert (many.recall, many.false.sum()) == (0.5, 0)
    assert outcome([trial], [bursts(scores, 1.0)]).recall == 1.0


def test_an_outcome_of_some_trials_is_theirs():
    each = Outcome([np.array([1.0]), np.array([np.nan])], [np.array([False])] * 2, np.array([0, 4]), np.array([1.0, 2.0]))
    assert (each.recall, each.false_a_week) == (0.5, 4 / 3)
    assert (each.of([1]).recall, each.of([1]).false_a_week) == (0.0, 2.0)


def test_a_line_tells_shares_rates_and_delays_with_their_intervals():
    each = Outcome([np.array([5.0, 15.0]), np.array([np.nan, 25.0])], [np.array([False, True])] * 2, np.array([0, 4]), np.array([1.0, 1.0]))
    assert row("ours", each) == ("ours", "75 % (50 to 100)", "2.00 (0.00 to 4.00)", "15 (10 to 25)", "20 (15 to 25)")


def test_the_bench_reads_labelled_series_and_prints_its_tables(crisis, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "nab"
    (folder / "data").mkdir(parents=True)
    values = drawn(30.0, 5 * DAY, np.random.default_rng(1)).values
    values[3 * DAY : 3 * DAY + HOUR] += 60
    lines = [f"{(MONDAY + row * STEP).replace(tzinfo=None).isoformat(' ')},{value:g}" for row, value in enumerate(values)]
    (folder / "data" / "Twitter_volume_X.csv").write_text("timestamp,value\n" + "\n".join(lines) + "\n", encoding="utf-8")
    window = [str((MONDAY + (3 * DAY + shift) * STEP).replace(tzinfo=None)) for shift in (-20, 20)]
    (folder / "windows.json").write_text(json.dumps({"realTweets/Twitter_volume_X.csv": [window]}), encoding="utf-8")
    assert read_labelled(folder)[0].windows == [(3 * DAY - 20, 3 * DAY + 20)]
    monkeypatch.setattr(detect_nab, "SETTINGS", ("balanced",))
    monkeypatch.setattr("sys.argv", ["detect", "--nab", str(folder), "--crisislex", str(crisis), "--only", "nab", "--quick"])
    detect.main()
    said = capsys.readouterr().out
    assert "| Tocsin, balanced |" in said
    assert "1/1" in said
