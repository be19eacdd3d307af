"""Same question: an outage is asked about before anybody is angry."""

from __future__ import annotations

import pytest

from detectors.signals.same_question import Detector, Options
from tests.detectors.said import DAY, END, HOUR, MINUTE, each, rejudges, say, talk, told

OUTAGE = ("app sập à mn?", "sao không đăng nhập được vậy ạ", "ủa ko vô dc luôn, lỗi hả", "có ai bị văng ra không", "is it down?")


def heard(*said, sensitivity="balanced", **more):
    return Detector(Options(sensitivity=sensitivity)).hear(talk(*said, **more))


def a_usual_week(*texts, a_day=4):
    """Before the window, for seven days, each text so often a day, by people of their own."""
    return [
        say(text, ago=(days * DAY + 24 * HOUR / a_day * turn + 3 * HOUR) / MINUTE)
        for days in range(7)
        for turn in range(a_day)
        for text in texts
    ]


def test_five_people_who_ask_whether_it_is_down_are_an_outage_though_nobody_is_angry():
    (finding,) = heard(*each(*OUTAGE, every=2))
    assert (finding.observed, finding.unit, finding.scale_s, finding.risk) == (5.0, "people", 900, "outage")
    assert finding.expected is None
    assert finding.frozen["counted"]["authors"] == len(finding.evidence) == 5
    assert finding.score == 0.5
    assert rejudges(Detector(Options()), finding)


@pytest.mark.parametrize(
    "texts",
    [
        ("app sap roi ha moi nguoi", "sao k vao dc z", "acme loi a?", "web chet r ha", "co ai dang nhap ko dc ko"),
        ("Is Acme down for anyone else?", "can't log in, is it just me?", "acme app not working?", "Is the server down?", "anyone having login issues?"),
        ("đơn chưa giao luôn là sao shop", "hàng đâu ạ?", "bao giờ giao vậy ad?", "where is my order?", "giao chậm thế nhỉ"),
        ("khi nào mở bán vé vậy ạ", "vé mở bán chưa ad?", "bao giờ mở bán vé", "mở bán vé mấy giờ thế", "mở bán vé ở đâu v mn"),
        ("sữa này có độc không mọi người", "uống xong đau bụng có ai bị không", "sao con em tiêu chảy nhỉ", "ngộ độc hả mn", "lô này có độc à"),
    ],
)  # fmt: skip
def test_one_thing_asked_in_many_words_is_one_question(texts):
    assert [finding.observed for finding in heard(*each(*texts))] == [5.0]


@pytest.mark.parametrize(
    "texts",
    [
        ("chào cả nhà, mọi người khỏe không?", "chào mn khỏe không ạ", "hello mọi người, khỏe không", "cả nhà ăn cơm chưa", "chào cả nhà, ăn cơm chưa ạ?"),
        ("Good morning everyone, how are you?",) * 6,
        ("em tham gia ạ, bao giờ quay số vậy shop?",) * 6,
        ("Count me in! When is the draw?",) * 6,
        ("@an @binh @chi vào đây, có ai biết mở quà sao không?",) * 6,
        ("Tôi vừa mua máy ở cửa hàng quận một, mọi người cho hỏi bảo hành thế nào ạ?",) * 6,
        ("đơn của em đâu ạ?", "đơn hủy được không shop", "đơn tối thiểu bao nhiêu vậy", "đổi địa chỉ đơn sao ạ", "đơn này có quà không"),
        ("app sập rồi", "không vào được", "lỗi rồi mọi người ơi", "chết server", "văng liên tục"),
        ("giá bao nhiêu?", "màu đen còn không?", "bảo hành mấy năm?", "có ship Huế không?", "chi nhánh nào gần quận 3?"),
    ],
)  # fmt: skip
def test_greetings_give_aways_copies_statements_and_different_questions_are_none(texts):
    assert heard(*each(*texts)) == []


def test_an_outage_that_half_of_them_name_is_one_though_the_others_only_cannot_do_something():
    texts = (
        "app sập hả",
        "sao nạp tiền không được vậy",
        "mở không lên được là sao",
        "is it down?",
        "lỗi hệ thống à shop",
        "không đặt hàng được ạ?",
    )
    (finding,) = heard(*each(*texts))
    assert (finding.observed, finding.risk, finding.about) == (6.0, "outage", "question:=trouble")
    assert finding.words.args["question"] == "sập, không lên được, down"


