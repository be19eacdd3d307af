"""Expressions are found as people type them."""

from __future__ import annotations

import pytest

from core.tokens import tokens
from detectors.enrichment.expressions import Expressions

ASKS = Expressions({"asks": ["cho em hỏi", "không ạ"], "drinks": ["=rượu cần"]})


def heard(text: str) -> list[str]:
    return [found.expression for found in ASKS.find(tokens(text))]


@pytest.mark.parametrize("text", ["Cho em hỏi", "cho em hoi", "CHO EM HOI", "cho em hỏiii"])
def test_with_marks_without_and_in_teencode(text: str):
    assert heard(text) == ["cho em hỏi"]


def test_marks_that_disagree_are_another_word():
    assert heard("cho em hới") == []
    assert heard("còn không ạ") == heard("con ko a") == heard("còn k a") == ["không ạ"]


def test_an_expression_that_needs_its_marks_is_not_found_without():
    assert heard("uống rượu cần") == ["rượu cần"]
    assert heard("uong ruou can") == []


def test_places_are_told_in_tokens():
    assert [(found.start, found.end) for found in ASKS.find(tokens("dạ cho em hỏi, còn không ạ"))] == [(1, 4), (5, 7)]
