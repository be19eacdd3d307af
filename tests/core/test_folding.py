"""Folding: the quick look gives the bare forms that tokens have."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.folding import fold
from core.tokens import bare_text

TRICKY = "ab.#@_0 1\u0301\u0323éđĐ🔥東あ.аА\u200dㅋΣｶﾞ½ﬁ\n-'İıßKſ①²ªⅢẞไทย한ﾠ\u115f…“’\x06𝛂"


def words(text: str) -> list[str]:
    folded = fold([text])
    return [word for word in folded.forms[: folded.ends[0]].decode().split() if word.isprintable()]


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nó chayyyy rồi", ["no", "chay", "roi"]),
        ("lừa đả0!\n0ng", ["lua", "dao", "ong"]),
        ("l.ừ.a đ.ả.o", ["lua", "dao"]),
        ("an аcme with a Cyrillic letter", ["an", "acme", "with", "a", "cyrillic", "letter"]),
        ("ﬁne", ["fine"]),
    ],
)
def test_what_needs_its_neighbours_is_read_with_them(text: str, expected: list[str]):
    assert words(text) == expected


def test_texts_with_words_beyond_ascii_are_told():
    assert fold(["acme 小米", "ấm acme", "đẹp 🔥"]).beyond == {0, 2}


def test_texts_are_kept_apart():
    folded = fold(["Acme", "", "ấm, to", "chayyy", "đả0"])
    assert folded.forms == b" acme \x06 \x06 am to \x06 chay \x06 dao \x06 "
    assert [folded.forms[end] for end in folded.ends] == [6, 6, 6, 6, 6]


@given(st.lists(st.text(alphabet=TRICKY, max_size=12) | st.text(max_size=20), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
@example(["é_0é_0"])
@example(["K.²K.²"])
@example(["0𝛂"])
@example(["ⅢⅢ"])
@example(["\u0301"])
@example(["a\u0131\u03010"])
@example(["⑴"])
def test_words_are_as_tokens_have_them(texts: list[str]):
    folded = fold(texts)
    for at, (text, quick) in enumerate(zip(texts, folded.forms.decode().split("\x06"), strict=False)):
        exact = bare_text(text).split()
        # a number in brackets that is one character is its number here
        assert [word for word in quick.split() if word.isprintable()] == [word.strip("()") for word in exact if word.isascii()]
        assert at in folded.beyond or all(map(str.isascii, exact))
        assert "  " not in quick
