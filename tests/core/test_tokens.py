"""Tokens, and the rule for Vietnamese marks."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.tokens import agree, form, tokens


def forms(text: str) -> list[str]:
    return [token.form for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ấm siêu-tốc nổ!", ["ấm", "siêu", "tốc", "nổ"]),
        ("HOÀ hoà hòa", ["hòa", "hòa", "hòa"]),
        ("tẩy chayyyy", ["tẩy", "chay"]),
        ("l.ừ.a đ.ả.o, b.ó.c ph.ố.t", ["lừa", "đảo", "bóc", "phốt"]),
        ("lừa đả0 100 s10", ["lừa", "đảo", "100", "s10"]),
        ("cháy🔥🔥", ["cháy", "🔥", "🔥"]),
        ("小米手机", ["小", "米", "手", "机"]),
        ("हिन्दी", ["हिन्दी"]),
        ("", []),
        ("... !?", []),
        ("l.u.a." * 2_000, ["l", "u", "a"] * 2_000),
    ],
)
def test_text_falls_into_tokens(text: str, expected: list[str]):
    assert forms(text) == expected


def test_hashtags_and_handles_are_told_from_addresses():
    assert [(token.prefix, token.form) for token in tokens("#acme @lan a@b")] == [("#", "acme"), ("@", "lan"), ("", "a"), ("", "b")]


@pytest.mark.parametrize(
    ("asked", "found", "answer"),
    [
        ("đường", "đường", True),
        ("đường", "dương", None),
        ("đường", "duong", False),
        ("duong", "đường", True),
        ("duong", "dương", True),
        ("lừa đảo", "lừa dao", False),
        ("mất hàng", "mặt hàng", None),
        ("lua đảo", "lừa đảo", True),
    ],
)
def test_marks_agree_syllable_by_syllable(asked: str, found: str, answer: bool | None):
    assert agree(asked.split(), found.split()) is answer


@given(st.text(max_size=80))
@example("@ぁ")
@example("#漢字と #tag")
def test_tokens_stand_where_they_say(text: str):
    for token in tokens(text):
        assert form(text[token.start + len(token.prefix) : token.end]) == token.form != ""
