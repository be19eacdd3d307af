"""What people type, as the grammar reads it: every word of the table, and everything that must stay talk."""

from datetime import time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.arrival import FALSE_ALARMS
from alerting.inbox.command import Command, Hint
from alerting.inbox.grammar import named, read
from alerting.inbox.vocabulary import PHRASES, REASONS
from core.text import unmarked

PEOPLE = {"lan": "Lan", "minh": "Nguyễn Văn Minh", "ha": "Hà", "minh2": "Trần Minh"}
ONE_MINH = {"lan": "Lan", "minh": "Nguyễn Văn Minh", "ha": "Hà"}

TAKES = [
    "nhận", "nhan", "NHẬN", "Nhận", "nhận.", "nhận!", "nhận 👍", "👍 nhận", "ok nhận", "em nhận", "tôi nhận", "đã nhận", "mình nhận", "minh nhan", "mình lo", "em lo",
    "để em", "để em lo", "để em nhận ạ", "ok em nhận nha", "dạ nhận ạ", "dạ em nhận ạ", "vâng nhận", "nhận nha", "nhận nhé chị", "nhận luôn", "nhận liền", "nhận rồi", "nhận c ơi", "ok nhận liền sếp ơi", "dạ rõ, em nhận", "đã rõ em nhận ạ", "got it, taking it",
    "nhận xử lý", "em nhận xử lý", "nhận vụ này", "em nhận vụ này nha chị", "nhận sự cố này", "nhậnnn", "ok ok em nhận nha sếp", "ack", "ACK", "/ack", "Ack.", "acknowledge",
    "acknowledged", "i take it", "I'll take it", "taking it", "on it", "I got this", "ok ack please", "1", "1.", "nhận\nem gọi quán ngay", "nha\u0323\u0302n",
]  # fmt: skip
TAKES_12 = ["nhận #12", "nhận 12", "nhan 12 nha", "#12 nhận", "12 nhận", "ack 12", "/ack 12", "/ack@tocsin_bot 12", "@tocsin_bot nhận 12", "nhận số 12",
            "nhận sự cố 12", "nhận sự cố #12 ạ", "em nhận vụ 12 nhé", "case 12 nhận", "nhận #12, em gọi quán ngay"]  # fmt: skip
TALK = [
    "đóng góp ý kiến", "đóng cửa hàng chưa em?", "đóng cửa", "đóng gói cho khách", "đóng tại quán", "đóng 2 cửa hàng rồi em", "đóng chưa em", "đóng?", "đừng đóng", "chưa đóng", "khoan đóng",
    "chưa nhận được gì", "chưa nhận", "nhận được hàng", "nhận hàng", "nhận 2 thùng", "nhận tiền", "nhận xét", "nhận chưa em", "nhận?", "nhận không", "nhận ko em", "ai nhận",
    "ai nhận đi", "nhận đi em", "nhận giùm chị", "nhận giúp em với", "Minh nhận nhé", "Minh nhận nha em", "nhân viên", "nhân", "đồng", "đồng nghiệp", "chuyện gì vậy",
    "chuyen gi vay", "chuyển khoản rồi", "chuyển hàng cho khách", "chuyển khoản cho minh nha", "giao hàng chưa", "giao hang cho khach", "tắt máy", "tắt đèn giùm", "hoãn chuyến bay",
    "hoãn họp sang mai", "đúng rồi mà", "đúng giờ nha", "không phải em làm", "không phải đâu", "xong chưa", "xong việc rồi về", "xong chưa em?", "done yet?", "close the shop",
    "close to the edge", "take care", "nghiêm trọng quá", "em theo dõi", "dạ em theo dõi", "theo dõi thêm nha", "khẩn trương lên", "mức lương", "mức 5", "sửa xe", "sửa cái này giúp em",
    "duyệt chưa", "trực tiếp", "trực tiếp đi", "ghi hình", "ghi âm rồi", "gộp đơn", "gộp chung", "mở lại cửa hàng", "bận gì không", "anh bận à", "lái xe cẩn thận nha", "1 cái bánh",
    "1 2 3", "11", "2", "từ chối nhận hàng", "báo nhầm số điện thoại cho khách", "trợ giúp khách hàng", "help desk", "later is fine with the customer", "note that", "approve it?",
    "hàng lỗi", "khách hỏi giá", "alo", "cho em hỏi", "sao lâu vậy", "", "   ", "...", "?", "??", "x" * 3000, "nhận " * 300,
]  # fmt: skip
SEEN = ["ok", "OK", "oke", "okie", "ok em", "ok ạ", "rồi", "đã xem", "da xem", "đã rõ", "dạ", "dạ vâng", "vâng ạ", "👍", "👌👌", "đã nhận được", "nhận được rồi", "biết rồi", "thấy rồi nha",
        "noted", "seen", "got it", "roger", "thanks", "cảm ơn em", "ok?", "ghi nhận"]  # fmt: skip