def test_one_person_who_asks_five_times_and_our_own_people_are_not_five():
    assert heard(*(say(text, "forum/an") for text in OUTAGE)) == []
    ours = [say(OUTAGE[0], kind="own"), say(OUTAGE[1], role="staff"), say(OUTAGE[2], kind="repost")]
    assert heard(*each(*OUTAGE[:4]), *ours) == []
    assert len(heard(*each(*OUTAGE[:4]), say("sập hả shop", parent_key=b"p" * 16))) == 1, "a reply asks like an original"


def test_five_within_an_hour_are_not_five_within_a_quarter():
    assert heard(*each(*OUTAGE, every=10)) == []
    slow = [say(text, ago=50 - place) for place, text in enumerate(OUTAGE)]
    assert len(heard(*slow)) == 1, "asked together, heard late: the source is slow"


def test_what_this_topic_is_always_asked_is_no_news():
    usual = a_usual_week("shop mấy giờ mở cửa vậy?", "mở cửa chưa ạ?", "mai mở cửa không shop", "mở cửa tới mấy giờ?", a_day=40)
    evening = each(*("mấy giờ mở cửa ạ?", "mở cửa chưa shop", "hôm nay mở cửa không", "mở cửa đến khi nào v", "sáng mở cửa sớm không ạ"))
    assert len(heard(*evening)) == 1, "nothing is known of before"
    assert heard(*evening, before=usual) == []
    (finding,) = heard(*each(*OUTAGE), before=usual)
    assert finding.expected < 0.1
    assert finding.score > 0.5
    assert rejudges(Detector(Options()), finding)


def test_in_a_busy_place_that_is_new_to_us_five_of_many_hundred_are_none():
    crowd = [say(f"chuyện thứ {number}", ago=5) for number in range(150)]
    assert heard(*each(*OUTAGE), *crowd, before=[]) == []
    assert len(heard(*each(*OUTAGE), *crowd[:60], before=[])) == 1


def test_what_is_asked_each_day_at_this_hour_is_no_news_either():
    daily = [say("mở bán vé chưa ạ", ago=(days * DAY + turn * MINUTE) / MINUTE) for days in range(1, 7) for turn in range(-30, 30, 3)]
    others = a_usual_week("giá bao nhiêu?", a_day=20)
    now = each("mở bán vé chưa shop?", "vé mở bán chưa ad", "bao giờ mở bán vé", "mở bán vé lúc mấy giờ ạ", "mở bán vé chưa mn")
    assert heard(*now, before=[*daily, *others]) == []
    assert len(heard(*now, before=others)) == 1


def test_a_question_is_told_once_and_again_when_those_who_ask_have_trebled():
    (finding,) = heard(*each(*OUTAGE))
    wave = each(*OUTAGE, *OUTAGE, *OUTAGE, every=0.5)
    assert heard(*each(*OUTAGE, "sập à?"), told=(told(finding, ago=10),)) == []
    assert [again.observed for again in heard(*wave, told=(told(finding, ago=10),))] == [15.0]
    assert len(heard(*each(*OUTAGE), told=(told(finding, ago=200),))) == 1


def test_two_questions_at_once_are_two_findings():
    found = heard(
        *each(*OUTAGE),
        *each("hoàn tiền chưa shop?", "bao giờ hoàn tiền", "sao chưa hoàn tiền vậy", "hoàn tiền kiểu gì ạ?", "when do I get my refund?"),
    )
    assert [finding.about for finding in found] == ["question:=outage", "question:=refund"]
    assert [finding.risk for finding in found] == ["outage", None]


def test_the_question_is_quoted_as_several_put_it_and_nobodys_own_sentence():
    (finding,) = heard(*each("App sập à?", *OUTAGE[1:], "app sập à"))
    assert finding.words.args["question"] == "App sập à?"
    (finding,) = heard(*each("mình tên Lan số 0912345678 sao không đăng nhập được ạ", *OUTAGE[1:]))
    assert finding.words.args["question"] == "không đăng nhập được, lỗi hả, văng ra"


def test_a_wave_of_questions_on_a_rival_is_not_ours_to_answer():
    assert heard(*each(*OUTAGE), kind="competitor") == []
    assert heard() == []


def test_sensitive_hears_three_and_quiet_waits_for_eight():
    assert len(heard(*each(*OUTAGE[:3]), sensitivity="sensitive")) == 1
    assert heard(*each(*OUTAGE, *OUTAGE[:2]), sensitivity="quiet") == []
    assert len(heard(*each(*OUTAGE, *OUTAGE[:3]), sensitivity="quiet")) == 1
    assert END.minute == 0
