"""The prefilter: whatever a query's literals stand in is a candidate, at any size and in any dress."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.prefilter import Prefilter
from core.query import parse
from core.text import clean
from core.tokens import bare_text

QUERIES = ("acme", '"ấm siêu tốc"', "NOT acme", "小米 OR 🔥", '"acme kettle" OR "bóc phốt"', "lừa NEAR/2 đảo")
PIECES = [
    "acme",
    "Acmeee",
    "ấm",
    "am",
    "siêu",
    "siêu-tốc",
    "tốc",
    "小米",
    "🔥",
    ", ",
    " ",
    "b.ó.c",
    "ph.ố.t",
    "l0",
    "kettle",
    "аcme",
    "lừa đả0",
    "ò",
    "x",
]
DRESSES = [
    "Acme!",
    "ACME",
    "#acme",
    "“acme”",
    "acme’s",
    "acmeee",
    "ácme",
    "аcme",
    "ac\u200bme",
    "ａｃｍｅ",
    "acme小米",
    "it is acme.",
    "🔥acme🔥",
]
HOSTILE = ["a" * 100_000, "🔥" * 30_000, "\ud800acme\udc00" * 5_000, "\u0301" * 50_000, "a0" * 50_000, "l.u.a." * 5_000, "小" * 10_000]


def candidates(query: str, text: str) -> bool:
    return Prefilter([parse(query)]).candidates([clean(text)]) == [[0]]


@pytest.mark.parametrize("text", DRESSES)
def test_a_word_is_found_in_any_dress(text: str):
    assert candidates("acme", text)


@pytest.mark.parametrize("text", ["acmes", "macme", "ac me", "acme_1", "acmeไทย", ""])
def test_a_part_of_a_word_is_no_word(text: str):
    assert not candidates("acme", text)


@pytest.mark.parametrize("text", ["ấm siêu tốc", "Ấm, siêu... tốc", "am sieu toc", "AM-SIÊU\ntốc", "âm siêu tộc"])
def test_a_phrase_is_found_across_what_stands_between_its_words(text: str):
    assert candidates('"ấm siêu tốc"', text)


def test_queries_are_told_in_order_and_those_without_literals_always():
    prefilter = Prefilter(map(parse, QUERIES))
    assert prefilter.candidates(["小米", "Bóc phốt ấm siêu tốc Acme", "lừa đả0", "gì đó"]) == [[2, 3], [0, 1, 2, 4], [2, 5], [2]]


def test_neither_texts_nor_queries_are_needed():
    assert Prefilter([]).candidates(["acme"]) == [[]]
    assert Prefilter([parse("acme")]).candidates([]) == []


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=5))
@settings(max_examples=50, deadline=None)
def test_a_text_with_a_literal_is_a_candidate_and_no_other_is(texts: list[str]):
    queries = [parse(query) for query in QUERIES]
    for text, found in zip(texts, Prefilter(queries).candidates(texts), strict=True):
        needed = [query.literals() for query in queries]
        standing = [index for index, literals in enumerate(needed) if literals is None or any(each in bare_text(text) for each in literals)]
        assert found == standing


def test_hostile_texts_take_time_that_grows_with_their_length_alone():
    prefilter = Prefilter([parse(" OR ".join(f"w{at}x{part}" for part in range(1_000))) for at in range(4)])
    began = time.process_time()
    assert prefilter.candidates([*HOSTILE, "w3x999 w9"]) == [*([] for _ in HOSTILE), [3]]
    assert time.process_time() - began < 10
