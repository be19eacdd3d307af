import doctest
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors.buckets import Buckets
from detectors.signals import negative_surge
from detectors.signals.negative_surge import Detector, Options
from detectors.walk import findings, walk
from tests.detectors.series_of_weeks import told, weeks

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = 1440


def topic(an_hour, share, days, *, seed, bursty=False):
    """Minutes of mentions, and how many of them are negative."""
    rng = np.random.default_rng(seed)
    mean = an_hour / 60 * (1 + 0.8 * np.sin(2 * np.pi * ((np.arange(days * DAY) / 60) % 24 - 9) / 24))
    if bursty:
        mean = mean * rng.gamma(2.0, 0.5, days * 24).repeat(60)
    mentions = rng.poisson(mean)
    return mentions, rng.binomial(mentions, share)


def found(mentions, negative, *, after=0, options=None, **more):
    """Findings from a row on, everything before it taken in at once."""
    series = Buckets.of(MONDAY, mentions, negative=negative, confident_negative=negative, **more)
    detector = Detector(options or Options())
    state = detector.start()
    if after:
        state, _ = detector.step(state, series.rows(0, after, settled=after - 120))
    return [finding for _, finding in walk(detector, series, state=state) if finding is not None]


def turned(an_hour, share, extra, *, seed):
    """A fortnight, then an hour with so many negative mentions more; the row at which that hour begins."""
    mentions, negative = topic(an_hour, share, 15, seed=seed)
    at = 14 * DAY + 840
    rows = np.bincount(np.random.default_rng(seed).integers(0, 60, extra), minlength=60)
    mentions[at : at + 60] += rows
    negative[at : at + 60] += rows
    return mentions[: at + 60], negative[: at + 60], at


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(negative_surge).failed == 0


@pytest.mark.parametrize(
    ("an_hour", "share", "bursty"), [(0.25, 0.3, False), (1, 0.2, False), (3, 0.4, False), (3, 0.2, True), (8, 0.15, True)]
)
def test_a_topic_as_negative_as_ever_raises_nothing(an_hour, share, bursty):
    for seed in range(3):
        assert found(*topic(an_hour, share, 14, seed=seed, bursty=bursty)) == []


@pytest.mark.parametrize(("an_hour", "share", "extra"), [(0.25, 0.2, 12), (1, 0.2, 12), (10, 0.2, 30), (30, 0.15, 60)])
def test_a_surge_of_negative_mentions_is_found_within_the_hour(an_hour, share, extra):
    for seed in range(6):
        mentions, negative, at = turned(an_hour, share, extra, seed=seed)
        raised = found(mentions, negative, after=at)
        assert [finding.words.key for finding in raised][:1] == ["signal.negative_surge"], seed


def test_a_change_of_mood_without_more_mentions_is_found():
    mentions, negative = topic(20, 0.1, 15, seed=4)
    at = 14 * DAY + 780
    negative[at : at + 180] = np.random.default_rng(4).binomial(mentions[at : at + 180], 0.7)
    (first, *_) = found(mentions[: at + 180], negative[: at + 180], after=at)
    assert first.words.args["share"] >= 0.3
    assert first.words.args["usual_share"] == pytest.approx(0.1, abs=0.03)


def test_a_rise_of_friendly_mentions_is_no_surge():
    mentions, negative = topic(2, 0.2, 15, seed=5)
    at = 14 * DAY + 780
    mentions[at : at + 60] += 2
    assert found(mentions, negative, after=at) == []


def test_negative_mentions_in_a_flood_of_friendly_ones_are_no_surge():
    mentions, negative = topic(2, 0.2, 15, seed=6)
    at = 14 * DAY + 780
    mentions[at : at + 60] += 2
    negative[at : at + 60 : 4] += 1
    assert found(mentions, negative, after=at) == []


def test_the_anger_of_few_people_is_no_surge():
    mentions, negative, at = turned(1, 0.2, 20, seed=7)
    authors = mentions.copy()
    authors[at - 180 :] = 0
    authors[at] = 4
    assert found(mentions, negative, after=at, authors=authors) == []


