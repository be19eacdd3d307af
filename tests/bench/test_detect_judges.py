from datetime import timedelta

import numpy as np
import pytest

from bench import detect_judges
from bench.detect_judges import bursts, huginn, published, rule, z_score
from bench.detect_series import DAY, HOUR, MONDAY, WEEK, Series, drawn, with_burst
from detectors.buckets import Buckets
from detectors.signals import huginn_rule, meltwater_rule, salesforce_rule, socialmetrix_rule
from detectors.walk import walk

RULES = {
    "Meltwater": (published()["Meltwater's rule"], meltwater_rule.Detector(meltwater_rule.Options())),
    "Salesforce": (published()["Salesforce's rule"], salesforce_rule.Detector(salesforce_rule.Options())),
    "Socialmetrix": (published()["Socialmetrix's rule"], socialmetrix_rule.Detector(socialmetrix_rule.Options())),
    "Huginn": (rule(huginn, spacing=0, from_told=True), huginn_rule.Detector(huginn_rule.Options(spacing_days=0.0))),
}


WALKED = 13 * DAY  # what comes before is taken in at once


@pytest.fixture(scope="module")
def restless():
    """Two weeks and a day with bursts of an hour, and a last day of ten times as much."""
    rng = np.random.default_rng(3)
    series = drawn(6.0, 2 * WEEK + DAY, rng)
    for at in (3 * DAY + 100, 8 * DAY + 40, WALKED + 60):
        series = with_burst(series, at, 40, rng)
    series.values[2 * WEEK :] += rng.poisson(5.0, DAY)
    return series


@pytest.mark.parametrize("name", RULES)
def test_a_rule_asked_for_a_whole_series_rings_where_its_signal_does(name, restless):
    judge, detector = RULES[name]
    buckets = Buckets.of(restless.start, restless.values.astype(int), width_s=300)
    state, _ = detector.step(detector.start(), buckets.rows(0, WALKED, settled=WALKED))
    stepped = walk(detector, buckets, state=state, lateness=timedelta(minutes=0))
    rows = [(finding.bucket_start - MONDAY) // timedelta(minutes=5) for _, finding in stepped if finding is not None]
    rung = [row for row in np.flatnonzero(judge(restless).alarms).tolist() if row >= WALKED]
    assert rung
    assert rung == pytest.approx(rows, abs=3), "hours that lie partly in a window give their part, so a few rows may differ"


def test_nobody_counted_is_not_zero_to_the_rules():
    values = np.full(2 * WEEK, 1.0)
    values[WEEK : WEEK + 6 * HOUR] = np.nan
    for judge in published().values():
        assert not judge(Series("x", MONDAY, values)).alarms.any()


def test_a_burst_rings_once_and_again_after_a_quiet_time():
    scores = np.zeros(600)
    scores[[10, 11, 40, 300]] = 5.0
    assert np.flatnonzero(bursts(scores, 4.0)).tolist() == [10, 300]
    assert not bursts(scores, 6.0).any()


def test_a_z_score_knows_only_the_past():
    series = Series("x", MONDAY, np.tile([1.0, 3.0], DAY))
    scores = z_score(series)
    assert scores.max() < 1.2
    series.values[-1] = 20.0
    assert z_score(series)[-1] == pytest.approx(18.0, abs=0.1)
    assert z_score(series)[:-1].tolist() == scores[:-1].tolist()


def test_ours_is_the_engine_of_the_score_verb():
    rng = np.random.default_rng(1)
    series = with_burst(drawn(1.0, 4 * DAY, rng), 4 * DAY - HOUR, 60, rng)
    judged = detect_judges.ours("balanced")(series)
    assert np.flatnonzero(judged.alarms).min() >= 4 * DAY - HOUR
    assert judged.scores.shape == judged.alarms.shape == (4 * DAY,)
