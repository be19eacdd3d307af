"""The words of the grammar: what a person may type in an answer, Vietnamese and English.

Written with their marks; each is also known without (`grammar.py`). A phrase of several words is tried before a shorter one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from core.records import Severity

Verb = Literal[
    "acknowledge", "escalate", "assign", "decline", "resolve", "false_alarm", "real", "reopen", "snooze", "silence", "note",
    "approve", "revise", "disapprove", "merge", "severity", "tick", "agree", "disagree", "swap", "cover", "on_call", "help",
]  # fmt: skip


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


PHRASES: Final[Mapping[Verb, tuple[str, ...]]] = {
    "acknowledge": _phrases(
        "nhận, nhận xử lý, nhận việc, nhận vụ này, nhận việc này, nhận sự cố, nhận sự cố này, nhận case, nhận case này, nhận cái này, nhận ca, nhận ca này, mình lo, em lo, tôi lo, "
        "anh lo, chị lo, để em, để mình, để tôi, để anh, để chị, xử lý, đang xử lý, ack, acked, acknowledge, acknowledged, take, take it, i take it, taking it, "
        "taking, taken, mine, on it, got this, i got this, i have it, i have this"
    ),
    "escalate": _phrases(
        "chuyển, chuyển cấp, chuyển cấp trên, chuyển lên, chuyển lên trên, chuyển sếp, báo sếp, báo cấp trên, gọi sếp, gọi cấp trên, leo thang, escalate, "
        "pass it up, next person"
    ),
    "assign": _phrases("giao, giao cho, giao việc cho, chuyển, chuyển cho, chuyển qua, chuyển sang, assign, assign to, hand to, give to"),
    "decline": _phrases(
        "từ chối, không nhận, không nhận được việc, không xử lý được, bận, đang bận, bận rồi, bận quá, bận lắm, bận họp, đang họp, đang bận họp, lái xe, đang lái xe, đang chạy xe, "
        "đang đi đường, pass, decline, declined, busy, driving, in a meeting, can t, cannot, can not, not me"
    ),
    "tick": _phrases("xong, xong việc, tick, đã làm, đã xong, done, did"),
    "resolve": _phrases(
        "đóng, đóng sự cố, đóng sự cố này, đóng vụ này, đóng case, xong, xong việc, xong sự cố, xử lý xong, đã xử lý xong, resolve, resolved, close, close it, "
        "closed, fixed, done"
    ),
    "false_alarm": _phrases("báo nhầm, báo động nhầm, cảnh báo nhầm, nhầm, không phải, false, false alarm, not ours"),
    "real": _phrases("đúng, đúng là sự cố, đúng sự cố, thật, có thật, real, it is real, true"),
    "reopen": _phrases("mở lại, mở lại sự cố, reopen, open again"),
    "snooze": _phrases("hoãn, tạm hoãn, hoãn lại, lát nữa, lát nữa nhắc, nhắc lại sau, snooze, later, remind me, remind me in"),
    "silence": _phrases("tắt, tắt cảnh báo, tắt báo, silence, mute"),
    "note": _phrases("ghi, ghi chú, ghi lại, note"),
    "approve": _phrases("duyệt, đã duyệt, approve, approved"),
    "revise": _phrases("sửa, sửa lại, revise, edit, change"),
    "disapprove": _phrases("không duyệt, chưa duyệt, reject, disapprove, not approved"),
    "merge": _phrases("gộp, gộp vào, gộp với, merge, merge into, merge with"),
    "severity": _phrases("mức, mức độ, severity, level"),
    "agree": _phrases("đồng ý, đồng ý đổi, agree, agreed, yes i can"),
    "swap": _phrases("đổi ca, xin đổi ca, đổi trực, swap, swap with, swap shift"),
    "cover": _phrases("trực thay, trực hộ, trực giùm, thay ca, cover, cover for"),
    "on_call": _phrases(
        "ai trực, ai đang trực, trực, hôm nay ai trực, ai trực hôm nay, on call, who is on call, whos on call, who s on call, oncall"
    ),
    "help": _phrases("trợ giúp, giúp, hướng dẫn, giúp đỡ, help, start, menu, lệnh"),
}

LONE: Final[Mapping[str, Verb]] = {"1": "acknowledge"}  # a digit that is a command where nothing else stands
NEEDS_PLACE: Final = frozenset(
    {"nhầm", "không phải", "đúng", "thật", "có thật", "true", "xử lý", "nhận ca", "nhận ca này", "pass", "take", "taken", "change"}
)
"""Phrases of everyday talk: a command only where an incident is named or one of our messages is answered."""

EVERYDAY_ENDS: Final = frozenset({"xong", "xong việc", "done", "fixed", "closed", "close"})
"""The same where free words follow: "xong: đã gửi hàng" may be about anything."""

SEVERITIES: Final[Mapping[str, Severity]] = {
    "khẩn cấp": "critical", "khẩn": "critical", "critical": "critical", "1": "critical", "mức 1": "critical",
    "nghiêm trọng": "major", "major": "major", "2": "major", "mức 2": "major",
    "cần xử lý": "minor", "minor": "minor", "3": "minor", "mức 3": "minor",
    "theo dõi": "watch", "watch": "watch", "4": "watch", "mức 4": "watch",
}  # fmt: skip
ALONE_SEVERITIES: Final = frozenset({"khẩn cấp", "khẩn", "nghiêm trọng", "theo dõi", "critical", "major", "minor"})

REASONS: Final[Mapping[str, str]] = {
    "chiến dịch": "campaign", "chiến dịch của mình": "campaign", "chiến dịch mình": "campaign", "chạy quảng cáo": "campaign", "minigame": "campaign",
    "campaign": "campaign", "our campaign": "campaign", "our own campaign": "campaign",
    "trùng": "duplicate", "trùng sự cố khác": "duplicate", "trùng rồi": "duplicate", "duplicate": "duplicate", "dup": "duplicate",
    "spam": "spam", "seeding": "spam", "rác": "spam",
    "lạc đề": "off_topic", "không liên quan": "off_topic", "off topic": "off_topic", "irrelevant": "off_topic", "unrelated": "off_topic",
    "tin cũ": "old_news", "bài cũ": "old_news", "chuyện cũ": "old_news", "cũ": "old_news", "old": "old_news", "old news": "old_news",
    "hãng khác": "other_brand", "thương hiệu khác": "other_brand", "bên khác": "other_brand", "other brand": "other_brand", "another brand": "other_brand",
    "đã biết": "known", "chuyện đã biết": "known", "biết rồi": "known", "known": "known",
    "báo nhầm": "false_alarm", "nhầm": "false_alarm", "false alarm": "false_alarm",
    "đã xử lý": "fixed", "đã xử lý xong": "fixed", "xử lý xong": "fixed", "xong": "fixed", "fixed": "fixed", "done": "fixed",
    "lắng xuống": "quiet", "đã lắng xuống": "quiet", "đã lắng": "quiet", "hết rồi": "quiet", "quiet": "quiet",
}  # fmt: skip

BEFORE: Final = frozenset(
    _phrases(
        "ok, oke, okie, oki, okay, okla, kk, dạ, vâng, vang, dạ vâng, ừ, uh, ừm, um, ờ, à, ạ, hi, hello, hey, chào, alo, em, e, anh, a, ảnh, chị, c, mình, "
        "m, tôi, t, tui, tớ, để, đã, xin, sẽ, i, ll, ve, will, am, m, have, yes, yep, yeah, sure, please, pls, bot, tocsin, thôi, thì, rồi, nha, rõ, rõ rồi, đã rõ, đã hiểu, hiểu rồi, biết rồi, đây, got it, alright"
    )
)
"""Politeness and pronouns that may stand before a command."""

AFTER: Final = frozenset(
    _phrases(
        "nha, nhe, nhé, ơi, nhá, nghen, nghe, hen, ạ, ah, á, nhen, luôn, liền, ngay, ngay bây giờ, rồi, rùi, r, thôi, em, anh, chị, c, e, sếp, bot, tocsin, mn, "
        "mọi người, cả nhà, team, này, sự cố này, vụ này, việc này, cái này, case này, nó, xử lý, thanks, thank you, thank, you, tks, cảm ơn, cám ơn, please, pls, "
        "now, it, this, one, incident, sự cố, vụ, dạ, vâng, ok, oke"
    )
)
"""What may stand after it."""

ASKED: Final = AFTER | frozenset(_phrases("đi, giùm, dùm, giúp, hộ, với, giúp em, giùm em, dùm em, giúp mình, với ạ, for me"))
"""With it, a wish that somebody else acts: after every command but the one that takes the incident, for that one is said to colleagues so."""

NUMBERED: Final = frozenset(_phrases("số, sự cố, sự cố số, vụ, case, incident, no, số sự cố"))
"""What may stand before an incident's number."""

