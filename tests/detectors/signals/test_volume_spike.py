import doctest
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from detectors import walk as walking
from detectors.base import load_state, save_state
from detectors.buckets import Buckets
from detectors.signals import volume_spike
from detectors.signals.volume_spike import Detector, Options
from detectors.walk import findings, walk

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = 1440
MIXED = (0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3)  # mentions an hour of twenty topics


def noise(an_hour, days, *, seed, bursty=False):
    """Minutes of a topic that sleeps at night (0.2 to 1.8 times its mean); if bursty, its hours vary by a gamma of shape 2."""
    rng = np.random.default_rng(seed)
    minutes = days * DAY
    mean = an_hour / 60 * (1 + 0.8 * np.sin(2 * np.pi * ((np.arange(minutes) / 60) % 24 - 9) / 24))
    if bursty:
        mean = mean * rng.gamma(2.0, 0.5, minutes // 60).repeat(60)
    return rng.poisson(mean)


def with_burst(counts, at, extra, *, seed, minutes=60):
    counts = counts.copy()
    counts[at : at + minutes] += np.bincount(np.random.default_rng(seed).integers(0, minutes, extra), minlength=minutes)
    return counts


def learnt(series, upto):
    """A detector's state after `upto` rows, taken in at once."""
    state, _ = Detector(Options()).step(Detector(Options()).start(), series.rows(0, upto, settled=upto - 120))
    return state


def found_from(counts, upto, *, until=None, options=None, **more):
    """Findings of a series from a row on, everything before it taken in at once."""
    series = Buckets.of(MONDAY, counts[:until], **more)
    stepped = walk(Detector(options or Options()), series, state=learnt(series, upto))
    return [finding for _, finding in stepped if finding is not None and finding.bucket_start >= MONDAY + timedelta(minutes=upto)]


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(volume_spike).failed == 0
    assert doctest.testmod(walking).failed == 0


@pytest.mark.parametrize("bursty", [False, True])
def test_noise_of_twenty_topics_over_four_weeks_raises_nothing(bursty):
    raised = [
        (an_hour, finding.words)
        for seed, an_hour in enumerate(MIXED)
        for finding in findings(Detector(Options()), Buckets.of(MONDAY, noise(an_hour, 28, seed=seed, bursty=bursty)))
    ]
    assert raised == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("bursty", "most"), [(False, 0), (True, 2)])  # as measured on these weeks
def test_false_alarms_on_long_noise_stay_where_they_were_measured(bursty, most):
    topics = [
        (an_hour, seed) for an_hour, seeds in ((0.25, 4), (1, 4), (3, 4), (10, 2), (30, 1)) for seed in range(seeds)
    ]  # 60 weeks of a topic
    first_day, later = 0, 0
    for an_hour, seed in topics:
        for finding in findings(Detector(Options()), Buckets.of(MONDAY, noise(an_hour, 28, seed=100 + seed, bursty=bursty))):
            young = finding.bucket_start < MONDAY + timedelta(days=1)
            first_day, later = first_day + young, later + (not young)
    assert later <= most
    assert first_day <= 0.05 * len(topics)


@pytest.mark.parametrize(("an_hour", "extra"), [(0.25, 12), (1, 12), (3, 30), (30, 120)])
def test_a_burst_is_found_within_the_hour(an_hour, extra):
    for seed in range(5):
        at = 14 * DAY + 180 + 60 * seed
        counts = with_burst(noise(an_hour, 16, seed=seed), at, extra, seed=seed)
        raised = found_from(counts, at, until=at + 70)
        assert [finding.words.key for finding in raised][:1] == ["signal.volume_spike"], seed


def test_a_finding_explains_itself():
    at = 14 * DAY + 600
    finding, *_ = found_from(with_burst(noise(1, 16, seed=1), at, 24, seed=1), at, until=at + 60, topic_id="acme")
    args = finding.words.args
    assert finding.kind == "volume_spike"
    assert (finding.window_end - finding.window_start).total_seconds() == finding.scale_s == args["scale"]
    assert finding.window_end == finding.bucket_start + timedelta(minutes=1)
    assert finding.low <= finding.expected <= finding.high < finding.observed
    assert 0.5 <= finding.score <= 1.0
    assert args["topic"] == "acme"
    assert args["observed"] == finding.observed == finding.frozen["window"]["observed"]
    assert Detector(Options()).rejudge(finding.frozen) == finding.score


