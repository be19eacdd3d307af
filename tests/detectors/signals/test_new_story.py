"""New story: told since this hour, by several people in more than one place."""

from __future__ import annotations

from detectors.signals.new_story import Detector, Options
from tests.detectors.said import DAY, END, MINUTE, rejudges, say, talk, told

USUAL = (
    "ấm Acme đun nhanh",
    "giá ấm Acme hơi cao",
    "mình dùng Acme hai năm rồi",
    "màu trắng còn hàng không shop",
    "bảo hành ở đâu vậy",
    "Acme kettle boils fast",
)
SMELL = (
    "nước đun ra có mùi khét", "mùi khét nồng quá shop ơi", "sao nước có mùi khét vậy", "ấm mới mua mà mùi khét", "mở nắp ra mùi khét bay đầy bếp",
    "có mùi khét, mình trả hàng", "đun xong mùi khét không uống nổi",
)  # fmt: skip
COPY = "CẢNH BÁO: ấm Acme lô tháng 11 rò điện, nhà mình bị giật phải đi viện, mọi người ngừng dùng ngay"


def heard(*said, sensitivity="balanced", **more):
    return Detector(Options(sensitivity=sensitivity)).hear(talk(*said, **more))


def in_places(*texts, sources=("forum", "group"), **more):
    """Each text by another person, in one place and the next by turns."""
    return [say(text, source=sources[turn % len(sources)], ago=5 + turn, **more) for turn, text in enumerate(texts)]


def a_usual_fortnight(*more):
    """What was said before the window: some of everything each day."""
    return [say(text, ago=(day * DAY + turn * MINUTE) / MINUTE) for day in range(1, 14) for turn, text in enumerate((*USUAL, *more))]


def test_a_phrase_that_nobody_said_before_is_a_new_story():
    (finding,) = heard(*in_places(*SMELL), *in_places(*USUAL), before=a_usual_fortnight())
    assert (finding.observed, finding.words.args["sources"], finding.words.key) == (7.0, 2, "signal.new_story")
    theme = finding.frozen["burst"]["themes"][0]
    assert (theme["voices"], theme["before"]) == (7, 0)
    assert finding.frozen["counted"]["authors"] == 7
    assert rejudges(Detector(Options()), finding)


def test_a_phrase_in_english_too():
    texts = (
        "the lid cracked after a week", "my lid cracked as well", "lid cracked, hot water everywhere", "anyone else whose lid cracked", "lid cracked again",
        "they say a lid cracked is no warranty case",
    )  # fmt: skip
    assert [finding.observed for finding in heard(*in_places(*texts), before=a_usual_fortnight())] == [6.0]


def test_what_was_said_yesterday_or_in_one_place_alone_or_by_too_few_is_not_new():
    assert heard(*in_places(*SMELL), before=a_usual_fortnight("có mùi khét", "mùi khét nữa")) == []
    assert heard(*in_places(*SMELL, sources=("forum",)), before=a_usual_fortnight()) == []
    assert heard(*in_places(*SMELL[:5]), before=a_usual_fortnight()) == []
    assert heard(*(say(text, "forum/an", source=place) for text in SMELL for place in ("forum", "group")), before=a_usual_fortnight()) == []
    assert heard(*in_places(*USUAL, *USUAL), before=a_usual_fortnight()) == []


def test_where_nothing_is_known_of_before_no_phrase_is_called_new():
    assert heard(*in_places(*SMELL), before=[]) == []
    assert heard() == []


def test_our_own_campaign_a_contest_and_a_holiday_are_no_story():
    campaign = say("Acme ra mắt chiến dịch Bếp Xanh", kind="own", source="shop", ago=30)
    echo = (
        "thích Bếp Xanh quá",
        "Bếp Xanh hay đó",
        "mình đăng ký Bếp Xanh rồi",
        "Bếp Xanh mở tới bao giờ",
        "Bếp Xanh có ở Huế không",
        "Bếp Xanh đỉnh",
        "chờ Bếp Xanh",
    )
    assert heard(campaign, *in_places(*echo), before=a_usual_fortnight()) == []
    assert len(heard(*in_places(*echo), before=a_usual_fortnight())) == 1
    assert heard(*in_places(*(f"mình tham gia minigame đoán số nhé {word}" for word in "abcdefgh")), before=a_usual_fortnight()) == []
    assert heard(*in_places(*(f"chúc mừng năm mới Acme {word}" for word in "abcdefgh")), before=a_usual_fortnight()) == []


def test_a_warning_that_is_copied_from_place_to_place_is_one_story():
    (finding,) = heard(*in_places(*[COPY] * 6, story_id=7), before=a_usual_fortnight())
    assert (finding.words.key, finding.observed, finding.about) == ("signal.new_story.told", 6.0, "story:7")
    assert rejudges(Detector(Options()), finding)
    old = say(COPY, story_id=7, ago=3 * DAY / MINUTE)
    assert heard(*in_places(*[COPY] * 6, story_id=7), before=[*a_usual_fortnight(), old]) == []
    assert heard(*in_places(*["hello cả nhà"] * 8, story_id=8), before=a_usual_fortnight()) == []


def test_copies_of_one_press_piece_are_one_story_told_with_its_outlets():
    outlets = [say(COPY, source=f"paper{number}", kind="wire" if number else "original", story_id=7) for number in range(5)]
    tiers = {f"paper{number}": "press" for number in range(5)}
    (finding,) = heard(*outlets, before=a_usual_fortnight(), tiers=tiers)
    assert (finding.words.key, finding.observed, finding.unit) == ("signal.new_story.press", 5.0, "sources")
    assert heard(*outlets[:3], before=a_usual_fortnight(), tiers=tiers) == []


def test_a_story_is_told_once_and_again_when_those_who_tell_it_have_trebled():
    said = in_places(*SMELL)
    (finding,) = heard(*said, before=a_usual_fortnight())
    past = (told(finding, ago=60),)
    assert heard(*said, say("mùi khét y chang", source="tiktok"), before=a_usual_fortnight(), told=past) == []
    crowd = in_places(*SMELL, *SMELL)
    assert [again.observed for again in heard(*said, *crowd, before=a_usual_fortnight(), told=past)] == [21.0]


def test_a_story_that_grew_over_three_hours_is_new_all_the_same():
    first = [say(text, ago=90 + turn, source="group") for turn, text in enumerate(SMELL[:3])]
    chatter = [say(USUAL[turn % 6], ago=65 + turn) for turn in range(60)]
    assert len(heard(*first, *chatter, *in_places(*SMELL), before=a_usual_fortnight())) == 1
    assert len(heard(*first, *chatter, *in_places(*SMELL))) == 1, "so that what was said before is looked up"
    usual = [say(text, ago=61 + turn) for turn, text in enumerate(SMELL * 9)]
    assert heard(*usual, *in_places(*SMELL, *USUAL)) == [], "nothing rises, nothing is looked up"


def test_phrases_are_looked_for_every_five_minutes_and_copies_each_minute():
    late = END + 2 * MINUTE
    assert heard(*in_places(*SMELL), before=a_usual_fortnight(), end=late) == []
    assert len(heard(*in_places(*[COPY] * 6, story_id=7), before=a_usual_fortnight(), end=late)) == 1
    assert heard(*in_places(*SMELL), before=a_usual_fortnight(), kind="competitor") == []
    assert [len(heard(*in_places(*[COPY] * 4, story_id=7), sensitivity=level)) for level in ("sensitive", "balanced")] == [1, 0]
