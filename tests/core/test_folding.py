"""Folding: the quick look gives the bare forms, or says that it cannot."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.folding import fold
from core.tokens import bare_text

TRICKY = "ab.#@_0 1\u0301\u0323éđĐ🔥東あ.аА\u200dㅋΣｶﾞ½ﬁ\n-'İıßKſ①²ªⅢẞไทย한ﾠ\u115f…“’\x06𝛂"
A_LETTER_ELSEWHERE = "\x04"


def words(text: str, *, ascii_words: bool = True) -> list[str] | None:
    folded = fold([text], ascii_words=ascii_words)
    return None if folded.doubtful else folded.forms[: folded.ends[0]].decode().split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ấm siêu-tốc NỔ!", ["am", "sieu", "toc", "no"]),
        ("Đường ĐÊM 10k, 100 cái", ["duong", "dem", "10k", "100", "cai"]),
        ("“Acme” — it’s ｆｉｎｅ 🔥", ["acme", "it", "s", "fine"]),
        ("ho\u0300a", ["hoa"]),
        ("acme手机", ["acme"]),
        ("", []),
    ],
)
def test_letters_lose_case_and_marks(text: str, expected: list[str]):
    assert words(text) == expected


@pytest.mark.parametrize("text", ["chayyyy", "đả0", "0ng", "l.ừ.a đ.ả.o", "аcme with a Cyrillic letter", "ﬁne", "\ud800"])
def test_what_needs_its_neighbours_is_doubtful(text: str):
    assert words(text) is None


def test_where_other_scripts_are_looked_for_their_texts_are_doubtful():
    assert words("acme 小米", ascii_words=False) is None
    assert words("ấm acme", ascii_words=False) == ["am", "acme"]


def test_texts_are_kept_apart():
    folded = fold(["Acme", "", "ấm, to", "chayyy"], ascii_words=True)
    assert folded.forms == b" acme \x06 \x06 am to \x06 chayyy \x06 "
    assert folded.doubtful == {3}
    assert [folded.forms[end] for end in folded.ends] == [6, 6, 6, 6]


@given(st.lists(st.text(alphabet=TRICKY, max_size=12) | st.text(max_size=20), min_size=1, max_size=3), st.booleans())
@settings(max_examples=100, deadline=None)
@example(["é_0é_0"], True)
@example(["K.²K.²"], True)
@example(["0𝛂"], True)
@example(["ⅢⅢ"], True)
@example(["\u0301"], False)
def test_what_is_not_doubtful_is_as_tokens_have_it(texts: list[str], ascii_words: bool):
    folded = fold(texts, ascii_words=ascii_words)
    for at, (text, quick) in enumerate(zip(texts, folded.forms.decode().split("\x06"), strict=False)):
        if at not in folded.doubtful:
            exact = bare_text(text).split()
            expected = [word for word in exact if word.isascii()] if ascii_words else exact
            assert [word for word in quick.split() if A_LETTER_ELSEWHERE not in word] == expected
            assert "  " not in quick
