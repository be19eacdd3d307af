"""Where sentences end, in Vietnamese and English as people write them."""

from __future__ import annotations

import time

import pytest

from detectors.enrichment.sentences import holding, sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Samsung tệ quá. Acme thì tuyệt vời!", ["Samsung tệ quá. ", "Acme thì tuyệt vời!"]),
        ("Dr. Lan ở TP. Vinh trả 3.5tr. rẻ", ["Dr. Lan ở TP. Vinh trả 3.5tr. ", "rẻ"]),
        ("hay quá!!! mua ngay nha… ok", ["hay quá!!! ", "mua ngay nha… ", "ok"]),
        ('He said "no." Then he left', ['He said "no." ', "Then he left"]),
        ("một dòng\n\nmột dòng nữa", ["một dòng\n\n", "một dòng nữa"]),
        ("see tocsin.example now", ["see tocsin.example now"]),
        ("...", ["..."]),
        ("", [""]),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text: str, parts: list[str]):
    assert [text[begin:end] for begin, end in sentences(text)] == parts


def test_the_sentences_that_hold_a_place_are_kept():
    text = "Samsung tệ quá. Acme thì tuyệt vời! Thôi nhé."
    at = text.index("Acme")
    assert holding(text, [(at, at + 4)]) == "Acme thì tuyệt vời! "


def test_nothing_is_kept_where_it_would_be_everything_or_nothing():
    assert holding("Acme tốt. Acme bền.", [(0, 4), (10, 14)]) == ""
    assert holding("Acme tốt", [(0, 4)]) == ""
    assert holding("Tốt. Bền.", []) == ""


@pytest.mark.parametrize("text", ["!" * 50_000 + "a", ". " * 50_000, '(.“"' * 30_000, '"' * 50_000 + "." + '"' * 50_000, "\n" * 100_000])
def test_hostile_texts_take_time_that_grows_with_their_length(text: str):
    began = time.process_time()
    sentences(text)
    assert time.process_time() - began < 1
