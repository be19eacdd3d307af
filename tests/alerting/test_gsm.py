"""How many messages a text takes, and Vietnamese without marks."""

from __future__ import annotations

import pytest

from alerting.gsm import BASIC, is_gsm, segments, without_marks


def test_the_alphabet_has_its_127_characters_beside_the_escape() -> None:
    assert len(BASIC) == 127


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 8, 2), ("a" * 152 + "€" + "a" * 152, 3),  # the pair does not fit the first and goes whole into the second
        ("ấ" * 70, 1), ("ấ" * 71, 2), ("ấ" * 134, 2), ("ấ" * 135, 3), ("👍" * 35, 1), ("👍" * 36, 2), ("👍" * 66, 2), ("👍" * 67, 3),
    ],
)  # fmt: skip
def test_a_text_takes_as_many_messages_as_the_standard_says(text: str, takes: int) -> None:
    assert segments(text) == takes


def test_without_marks_everything_is_in_the_alphabet_and_still_reads() -> None:
    text = "Đã nhận: “ấm nổ” ở Quận 1… ‹b›＠everyone‹/b› 500.000₫ – 👍 Nguyễn Thị Ưu"
    folded = without_marks(text)
    assert folded == 'Da nhan: "am no" o Quan 1... (b)(at)everyone(/b) 500.000d -  Nguyen Thi Uu'
    assert is_gsm(folded)
    assert without_marks(folded) == folded