BECAUSE: Final = frozenset(_phrases("vì, do, lý do, because, reason"))

TITLES: Final = frozenset(_phrases("anh, chị, em, bạn, cô, chú, bác, a, c, e, cho, cho anh, cho chị, cho em, cho bạn, với, to, for, with"))
"""What may stand before a name."""

WHEN: Final = frozenset(
    _phrases("vậy, thế, hôm nay, tối nay, đêm nay, sáng nay, chiều nay, bây giờ, lúc này, giờ này, today, tonight, now")
)

SEEN: Final = frozenset(
    _phrases(
        "ok, oke, okie, oki, okay, okla, kk, rồi, đã xem, đã rõ, đã biết, đã đọc, đã thấy, thấy rồi, xem rồi, biết rồi, đã nhận được, nhận được rồi, nhận được, "
        "đã nhận tin, ghi nhận, đã ghi nhận, dạ, vâng, dạ vâng, ừ, uh, yes, yep, noted, seen, roger, copy, got it, understood, thank you, thanks, cảm ơn, cám ơn, rõ, hiểu rồi, đã hiểu"
    )
)
"""Answers that everybody types and that take nothing."""

DEPARTMENTS: Final = frozenset(
    _phrases("cskh, chăm sóc khách hàng, pháp lý, sản phẩm, truyền thông, pr, kỹ thuật, legal, product, support")
)