@pytest.mark.parametrize("text", TAKES)
def test_these_take_it(text):
    assert read(text, PEOPLE) == Command(verb="acknowledge")


@pytest.mark.parametrize("text", TAKES_12)
def test_these_take_number_12(text):
    found = read(text, PEOPLE)
    assert isinstance(found, Command)
    assert (found.verb, found.incident_id, found.firm) == ("acknowledge", 12, True)


@pytest.mark.parametrize("text", TALK)
def test_talk_asks_for_nothing(text):
    assert not isinstance(read(text, ONE_MINH), Command)


@pytest.mark.parametrize("text", SEEN)
def test_what_everybody_types_takes_nothing_and_is_asked_about(text):
    assert read(text, PEOPLE) == Hint()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("chuyển", {"verb": "escalate"}),
        ("chuyển cấp nha", {"verb": "escalate"}),
        ("chuyen cap", {"verb": "escalate"}),
        ("báo sếp giúp em", {"verb": "escalate"}),
        ("gọi sếp #12", {"verb": "escalate", "incident_id": 12}),
        ("leo thang", {"verb": "escalate"}),
        ("escalate 12", {"verb": "escalate", "incident_id": 12}),
        ("giao hà", {"verb": "assign", "people": ("ha",), "text": "hà"}),
        ("giao cho chị Hà nhé", {"verb": "assign", "people": ("ha",), "text": "chị Hà nhé"}),
        ("chuyển lan", {"verb": "assign", "people": ("lan",), "text": "lan"}),
        ("assign to Lan", {"verb": "assign", "people": ("lan",), "text": "Lan"}),
        ("giao #12 cho Lan", {"verb": "assign", "incident_id": 12, "people": ("lan",), "text": "cho Lan"}),
        ("giao Minh", {"verb": "assign", "people": ("minh", "minh2"), "text": "Minh"}),
        ("giao Trần Minh", {"verb": "assign", "people": ("minh2",), "text": "Trần Minh"}),
        ("giao #12 Tuấn", {"verb": "assign", "incident_id": 12, "text": "Tuấn"}),
        ("chuyển cskh hoàn tiền", {"verb": "assign", "text": "cskh hoàn tiền"}),
        ("từ chối", {"verb": "decline"}),
        ("không nhận", {"verb": "decline"}),
        ("ko nhận ạ", {"verb": "decline"}),
        ("em bận", {"verb": "decline"}),
        ("bận, đang họp khách", {"verb": "decline", "text": "đang họp khách"}),
        ("đang lái xe", {"verb": "decline"}),
        ("dang lai xe nha", {"verb": "decline"}),
        ("busy", {"verb": "decline"}),
        ("I can't", {"verb": "decline"}),
        ("đóng", {"verb": "resolve"}),
        ("dong", {"verb": "resolve"}),
        ("đóng nha chị", {"verb": "resolve"}),
        ("đóng giúp em", {"verb": "resolve"}),
        ("xong", {"verb": "resolve"}),
        ("đã xử lý xong ạ", {"verb": "resolve"}),
        ("xong #12", {"verb": "resolve", "incident_id": 12}),
        ("đóng 12", {"verb": "resolve", "incident_id": 12}),
        ("đóng #12 đã hoàn tiền", {"verb": "resolve", "incident_id": 12, "text": "đã hoàn tiền"}),
        ("đóng: khách hỏi lại?", {"verb": "resolve", "text": "khách hỏi lại?"}),
        ("đóng vì khách hài lòng", {"verb": "resolve", "text": "khách hài lòng", "firm": False}),
        ("đóng #12 vì khách hài lòng", {"verb": "resolve", "incident_id": 12, "text": "khách hài lòng"}),
        ("xong: đã gửi hàng", {"verb": "resolve", "text": "đã gửi hàng", "firm": False}),
        ("đóng đã lắng", {"verb": "resolve", "reason": "quiet"}),
        ("resolve 12: refunded", {"verb": "resolve", "incident_id": 12, "text": "refunded"}),
        ("báo nhầm", {"verb": "false_alarm"}),
        ("bao nham", {"verb": "false_alarm"}),
        ("false 12", {"verb": "false_alarm", "incident_id": 12}),
        ("báo nhầm chiến dịch", {"verb": "false_alarm", "reason": "campaign"}),
        ("báo nhầm, chiến dịch của mình ạ", {"verb": "false_alarm", "reason": "campaign"}),
        ("bao nham chien dich", {"verb": "false_alarm", "reason": "campaign"}),
        ("báo nhầm trùng", {"verb": "false_alarm", "reason": "duplicate"}),
        ("báo nhầm spam", {"verb": "false_alarm", "reason": "spam"}),
        ("báo nhầm 12 lạc đề", {"verb": "false_alarm", "incident_id": 12, "reason": "off_topic"}),
        ("báo nhầm vì tin cũ", {"verb": "false_alarm", "reason": "old_news"}),
        ("báo nhầm hãng khác nha", {"verb": "false_alarm", "reason": "other_brand"}),
        ("false alarm our campaign", {"verb": "false_alarm", "reason": "campaign"}),
        ("báo nhầm: bài của nhân viên cũ", {"verb": "false_alarm", "text": "bài của nhân viên cũ"}),
        ("nhầm", {"verb": "false_alarm", "firm": False}),
        ("nhầm #12", {"verb": "false_alarm", "incident_id": 12}),
        ("không phải", {"verb": "false_alarm", "firm": False}),
        ("đúng", {"verb": "real", "firm": False}),
        ("đúng #12", {"verb": "real", "incident_id": 12}),
        ("real", {"verb": "real"}),
        ("mở lại", {"verb": "reopen"}),
        ("mo lai 12", {"verb": "reopen", "incident_id": 12}),
        ("reopen 12: it goes on", {"verb": "reopen", "incident_id": 12, "text": "it goes on"}),
        ("hoãn 30p", {"verb": "snooze", "length": timedelta(minutes=30)}),
        ("hoan 30 phut nha", {"verb": "snooze", "length": timedelta(minutes=30)}),
        ("hoãn 1h", {"verb": "snooze", "length": timedelta(hours=1)}),
        ("hoãn 1h30 #12", {"verb": "snooze", "length": timedelta(minutes=90), "incident_id": 12}),
        ("hoãn 12 30p", {"verb": "snooze", "length": timedelta(minutes=30), "incident_id": 12}),
        ("hoãn nửa tiếng", {"verb": "snooze", "length": timedelta(minutes=30)}),
        ("hoãn 1 tiếng rưỡi", {"verb": "snooze", "length": timedelta(minutes=90)}),
        ("hoãn tới 22:00", {"verb": "snooze", "clock": time(22)}),
        ("hoan toi 22h30", {"verb": "snooze", "clock": time(22, 30)}),
        ("hoãn tới 8h tối", {"verb": "snooze", "clock": time(20)}),
        ("hoãn 22h", {"verb": "snooze", "clock": time(22)}),
        ("hoãn 30p: đang họp", {"verb": "snooze", "length": timedelta(minutes=30), "text": "đang họp"}),
        ("lát nữa", {"verb": "snooze"}),
        ("snooze until 10pm", {"verb": "snooze", "clock": time(22)}),
        ("hoãn giúp em 30p nha", {"verb": "snooze", "length": timedelta(minutes=30)}),
        ("snooze for 1 hour", {"verb": "snooze", "length": timedelta(hours=1)}),
        ("tắt cảnh báo đến sáng mai", {"verb": "silence", "clock": time(8)}),
        ("chuyển cấp nhé vì em đang bận", {"verb": "escalate", "text": "em đang bận"}),
        ("nhận ca này nha", {"verb": "acknowledge", "firm": False}),
        ("em bận quá ạ", {"verb": "decline"}),
        ("ai đang trực vậy?", {"verb": "on_call"}),
        ("tắt 2h", {"verb": "silence", "length": timedelta(hours=2)}),
        ("tat canh bao 2h", {"verb": "silence", "length": timedelta(hours=2)}),
        ("tắt tới 7h sáng", {"verb": "silence", "clock": time(7)}),
        ("mute 45m", {"verb": "silence", "length": timedelta(minutes=45)}),
        ("ghi: khách gọi lúc 9h?\nhẹn 10h", {"verb": "note", "text": "khách gọi lúc 9h?\nhẹn 10h"}),
        ("ghi #12: quán đã gọi", {"verb": "note", "incident_id": 12, "text": "quán đã gọi"}),
        ("Note: called them", {"verb": "note", "text": "called them"}),
        ("duyệt", {"verb": "approve"}),
        ("ok duyệt nha", {"verb": "approve"}),
        ("sửa: đổi chữ xin lỗi", {"verb": "revise", "text": "đổi chữ xin lỗi"}),
        ("không duyệt: sai tên khách", {"verb": "disapprove", "text": "sai tên khách"}),
        ("gộp 12", {"verb": "merge", "number": 12}),
        ("gộp #13 vào #12", {"verb": "merge", "incident_id": 13, "number": 12}),
        ("merge into 12", {"verb": "merge", "number": 12}),
        ("mức 1", {"verb": "severity", "severity": "critical"}),
        ("mức độ nghiêm trọng", {"verb": "severity", "severity": "major"}),
        ("khẩn cấp", {"verb": "severity", "severity": "critical"}),
        ("khan cap #12", {"verb": "severity", "severity": "critical", "incident_id": 12}),
        ("#12 khẩn", {"verb": "severity", "severity": "critical", "incident_id": 12}),
        ("mức 3 vì đã xin lỗi", {"verb": "severity", "severity": "minor", "text": "đã xin lỗi"}),
        ("theo dõi", {"verb": "severity", "severity": "watch"}),
        ("severity major", {"verb": "severity", "severity": "major"}),
        ("xong 2", {"verb": "tick", "number": 2}),
        ("xong việc 2 #12", {"verb": "tick", "number": 2, "incident_id": 12}),
        ("tick 3", {"verb": "tick", "number": 3}),
        ("done 2", {"verb": "tick", "number": 2}),
        ("đồng ý", {"verb": "agree"}),
        ("đổi ca Lan thứ 7", {"verb": "swap", "people": ("lan",), "text": "Lan thứ 7"}),
        ("đổi ca thứ 7 với Lan", {"verb": "swap", "people": ("lan",), "text": "thứ 7 với Lan"}),
        ("trực thay chị Lan tối nay", {"verb": "cover", "people": ("lan",), "text": "chị Lan tối nay"}),
        ("ai trực", {"verb": "on_call"}),
        ("ai trực tối nay?", {"verb": "on_call"}),
        ("who is on call?", {"verb": "on_call"}),
        ("trợ giúp", {"verb": "help"}),
        ("/help", {"verb": "help"}),
        ("/start", {"verb": "help"}),
    ],
)  # fmt: skip
def test_a_command_with_what_belongs_to_it(text, wanted):
    assert read(text, PEOPLE) == Command(**wanted)