def test_a_crisis_of_hours_is_told_at_its_onset_when_ten_are_reached_and_when_it_trebles():
    counts = noise(2, 16, seed=2)
    at = 14 * DAY + 600
    counts[at : at + 180] += 1
    counts[at + 180 : at + 360] += 4
    raised = found_from(counts, at)
    assert [finding.words.key for finding in raised] == [
        "signal.volume_spike",
        "signal.volume_spike.growth",
        "signal.volume_spike.growth",
        "signal.volume_spike.growth",
    ]
    assert [a.bucket_start < b.bucket_start for a, b in pairwise(raised)] == [True, True, True]


def test_many_mentions_of_two_people_are_no_spike():
    at = 14 * DAY + 600
    counts = with_burst(noise(1, 15, seed=3), at, 40, seed=3)
    authors = counts.copy()
    authors[at : at + 60] = 0
    authors[at] = 2
    assert found_from(counts, at, until=at + 60, authors=authors) == []


def test_a_new_topic_is_judged_by_a_plain_rule_that_says_so():
    quiet = np.zeros(DAY, dtype=int)
    quiet[700:730] = 1
    (finding,) = findings(Detector(Options()), Buckets.of(MONDAY, quiet))
    assert finding.words.key == "signal.volume_spike.warm_up"
    assert finding.words.args["threshold"] == 30
    assert (finding.expected, finding.low, finding.high) == (None, None, None)
    assert Detector(Options()).rejudge(finding.frozen) == finding.score
    quiet[729] = 0
    assert findings(Detector(Options()), Buckets.of(MONDAY, quiet)) == []


def test_a_busy_topic_that_is_new_raises_at_most_once_in_its_first_days():
    for seed in range(3):
        assert len(findings(Detector(Options()), Buckets.of(MONDAY, noise(60, 2, seed=seed)))) <= 1


def test_a_source_added_to_an_old_topic_is_no_spike_while_it_is_quiet_by_the_plain_rule():
    old = noise(1, 16, seed=4)
    new = np.zeros_like(old)
    new[14 * DAY :] = noise(20, 2, seed=5)
    unknown = np.zeros((len(old), 2), dtype=bool)
    unknown[: 14 * DAY, 1] = True
    counts = np.stack((old, new), axis=1)
    assert [f.words.key for f in found_from(counts, 14 * DAY, unknown=unknown) if f.words.key != "signal.volume_spike.warm_up"] == []


def test_an_outage_raises_nothing_and_the_next_burst_is_found():
    counts = noise(30, 17, seed=6)
    down = slice(14 * DAY + 500, 14 * DAY + 860)
    unknown = np.zeros(len(counts), dtype=bool)
    unknown[down] = True
    counts[down] = 0
    at = 14 * DAY + 980
    assert found_from(counts, 14 * DAY, unknown=unknown) == []
    assert found_from(with_burst(counts, at, 120, seed=6), 14 * DAY, until=at + 60, unknown=unknown) != []


def test_a_restart_in_the_middle_changes_nothing():
    at = 14 * DAY + 600
    series = Buckets.of(MONDAY, with_burst(noise(2, 15, seed=7), at, 30, seed=7))
    detector = Detector(Options())
    from_there = series.rows(at - 420, len(series))
    through = [finding for _, finding in walk(detector, from_there, state=learnt(series, at - 300))]
    restarted, state = [], learnt(series, at - 300)
    for row in (np.flatnonzero(series.mentions[at - 420 :, 0]) + at - 420).tolist():
        first = (state.settled_to - series.start) // timedelta(minutes=1)
        state, finding = detector.step(load_state(detector, save_state(state)), series.rows(first, row + 1, settled=row - 119))
        restarted.append(finding)
    assert restarted == through


def test_taking_in_a_long_gap_at_once_is_as_good_as_minute_by_minute():
    series = Buckets.of(MONDAY, noise(3, 4, seed=8))
    slowly, _ = deque(walk(Detector(Options()), series, every_row=True), maxlen=1).pop()
    assert slowly.usual == learnt(series, len(series)).usual


def test_the_presets_differ_in_what_they_let_through():
    at = 14 * DAY + 600

    def raised(extra):
        counts = with_burst(noise(1, 15, seed=9), at, extra, seed=9, minutes=20)
        levels = ("quiet", "balanced", "sensitive")
        return [level for level in levels if found_from(counts, at, until=at + 60, options=Options(sensitivity=level))]

    assert [raised(extra) for extra in (1, 7, 9, 30)] == [[], ["sensitive"], ["balanced", "sensitive"], ["quiet", "balanced", "sensitive"]]
    assert Options(sensitivity="quiet", min_mentions=11).min_mentions == 11


def test_an_unknown_option_is_refused():
    with pytest.raises(ValueError, match="extra"):
        Options(min_mention=3)
