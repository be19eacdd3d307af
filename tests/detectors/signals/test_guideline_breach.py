"""Guideline breach: what a moderator has to see, and what is a community's weather."""

from __future__ import annotations

import pytest

from detectors.signals.guideline_breach import Detector, Options
from tests.detectors.said import rejudges, say, talk, told


def heard(*said, sensitivity="balanced", **more):
    return Detector(Options(sensitivity=sensitivity)).hear(talk(*said, **more))


def insults(count, *, ago=10.0, **more):
    return [say("đồ ngu", ago=ago + turn / 10, risk="insult", level=3, **more) for turn in range(count)]


def a_week_of_insults(an_hour):
    return [one for hour in range(2, 7 * 24) for one in insults(an_hour, ago=hour * 60)]


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("mày ra đường tao chém chết", "threat"),
        ("sđt với địa chỉ nhà con nhỏ này nè mn", "doxxing"),
        ("nhận quà tại bit.ly/qua, nhập mật khẩu để xác minh", "scam"),
        ("I know where you live, you are dead", "threat"),
    ],
)
def test_one_grave_post_in_our_own_place_is_enough(text, risk):
    post = say(text, source="group", risk=risk)
    (finding,) = heard(post, *insults(3))
    assert (finding.risk, finding.evidence, finding.observed, finding.words.key) == (
        risk,
        (post.mention_id,),
        1.0,
        "signal.guideline_breach",
    )
    assert rejudges(Detector(Options()), finding)


def test_what_is_said_elsewhere_or_by_our_own_people_breaks_no_rule_of_ours():
    assert heard(say("chém chết", source="tiktok", risk="threat"), *insults(20, source="press")) == []
    assert heard(say("đừng có dọa chém nhau", risk="threat", role="staff"), say("nội quy: cấm dọa nhau", risk="threat", kind="own")) == []
    assert heard(say("chém chết", risk="threat"), kind="competitor") == []
    assert heard(say("sản phẩm tệ, chê", risk="complaint", level=3), say("app sập rồi", risk="outage")) == []


def test_mild_ones_count_in_an_hour_and_are_all_listed_the_newest_first():
    assert heard(*insults(7)) == []
    adverts = [say("vay nhanh zalo 0900", ago=5 - turn, risk="spam", level=3) for turn in range(3)]
    (finding,) = heard(*insults(5), *adverts)
    assert (finding.observed, finding.risk, finding.words.key) == (8.0, "insult", "signal.guideline_breach.group")
    assert finding.evidence[0] == adverts[-1].mention_id
    assert len(finding.evidence) == 8
    assert finding.score == 0.5
    assert rejudges(Detector(Options()), finding)


def test_a_rough_place_is_judged_by_what_it_is_used_to():
    assert heard(*insults(12), before=a_week_of_insults(6)) == []
    (finding,) = heard(*insults(20), before=a_week_of_insults(6))
    assert 5.5 < finding.expected < 6.5
    assert len(heard(*insults(8), before=a_week_of_insults(1))) == 1
    assert rejudges(Detector(Options()), finding)


def test_a_wave_is_told_once_and_again_when_it_has_trebled_and_each_kind_for_itself():
    (finding,) = heard(*insults(8))
    before = (told(finding, ago=20),)
    assert heard(*insults(20), told=before) == []
    assert len(heard(*insults(24), told=before)) == 1
    assert [one.risk for one in heard(*insults(9), say("chém chết", risk="threat"), told=before)] == ["threat"]


def test_each_grave_post_is_told_once_and_those_of_a_quarter_of_an_hour_together():
    first, second, third = (say("chém chết", risk="threat", ago=ago) for ago in (30, 12, 2))
    (finding,) = heard(first)
    assert heard(first, told=(told(finding, ago=28),)) == []
    assert heard(first, second, told=(told(finding, ago=14),)) == []
    (again,) = heard(first, second, third, told=(told(finding, ago=28),))
    assert (again.evidence, again.words.key) == ((third.mention_id, second.mention_id), "signal.guideline_breach.group")


def test_the_operator_says_what_is_grave():
    detector = Detector(Options(grave=("hate",)))
    (finding,) = detector.hear(talk(say("bọn ... cút đi", risk="hate", level=3), say("chém chết", risk="threat")))
    assert finding.risk == "hate"
    assert [
        len(heard(*insults(count), sensitivity=sensitivity)) for count, sensitivity in ((4, "sensitive"), (14, "quiet"), (15, "quiet"))
    ] == [1, 0, 1]
    assert heard() == []