@pytest.mark.parametrize(
    "quoted",
    [
        "> SỰ CỐ #1\n> đóng", "\nVào Th 7, 21 thg 11, 2026 vào lúc 10:00 Tocsin <t@example.org> đã viết:\n> ack", "\nOn Sat, 21 Nov 2026 at 10:00, Tocsin\n<t@example.org> wrote:\n> close",
        "\n-- \nLan\nđóng", "\n-----Original Message-----\nFrom: Tocsin\nđóng", "\n________________________________\nTừ: Tocsin <t@example.org>\nĐã gửi: 21/11/2026\nđóng",
        "\nSent from my iPhone", "\nGửi từ iPhone của tôi", "\nĐược gửi từ Outlook cho Android<https://aka.ms/x>", "\nFrom: Tocsin <t@example.org>\nTo: Lan\nđóng",
    ],
)  # fmt: skip
def test_what_is_quoted_says_nothing(quoted):
    assert read(f"Em nhận ạ\n{quoted}") == Command(verb="acknowledge")
    assert not isinstance(read(quoted), Command)
    assert read(f"ghi: đã gọi xưởng\nhọ trả lời lúc 15h\n{quoted}") == Command(verb="note", text="đã gọi xưởng\nhọ trả lời lúc 15h")


def test_below_a_quotation_is_as_good_as_above():
    assert read("On Sat, 21 Nov 2026, Tocsin <t@example.org> wrote:\n> SỰ CỐ #12\n> đóng\n\nnhận") == Command(verb="acknowledge")


