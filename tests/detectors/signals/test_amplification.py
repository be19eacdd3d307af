"""Amplification: one post and those who carry it on."""

from __future__ import annotations

import itertools
from datetime import timedelta

from core.records import Sentiment
from detectors.signals.amplification import Detector, Options
from tests.detectors.said import DAY, END, MINUTE, rejudges, say, talk, told

ANGRY = Sentiment(negative=0.9, neutral=0.1, positive=0.0, confident=True)
POST = "Ấm Acme nhà mình vừa nổ tung, may mà không ai đứng gần, mọi người cẩn thận nhé"
_stories = itertools.count(1)


def heard(*said, sensitivity="balanced", **more):
    return Detector(Options(sensitivity=sensitivity)).hear(talk(*said, **more))


def carried(count, *, text=POST, kind="repost", ago=5.0, first_ago=40.0, **more):
    """A post and those who carry it on."""
    story = next(_stories)
    first = say(text, ago=first_ago, story_id=story, native_id=f"n{story}", sentiment=ANGRY)
    return [first, *(say(text, ago=ago + turn / 60, kind=kind, story_id=story, **more) for turn in range(count))]


def test_ten_who_carry_one_post_on_within_an_hour_are_told_with_the_post_first():
    post = carried(10)
    (finding,) = heard(*post)
    assert (finding.observed, finding.unit, finding.words.key) == (10.0, "people", "signal.amplification")
    assert finding.evidence[0] == post[0].mention_id
    assert (finding.frozen["counted"]["authors"], finding.frozen["counted"]["stories"]) == (11, 1)
    assert finding.frozen["spread"]["reposts"] == 10
    assert rejudges(Detector(Options()), finding)


def test_quotes_and_copies_carry_too_and_reposts_by_the_number_of_what_they_repost():
    first = say(POST, story_id=99, native_id="p1", ago=30)
    carriers = [say("", kind="repost", repost_of="p1") for _ in range(4)] + [say(POST, story_id=99) for _ in range(3)]
    carriers += [say("xem này trời ơi, ấm nổ thật luôn nè mọi người", kind="repost", story_id=99) for _ in range(3)]
    assert [finding.observed for finding in heard(first, *carriers)] == [10.0]


def test_a_repost_of_what_stands_where_we_do_not_listen_is_carried_on_as_well():
    assert [finding.observed for finding in heard(*(say("", kind="repost", repost_of="elsewhere") for _ in range(10)))] == [10.0]


def test_ten_people_who_say_ten_things_or_one_person_ten_times_carry_nothing_on():
    assert heard(*(say(POST, story_id=number) for number in range(100, 112))) == []
    assert heard(*carried(1), *(say(POST, "forum/an", kind="repost", story_id=500) for _ in range(12))) == []
    assert heard(*carried(12, role="ambassador")) == []
    assert heard(*carried(12, kind="wire")) == []
    assert heard(*carried(12), kind="competitor") == []
    assert heard() == []


def test_a_greeting_and_a_contest_that_all_repeat_are_not_carried_on():
    assert heard(*carried(20, text="chào cả nhà, ngày mới vui vẻ", kind="original")) == []
    assert heard(*carried(20, text="hello mọi người", kind="original")) == []
    assert heard(*carried(20, text="Mình đã tham gia minigame của Acme, chúc shop ngày càng đông khách nha", kind="original")) == []
    assert heard(*carried(20, text="Giveaway entry number one from me, good luck to everybody here today", kind="original")) == []


def test_what_was_carried_on_hours_ago_is_not_carried_on_now():
    assert heard(*carried(12, ago=90, first_ago=170)) == []


def test_a_topic_whose_posts_are_always_carried_on_is_judged_by_its_days():
    past = [one for day in range(1, 7) for one in carried(20, ago=day * DAY / MINUTE, first_ago=day * DAY / MINUTE + 30)]
    assert heard(*carried(30), before=past) == []
    (finding,) = heard(*carried(45), before=past)
    assert (finding.expected, finding.observed) == (19.0, 45.0), "nineteen besides one"
    assert rejudges(Detector(Options()), finding)


def test_one_large_account_is_enough_for_an_angry_post():
    (finding,) = heard(*carried(1, followers=250_000, sentiment=ANGRY))
    assert (finding.words.key, finding.words.args["reach"], finding.unit) == ("signal.amplification.large", 250_000, "followers")
    assert heard(*carried(1, followers=250_000)) == [], "praise that spreads is no alarm"
    assert heard(*carried(1, followers=90_000, sentiment=ANGRY)) == []
    assert len(heard(*carried(1, followers=250_000, risk="injury"))) == 1
    star = say(POST, story_id=900, followers=200_000, ago=30)
    assert heard(star, say(POST, kind="repost", story_id=900, followers=250_000, sentiment=ANGRY)) == [], "no more people than had heard it"


def test_a_counter_that_rises_fast_speaks_for_carriers_whom_nobody_shows_us():
    (finding,) = heard(say(POST, reposts=1_500, reposts_before=1_200))
    assert (finding.observed, finding.unit, finding.words.key) == (300.0, "reposts", "signal.amplification.counter")
    assert heard(say(POST, reposts=1_500, reposts_before=1_400)) == []
    assert heard(say(POST, reposts=1_500)) == [], "what it was before is unknown, not zero"


def test_copies_by_new_accounts_are_told_as_such():
    new = {"author_since": END - timedelta(hours=2), "source_since": END - timedelta(days=30)}
    (finding,) = heard(*carried(6, kind="original", **new))
    assert (finding.words.key, finding.words.args["new"], finding.observed) == ("signal.amplification.new_accounts", 6, 6.0)
    old = {**new, "author_since": END - timedelta(days=20)}
    assert heard(*carried(6, kind="original", **old)) == []
    young_source = {**new, "source_since": END - timedelta(days=2)}
    assert heard(*carried(6, kind="original", **young_source)) == [], "on a young source everybody would be new"


def test_a_post_is_told_once_and_again_when_its_carriers_have_trebled():
    post = carried(12)
    (finding,) = heard(*post)
    more = [say(POST, kind="repost", story_id=post[0].story_id) for _ in range(24)]
    assert heard(*post, *more[:10], told=(told(finding, ago=20),)) == []
    assert [again.observed for again in heard(*post, *more, told=(told(finding, ago=20),))] == [36.0]
    assert len(heard(*post, told=(told(finding, ago=400),))) == 1
    assert [len(heard(*carried(count), sensitivity=level)) for count, level in ((5, "sensitive"), (24, "quiet"), (25, "quiet"))] == [
        1,
        0,
        1,
    ]