def test_a_finding_explains_itself():
    mentions, negative, at = turned(3, 0.2, 30, seed=8)
    finding = found(mentions, negative, after=at, topic_id="acme")[0]
    args = finding.words.args
    assert (finding.kind, finding.unit, args["topic"]) == ("negative_surge", "negative", "acme")
    assert args["observed"] == finding.observed == sum(finding.frozen["window"]["negative"])
    assert finding.expected < finding.observed
    assert finding.window_end - finding.window_start == timedelta(seconds=finding.scale_s)
    assert Detector(Options()).rejudge(finding.frozen) == finding.score


def test_a_new_topic_is_judged_by_a_plain_rule_that_says_so():
    mentions = np.zeros(600, dtype=int)
    mentions[300:320] = 1
    negative = mentions.copy()
    negative[300:305] = 0
    (finding,) = found(mentions, negative)
    assert finding.words.key == "signal.negative_surge.warm_up"
    negative[319] = 0
    assert found(mentions, negative) == []


def test_a_topic_that_is_always_half_negative_is_not_told_about_each_morning():
    mentions, negative = topic(20, 0.45, 4, seed=9)
    assert len(found(mentions, negative)) <= 1


def test_minutes_in_which_we_did_not_listen_are_left_out_on_both_sides():
    mentions, negative, at = turned(1, 0.2, 20, seed=10)
    unknown = np.zeros(len(mentions), dtype=bool)
    unknown[at:] = True
    assert found(mentions, negative, after=at, unknown=unknown) == []


def test_nothing_is_found_in_an_empty_series():
    assert findings(Detector(Options()), Buckets.of(MONDAY, np.zeros(300, dtype=int)), every_row=True) == []


def days_of_mood(an_hour, share, days, *, seed, uneven=0.0):
    """Minutes of mentions over some weeks, and how many of them are negative."""
    mentions = weeks(an_hour, days, seed=seed, uneven=uneven)
    return mentions, np.random.default_rng(seed).binomial(mentions, share)


def told_of_days(mentions, negative, **more):
    return told(Detector(Options()), mentions, after=21 * DAY, negative=negative, confident_negative=negative, **more)


def test_a_day_of_bad_mood_that_no_three_hours_show_is_found():
    mentions, negative = days_of_mood(15, 0.2, 23, seed=11)
    worse = slice(21 * DAY + 300, 22 * DAY + 300)
    negative[worse] = np.random.default_rng(11).binomial(mentions[worse], 0.42)
    found = told_of_days(mentions, negative, every=30)
    assert [(finding.scale_s, finding.words.key) for finding in found] == [(DAY * 60, "signal.negative_surge")]
    assert found[0].words.args["share"] > 0.3
    assert found[0].observed == sum(found[0].frozen["window"]["negative"])
    assert Detector(Options()).rejudge(found[0].frozen) == found[0].score


def test_a_topic_that_is_mostly_negative_is_told_about_a_day_with_eighty_percent_more():
    mentions, negative = days_of_mood(15, 0.6, 23, seed=12)
    more, worse = days_of_mood(12, 0.6, 23, seed=13)
    rows = slice(21 * DAY + 300, 22 * DAY + 300)
    mentions[rows] += more[rows]
    negative[rows] += worse[rows]
    assert [finding.scale_s for finding in told_of_days(mentions, negative)] == [DAY * 60]


@pytest.mark.parametrize(("an_hour", "share", "uneven"), [(3, 0.2, 0.0), (15, 0.4, 0.02), (100, 0.6, 0.05)])
def test_two_weeks_of_the_usual_mood_raise_nothing(an_hour, share, uneven):
    assert told_of_days(*days_of_mood(an_hour, share, 35, seed=14, uneven=uneven), every=180) == []


def test_a_day_needs_no_older_rows_than_three_hours_do():
    mentions, negative = days_of_mood(5, 0.2, 12, seed=15)
    series = Buckets.of(MONDAY, mentions, negative=negative, confident_negative=negative)
    detector = Detector(Options())
    state, _ = detector.step(detector.start(), series.rows(0, len(mentions), settled=len(mentions) - 120))
    assert series.end - state.settled_to <= timedelta(hours=4)