def test_a_greeting_is_no_first_line():
    assert read("Chào Tocsin,\n\nEm nhận ạ\n\nLan") == Command(verb="acknowledge")
    assert read("Kính gửi anh chị,\nđóng góp ý kiến") is None


def test_a_number_after_a_question_which():
    assert [named(text) for text in ("12", "#12", "số 12 ạ", "dạ #12", "sự cố 12 nha")] == [12] * 5
    assert [named(text) for text in ("12 cái", "nhận 12", "mười hai", "", "#")] == [None] * 5


def test_every_reason_is_one_that_closing_knows():
    assert set(REASONS.values()) - {"fixed", "quiet"} == FALSE_ALARMS


def test_every_phrase_is_in_two_forms_and_in_one_case():
    for phrases in PHRASES.values():
        assert all(phrase == phrase.lower() for phrase in phrases)


BEFORE = st.lists(st.sampled_from(["ok", "dạ", "vâng", "em", "để em", "mình", "ừ", "OK", "Dạ,"]), max_size=2)
AFTER = st.lists(st.sampled_from(["nha", "nhé", "ạ", "luôn", "chị", "em", "sếp", "thanks", "👍", "!"]), max_size=2)
CORES = ["nhận", "nhận #12", "chuyển cấp", "đóng", "đóng 12", "báo nhầm", "báo nhầm chiến dịch", "mở lại", "hoãn 30p", "hoãn tới 22:00", "tắt 2h", "duyệt", "gộp 12", "mức 1", "từ chối",
         "tick 2", "ack", "escalate", "resolve", "giao hà"]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(before=BEFORE, core=st.sampled_from(CORES), after=AFTER, shout=st.booleans(), bare=st.booleans())
