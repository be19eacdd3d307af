"""Looking before tidying changes nothing but the time."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from core.tidy import BREAKS, INVISIBLE, MAX_MARKS, clean, is_plain, tidy, unpile

ODD = (
    "\t\r\x0b\x1c\x85\xa0\xad\u034f\u115f\u17b4\u180b\u180f\u2003\u200b\u200d\u2028\u2065\u3000\u3164\ufe0f\uffa0\ufffe\U000e0020\U000e0100"
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=f"ab ấđ.\u0301\u0323😡🏽\n {ODD}", max_size=30),
    st.text(alphabet="a \u0323\u0301", max_size=90),
    st.text(st.characters(), max_size=20),
)


def thoroughly(text: str) -> str:
    """Every step, needed or not."""
    emoji = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
    text = INVISIBLE.sub("", BREAKS.sub("\n", text))
    text = re.sub(f"(?<![{emoji}])\u200d|\u200d(?![{emoji}])", "", text)
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    text = unicodedata.normalize("NFC", "".join(kept))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", re.sub(r"[^\S\n]+", " ", text))).strip()


@settings(deadline=None, derandomize=True, max_examples=200)
@given(TEXTS)
def test_a_text_is_tidied_as_if_every_step_were_taken(text: str) -> None:
    assert tidy(text) == thoroughly(text)
    assert clean(text, 100) == thoroughly(text)[:100].rstrip("\u200d \n") or len(thoroughly(text)) > 100


@settings(deadline=None, derandomize=True, max_examples=150)
@given(TEXTS)
def test_a_plain_text_has_nothing_to_lose(text: str) -> None:
    if is_plain(text):
        assert not INVISIBLE.search(text)
        assert not BREAKS.search(text)
        assert set(filter(str.isspace, text)) <= {" ", "\n", "\t", "\xa0"}


def test_every_invisible_character_is_seen() -> None:
    assert not [hex(code) for code in range(0x110000) if INVISIBLE.match(chr(code)) and is_plain(f"a{chr(code)}b")]


def test_a_pile_of_marks_is_found_wherever_it_stands() -> None:
    for before in range(70):
        assert len(unpile("b" * before + "a" + "\u0323" * (MAX_MARKS + 1))) == before + 1 + MAX_MARKS
        assert unpile("b" * before + "a" + "\u0323" * MAX_MARKS) == "b" * before + "a" + "\u0323" * MAX_MARKS
