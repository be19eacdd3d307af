from datetime import timedelta

import pytest

from detectors.base import BlindSpot, SourceHealth
from detectors.signals.source_blind import Detector, Options
from tests.make import NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def source(**changes):
    """A forum that was asked a moment ago and speaks every ten minutes, unless told otherwise."""
    values = {
        "id": "forum",
        "every_s": 300.0,
        "first_poll_at": NOON - timedelta(days=30),
        "next_poll_at": NOON + MINUTE,
        "last_success_at": NOON - MINUTE,
        "last_mention_at": NOON - 5 * MINUTE,
        "usual_gap_s": 600.0,
    }
    return SourceHealth(**{**values, **changes})


def unheard(*sources, now=NOON, **options):
    return [(spot.source_id, spot.why) for spot in Detector(Options(**options)).unheard(sources, now)]


def test_a_source_that_answers_is_not_blind():
    assert unheard(source()) == []


def test_a_new_source_is_not_blind_before_it_was_asked():
    assert unheard(SourceHealth(id="forum", every_s=300, next_poll_at=NOON)) == []


@pytest.mark.parametrize(("failures", "minutes", "blind"), [(1, 60, False), (2, 59, False), (2, 60, True), (4, 30, False), (5, 1, True)])
def test_five_failures_or_an_hour_of_them_make_a_source_blind(failures, minutes, blind):
    found = unheard(source(failures=failures, last_error="HTTP 503", last_success_at=NOON - minutes * MINUTE))
    assert found == ([("forum", "failing")] if blind else [])


def test_a_source_that_is_asked_seldom_is_given_three_of_its_turns():
    seldom = {"every_s": 3600.0, "failures": 2}
    assert unheard(source(**seldom, last_success_at=NOON - 2 * HOUR)) == []
    assert unheard(source(**seldom, last_success_at=NOON - 3 * HOUR)) == [("forum", "failing")]


def test_a_source_that_was_never_heard_is_blind_after_five_failures():
    new = {"first_poll_at": None, "last_success_at": None, "last_mention_at": None, "usual_gap_s": None}
    assert unheard(source(**new, failures=4)) == []
    assert unheard(source(**new, failures=5)) == [("forum", "failing")]


def test_refused_credentials_are_told_at_once_with_what_the_source_said():
    (spot,) = Detector(Options()).unheard([source(failures=1, paused_because="HTTP 401: token expired", next_poll_at=None)], NOON)
    assert spot == BlindSpot(source_id="forum", why="refused", since=NOON - MINUTE, detail="HTTP 401: token expired")


def test_a_source_that_nobody_asks_is_our_own_listener_standing_still():
    forgotten = source(last_success_at=NOON - 2 * HOUR, next_poll_at=NOON - HOUR - 55 * MINUTE)
    assert unheard(forgotten) == [("forum", "unasked")]


def test_a_source_that_waits_for_tomorrows_budget_or_is_held_by_a_stream_is_not_forgotten():
    assert unheard(source(last_success_at=NOON - 9 * HOUR, next_poll_at=NOON + 3 * HOUR)) == []
    assert unheard(source(last_success_at=NOON - 2 * HOUR, next_poll_at=NOON - 2 * HOUR, claimed_until=NOON + MINUTE)) == []


def test_when_most_fail_at_once_it_is_our_own_line_and_told_within_a_quarter():
    down = [source(id=f"s{n}", failures=2, last_success_at=NOON - 15 * MINUTE) for n in range(6)]
    assert {why for _, why in unheard(*down, source())} == {"network"}
    assert unheard(*down[:4], source()) == [], "four may fail by themselves"
    assert unheard(*down, *(source(id=f"good{n}") for n in range(6))) == [], "half of them answer"
    assert Detector(Options()).unheard(down, NOON, others=6) == [], "also where those are only counted"


def test_a_refused_source_among_them_stays_refused():
    down = [source(id=f"s{n}", failures=2, last_success_at=NOON - 15 * MINUTE) for n in range(6)]
    assert ("page", "refused") in unheard(*down, source(id="page", failures=1, paused_because="HTTP 403"))


def silent_since(minutes, **changes):
    return source(last_mention_at=NOON - minutes * MINUTE, last_success_at=NOON, **changes)