def test_politeness_case_and_marks_never_change_a_command(before, core, after, shout, bare):
    said = " ".join([*before, core, *after])
    said = unmarked(said) if bare else said
    found = read(said.upper() if shout else said, PEOPLE)
    wanted = read(core, PEOPLE)
    assert isinstance(found, Command)
    assert isinstance(wanted, Command)
    assert (found.verb, found.incident_id, found.reason, found.people, found.number, found.length, found.clock, found.severity) == (
        wanted.verb, wanted.incident_id, wanted.reason, wanted.people, wanted.number, wanted.length, wanted.clock, wanted.severity
    )  # fmt: skip


TALKED = (
    "khách",
    "hàng",
    "nói",
    "giá",
    "cả",
    "trời",
    "mưa",
    "quá",
    "cái",
    "bánh",
    "này",
    "ngon",
    "lắm",
    "hôm",
    "qua",
    "họ",
    "gọi",
    "điện",
    "hỏi",
    "về",
    "sản",
    "phẩm",
    "mới",
    "của",
    "công",
    "ty",
    "the",
    "customer",
    "said",
    "it",
    "was",
    "nice",
    "and",
    "cold",
    "outside",
)
CHATTER = st.lists(
    st.sampled_from(TALKED),
    min_size=2,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(words=CHATTER)
def test_talk_without_a_command_is_none(words):
    assert not isinstance(read(" ".join(words), PEOPLE), Command)


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=200))
def test_no_text_breaks_it(text):
    read(text, PEOPLE)
    named(text)
