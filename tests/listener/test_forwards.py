"""Whose words are whose in a mail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listener.forwards import bare_subject, is_forward, own_words, parted, when, who

APPLE = """Chị xem giúp.

Begin forwarded message:

> From: Lan Nguyễn <lan@example.org>
> Date: Sat, 21 Nov 2026 09:00:00 +0700
> Subject: Ấm cháy
> To: care@acme.example
>
> Ấm nhà tôi bốc cháy.
> Ai chịu trách nhiệm?
"""
OUTLOOK = """Gấp!

________________________________
Từ: Lan Nguyễn <Lan@Example.org>
Đã gửi: Thứ Bảy, 21 Tháng Mười Một 2026 09:00
Đến: Care
Chủ đề: Ấm cháy

Ấm nhà tôi bốc cháy.
"""


@pytest.mark.parametrize("subject", ["Fwd: Ấm cháy", "FW: x", "Chuyển tiếp: x", "fwd : x"])
def test_a_forward_says_so(subject: str) -> None:
    assert is_forward(subject)
    assert not is_forward(f"Re: {subject}")


@pytest.mark.parametrize(("subject", "bare"), [("RE: Fwd: Ấm", "Ấm"), ("Trả lời: Ấm", "Ấm"), ("Retro: x", "Retro: x"), ("", "")])
def test_a_subject_stands_without_its_prefixes(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


def test_a_mail_forwarded_by_apples_program() -> None:
    note, original = parted(APPLE, "Fwd: Ấm cháy")
    assert original is not None
    assert note == "Chị xem giúp."
    assert original.text == "Ấm nhà tôi bốc cháy.\nAi chịu trách nhiệm?"
    assert (original.name, original.address, original.subject) == ("Lan Nguyễn", "lan@example.org", "Ấm cháy")
    assert original.date == datetime(2026, 11, 21, 2, tzinfo=UTC)


def test_a_mail_forwarded_by_outlook_in_vietnamese() -> None:
    note, original = parted(OUTLOOK, "FW: Ấm cháy")
    assert original is not None
    assert note.startswith("Gấp!")
    assert (original.text, original.address, original.date) == ("Ấm nhà tôi bốc cháy.", "lan@example.org", None)


def test_the_same_under_an_answer_is_a_quotation() -> None:
    own, original = parted(OUTLOOK, "Re: Ấm cháy")
    assert original is None
    assert "bốc cháy" not in own


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Không đồng ý\n\nOn Sat, Nov 21, 2026 at 9:00 AM Acme <a@b.c> wrote:\n> Xin lỗi", "Không đồng ý"),
        ("Không\n\nOn Sat, 21 Nov 2026, Acme wrote:\nXin lỗi chị", "Không"),
        ("Câu 1\n> hỏi\nCâu 2", "Câu 1\nCâu 2"),
        ("Lời\n-- \nLan\n0900", "Lời"),
        ("Lời\nSent from my iPhone", "Lời"),
        ("- gạch đầu dòng\n-- hai gạch trong câu", "- gạch đầu dòng\n-- hai gạch trong câu"),
        ("Vào đây mà xem họ viết: tệ", "Vào đây mà xem họ viết: tệ"),
    ],
)
def test_quotations_and_signatures_are_not_the_writers_words(text: str, own: str) -> None:
    assert own_words(text) == own


def test_a_mail_that_is_nothing_but_a_quotation_keeps_it() -> None:
    assert parted("> Ấm cháy", "x") == ("> Ấm cháy", None)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("Lan <lan@Example.org>", ("Lan", "lan@example.org")),
        ('"Lan" [mailto:lan@example.org]', ("Lan", "lan@example.org")),
        ("*Lan* <lan@example.org>", ("Lan", "lan@example.org")),
        ("Lan", ("Lan", None)),
        ("", ("", None)),
    ],
)
def test_a_sender_is_a_name_and_an_address(value: str, told: tuple[str, str | None]) -> None:
    assert who(value) == told


@pytest.mark.parametrize("value", ["", "hôm qua", "Sat, 21 Nov 2026 09:00:00", "Sat, 21 Nov 99999 09:00:00 +0700"])
def test_a_time_without_a_zone_is_unknown(value: str) -> None:
    assert when(value) is None