@pytest.mark.parametrize(("minutes", "gap_s", "worth"), [(59, 600.0, False), (60, 600.0, True), (80, 1800.0, False), (90, 1800.0, True)])
def test_silence_is_looked_into_after_three_usual_gaps_and_an_hour(minutes, gap_s, worth):
    assert (Detector(Options()).silence(silent_since(minutes, usual_gap_s=gap_s)) is not None) == worth


def test_silence_is_only_what_we_listened_to():
    detector = Detector(Options())
    assert detector.silence(silent_since(300, heard_since=NOON - 30 * MINUTE)) is None, "we were deaf ourselves until then"
    assert detector.silence(silent_since(300, failures=1)) is None
    assert detector.silence(silent_since(300, heard_since=NOON - 90 * MINUTE)) == (NOON - 90 * MINUTE, NOON)


def test_what_is_still_on_its_way_is_waited_for():
    detector = Detector(Options())
    assert detector.silence(silent_since(90, usual_delay_s=3600.0)) is None
    assert detector.silence(silent_since(121, usual_delay_s=3600.0)) == (NOON - 121 * MINUTE, NOON - HOUR)


def test_a_source_of_which_nothing_is_known_yet_is_not_silent():
    assert Detector(Options()).silence(source(last_mention_at=None, usual_gap_s=None)) is None


@pytest.mark.parametrize(
    ("before", "silent"),
    [
        ([40] * 14, True),
        ([40] * 4, False),  # too few days of listening
        ([4] * 14, False),  # too few mentions to miss them
        ([8] * 14, False),  # once a week chance alone brings such a gap
        ([0, 0, *[200] * 12], False),  # it is empty now and then: a Sunday
        ([0, *[200] * 13], True),
        ([1, 90, 2, 60, 1, 80, 3, 40, 1, 70, 2, 90, 5, 60], False),  # it speaks in bursts
        ([0] * 14, False),  # it sleeps at night
    ],
)
def test_silence_is_told_where_such_hours_usually_speak(before, silent):
    spot = Detector(Options()).silent(source(), (NOON - 2 * HOUR, NOON), before)
    assert (spot is not None) == silent
    if spot is not None:
        assert (spot.why, spot.since, spot.expected) == ("silent", NOON - 2 * HOUR, round(sum(before) / len(before)))


def test_a_blind_source_is_heard_again_when_it_answers_and_a_silent_one_when_it_speaks():
    detector = Detector(Options())
    failing = BlindSpot(source_id="forum", why="failing", since=NOON)
    assert not detector.is_over(failing, source(last_success_at=NOON, failures=6))
    assert not detector.is_over(failing, source(last_success_at=NOON + HOUR, failures=1))
    assert detector.is_over(failing, source(last_success_at=NOON + HOUR))
    silent = BlindSpot(source_id="forum", why="silent", since=NOON)
    assert not detector.is_over(silent, source(last_success_at=NOON + HOUR, last_mention_at=NOON))
    assert detector.is_over(silent, source(last_mention_at=NOON + MINUTE))


def test_one_is_told_by_its_reason_many_by_their_names():
    detector = Detector(Options())
    spots = [BlindSpot(source_id=f"s{n}", why="failing", since=NOON - n * MINUTE, detail="HTTP 503") for n in range(7)]
    one = detector.tell(spots[:1], NOON + HOUR, {"group": 1})
    assert (one.words.key, one.words.args["reason"], one.bucket_start, one.score) == ("signal.source_blind", "HTTP 503", NOON, 1.0)
    many = detector.tell(spots, NOON + HOUR, {"group": 1, "all": 9})
    assert (many.words.key, many.observed, many.bucket_start) == ("signal.source_blind.many", 7.0, NOON - 6 * MINUTE)
    assert many.words.args["sources"] == ["s0", "s1", "s2", "s3", "s4", "…"]


def test_a_silence_is_the_surer_the_more_was_expected():
    detector = Detector(Options())
    found = []
    for count in (40, 400):
        spot = detector.silent(source(), (NOON - 2 * HOUR, NOON), [count] * 14)
        found.append(detector.tell([spot], NOON, {}))
    assert 0.5 <= found[0].score < found[1].score < 1.0
    assert [detector.rejudge(one.frozen) for one in found] == [one.score for one in found]
