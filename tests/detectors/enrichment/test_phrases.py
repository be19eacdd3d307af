"""Phrases: where many of them stand in one text."""

from __future__ import annotations

from detectors.enrichment.phrases import Phrases


def test_phrases_are_found_in_the_order_of_the_text_each_with_all_that_was_learnt_with_it():
    phrases = Phrases[str]()
    for words, item in (
        ("tay chay", "boycott"),
        ("tay", "hand"),
        ("tay chay acme", "boycott of acme"),
        ("tay chay", "again"),
        ("acme", "brand"),
    ):
        phrases.learn(words.split(), item)
    assert list(phrases.find(["hay", "tay", "chay", "acme", "tay"])) == [
        (1, 2, "hand"),
        (1, 3, "boycott"),
        (1, 3, "again"),
        (1, 4, "boycott of acme"),
        (3, 4, "brand"),
        (4, 5, "hand"),
    ]
    assert list(phrases.find([])) == []
