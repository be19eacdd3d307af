"""Counts as people type them."""

import pytest

from core.text import unmarked
from listener.counters import counters, number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("120", 120), ("0", 0), ("1,2k", 1200), ("1.2K", 1200), ("12.500", 12500), ("12,500", 12500), ("1 500", 1500), ("1.234.567", 1_234_567),
        ("3tr", 3_000_000), ("1tr2", 1_200_000), ("12k5", 12500), ("1,5 triệu", 1_500_000), ("12 nghìn", 12000), ("2 ngàn", 2000), ("1.2M", 1_200_000),
        ("1 tỷ", 10**9), ("~120", 120), ("120+", 120), (" 7 ", 7), ("１２０", 120),
    ],
)  # fmt: skip
def test_a_number_as_it_is_meant(text: str, value: int) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["", "x", "-3", "1.5", "1,25", "1.2.3", "12.34.567", "1,234.567", "120x", "k", "9999999999999999", "1e5", "nhiều", "1.2.3k"]
)
def test_what_is_no_number_or_could_be_two_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("thích 120, bình luận 45, chia sẻ 12", {"likes": 120, "comments": 45, "shares": 12}),
        ("120 lượt thích 45 bình luận", {"likes": 120, "comments": 45}),
        ("👍 120 💬 45 ↗ 12", {"likes": 120, "comments": 45, "shares": 12}),
        ("like: 1,2k cmt: 340 share: 12", {"likes": 1200, "comments": 340, "shares": 12}),
        ("khoảng 120 like và 30 cmt", {"likes": 120, "comments": 30}),
        ("12k thành viên", {"members": 12000}),
        ("12k5 lượt xem | tim 3tr", {"views": 12500, "likes": 3_000_000}),
        ("thích 1, thích 2", {}),
        ("mình thích 2 cái này", {}),
        ("120", {}),
        ("", {}),
    ],
)
def test_a_line_of_counters(line: str, found: dict[str, int]) -> None:
    assert counters(unmarked(line)) == found
