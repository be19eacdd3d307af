"""A drill becomes posts and actions, the same ones for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from playbooks.drill import Action, Post, load_drill
from playbooks.script import ends_at, script

START = datetime(2026, 11, 21, 13, 10, tzinfo=UTC)
DRILL = load_drill("recall")


def posts(seed=None):
    return [event for event in script(DRILL, seed, START) if isinstance(event, Post)]


def test_events_come_in_the_order_of_time():
    moments = [event.at for event in script(DRILL, None, START)]
    assert moments == sorted(moments)


def test_the_drills_own_seed_is_taken_where_none_is_given():
    assert script(DRILL, None, START) == script(DRILL, DRILL.seed, START)


def test_another_start_moves_everything_and_changes_nothing_else():
    later = script(DRILL, 1, START + timedelta(days=7))
    crisis = [event.text for event in script(DRILL, 1, START) if event.at >= START and not getattr(event, "quiet", False)]
    assert [event.text for event in later if event.at >= START + timedelta(days=7) and not getattr(event, "quiet", False)] == crisis


def test_the_first_post_comes_within_seconds_of_the_start():
    first = next(post for post in posts() if not post.quiet)
    assert START <= first.at <= START + timedelta(seconds=30)
    assert first.text == DRILL.injects[0].text


def test_each_repost_names_the_post_that_it_repeats():
    loud = {post.native_id: post for post in posts() if not post.quiet}
    shares = [post for post in loud.values() if post.kind == "repost"]
    assert len(shares) == sum(inject.reposts for inject in DRILL.injects)
    for share in shares:
        original = loud[share.repost_of]
        assert (share.text, share.source_id) == (original.text, original.source_id)
        assert original.at < share.at
        assert share.author != original.author


def test_every_post_has_an_id_of_its_own():
    ids = [(post.source_id, post.native_id) for post in posts()]
    assert len(ids) == len(set(ids))


def test_the_background_is_as_loud_as_asked_and_sleeps_at_night():
    quiet = [post for post in posts() if post.quiet]
    hours = [post.at.astimezone(ZoneInfo(DRILL.timezone)).hour for post in quiet]
    days = DRILL.background.length / timedelta(days=1)
    by_day = sum(hour >= 6 for hour in hours) / (18 * days)
    by_night = sum(hour < 6 for hour in hours) / (6 * days)
    assert by_day == pytest.approx(DRILL.background.per_hour, rel=0.2)
    assert by_night < by_day / 2
    assert min(post.at for post in quiet) < START - timedelta(days=13)


def test_a_drill_without_a_background_has_none():
    silent = DRILL.model_copy(update={"background": DRILL.background.model_copy(update={"per_hour": 0.0})})
    assert [event for event in script(silent, None, START) if isinstance(event, Post) and event.quiet] == []


def test_actions_stand_at_their_minute():
    taken = next(event for event in script(DRILL, None, START) if isinstance(event, Action) and event.do == "acknowledge")
    assert (taken.at, taken.person) == (START + timedelta(minutes=9), "lan")
    assert ends_at(DRILL, START) == START + timedelta(minutes=150)


def test_a_naive_start_is_refused():
    with pytest.raises(ValueError, match="aware"):
        script(DRILL, None, datetime(2026, 11, 21, 20, 10))
