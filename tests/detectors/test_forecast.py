import csv
import doctest
from datetime import datetime

import numpy as np
import pytest

from detectors import forecast as forecasting
from detectors.forecast import HORIZONS_H, QUARTERS, forecast, pace

USUAL = 6.0  # mentions an hour before and beside the simulated bursts
DAY = 1440


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(forecasting).failed == 0


def test_a_steady_burst_goes_on_and_ends_a_little():
    told = forecast(pace([20] * QUARTERS, [0.0] * QUARTERS), [0.0] * 6)
    assert [one.hours for one in told] == list(HORIZONS_H)
    assert [round(one.mentions / (80 * one.hours), 1) for one in told] == [1.0, 0.9, 0.8]
    assert all(one.low < one.mentions < one.high for one in told)


def test_the_usual_is_added_where_nothing_is_beyond_it():
    told = forecast(pace([5] * QUARTERS, [5.0] * QUARTERS), [20.0, 30.0, 30.0, 30.0, 10.0, 0.0])
    assert [one.mentions for one in told] == [20.0, 80.0, 120.0]


def test_the_steeper_the_wider():
    rising = forecast(pace([2, 3, 5, 8, 13, 20, 32, 50], [0.0] * QUARTERS), [0.0] * 6)
    steady = forecast(pace([50] * QUARTERS, [0.0] * QUARTERS), [0.0] * 6)
    assert rising[1].high / rising[1].low > steady[1].high / steady[1].low


def burst(rng):
    """A day of minutes from the onset on: a sharp rise that fades, a hump, or a growth that breaks off, each with a life of its own."""
    hours = np.arange(DAY) / 60.0
    what = rng.integers(3)
    if what == 0:
        form = (1 + hours / rng.uniform(0.3, 1.5)) ** -rng.uniform(0.4, 1.2)
    elif what == 1:
        form = np.exp(-((np.log(hours + 1e-3) - rng.uniform(0.3, 1.8)) ** 2) / 2 / rng.uniform(0.5, 1.0) ** 2)
    else:
        rate, ends = rng.uniform(0.3, 1.2), rng.uniform(2, 6)
        form = np.where(hours < ends, np.exp(rate * (hours - ends)), np.exp(-(hours - ends) / rng.uniform(2, 10)))
    own = np.exp(np.cumsum(rng.normal(0, 0.14, DAY // 15))).repeat(15)  # its pace wanders by some 30 % an hour
    return rng.poisson(np.exp(rng.uniform(np.log(30), np.log(600))) / 60 * form * np.clip(own, 0.2, 5) + USUAL / 60)


def held(series, *, usual=0.0, least=20, most=20, every=30):
    """By horizon: whether each forecast held, made every so often where an hour has brought enough, the first `most` of a burst."""
    seen = {hours: [] for hours in HORIZONS_H}
    for counts in series:
        total = np.concatenate(([0], np.cumsum(counts)))
        whens = [at for at in range(60, len(counts) - 360, every) if total[at] - total[at - 60] >= max(least, 2 * usual)][:most]
        for at in whens:
            quarters = np.diff(total[[max(0, at - 15 * back) for back in range(QUARTERS, -1, -1)]]).tolist()
            for one in forecast(pace(quarters, [usual / 4] * QUARTERS), [usual] * 6):
                seen[one.hours].append(one.low <= total[at + 60 * one.hours] - total[at] <= one.high)
    return {hours: (float(np.mean(one)), len(one)) for hours, one in seen.items()}


def test_four_of_five_forecasts_hold_on_simulated_bursts():
    rng = np.random.default_rng(1)
    for share, count in held([burst(rng) for _ in range(12)]).values():
        assert count >= 100
        assert 0.7 <= share <= 0.9


def minutes_of(path):
    """Tweets by minute over three days from the first on."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in list(csv.reader(file))[1:] if row]
    at = [datetime.strptime(row[0], "%a %b %d %H:%M:%S %z %Y").timestamp() for row in rows]
    minute = (np.sort(np.array(at)) - min(at)) // 60
    return np.bincount(minute[minute < 3 * DAY].astype(int), minlength=3 * DAY)


@pytest.mark.shared
def test_four_of_five_forecasts_hold_on_the_onsets_of_real_crises(shared, capsys):
    shares = held([minutes_of(path) for path in sorted((shared / "crisislex").glob("*.csv"))])
    with capsys.disabled():
        print(
            "\nforecast intervals of 80 % on real crises:", {hours: f"{share:.0%} of {count}" for hours, (share, count) in shares.items()}
        )
    for share, count in shares.values():
        assert count >= 100
        assert 0.7 <= share <= 0.9
