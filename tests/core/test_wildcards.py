"""Wildcards: letters left open within a word, with the rule for Vietnamese marks."""

from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tokens import bare
from core.wildcards import agrees, ends, fits, forms_of


@pytest.mark.parametrize(
    ("pattern", "form", "answer"),
    [
        ("kett*", "kettles", True),
        ("kett*", "kett", True),
        ("kett*", "ketchup", None),
        ("*phone", "iphone", True),
        ("*phone", "phones", None),
        ("s*g", "song", True),
        ("s*g", "sg", True),
        ("s*g", "g", None),
        ("đư*ng", "đường", True),
        ("đư*ng", "duong", False),
        ("đư*", "dương", None),
        ("duo*", "đường", True),
        ("hoà*", "hòa", True),
        ("hoà*", "hoàn", True),
        ("hòa*", "hoàn", True),
    ],
)
def test_a_word_fits_as_its_marks_allow(pattern: str, form: str, answer: bool | None):
    assert fits(pattern, form) is answer


def test_words_in_a_row_agree_one_by_one():
    assert agrees(("ấm", "acm*"), ("ấm", "acmeville")) is True
    assert agrees(("ấm", "acm*"), ("am", "acme")) is False
    assert agrees(("ấm", "acm*"), ("âm", "acme")) is None
    assert agrees(("ấm",), ("ấm", "acme")) is None


def test_stars_stay_in_the_forms():
    assert forms_of("Acme-Kett*") == ("acme", "kett*")
    assert forms_of("Ấm") == ("ấm",)


@pytest.mark.parametrize("typed", ["*", "k*", "**", "acme k*", "小*"])
def test_a_star_with_too_little_beside_it_is_refused(typed: str):
    with pytest.raises(ValueError, match="at least 2"):
        forms_of(typed)


@given(st.text("ab*", min_size=1, max_size=8), st.text("ab", min_size=1, max_size=8))
def test_a_pattern_means_what_the_shell_says(pattern: str, form: str):
    stretched = any(letter * 3 in each for letter in "ab" for each in (pattern, form))  # is taken back before anything is compared
    if "*" in pattern and not stretched:
        assert (fits(pattern, form) is True) is fnmatch.fnmatchcase(form, pattern)


@given(st.text("ab*", min_size=2, max_size=6), st.text("ab", min_size=1, max_size=6))
def test_what_fits_begins_and_ends_as_the_pattern_does(pattern: str, form: str):
    if "*" in pattern and fits(pattern, form):
        first, last = ends(pattern)
        assert bare(form).startswith(first)
        assert bare(form).endswith(last)


def test_many_stars_take_no_time():
    started = time.process_time()
    assert fits("a*" * 50 + "b", "a" * 5_000 + "c") is None
    assert time.process_time() - started < 0.5
