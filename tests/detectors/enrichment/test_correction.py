"""A correction moves a judgement, within bounds, and stands by no more than it may."""

import numpy as np
import pytest

from core.records import Sentiment
from detectors.enrichment.correction import BITS, Correction, words_of

UNSURE = Sentiment(negative=0.3, neutral=0.4, positive=0.3, confident=False)
SURE = Sentiment(negative=0.1, neutral=0.1, positive=0.8, confident=True)


def test_a_text_without_words_is_left_as_it_is():
    correction = Correction(version="x", bias=3.0, slope=1.0, words=np.zeros(1 << BITS), threshold=0.5)
    for text in ("", " \n ", "!!! ..."):
        assert correction.apply(text, UNSURE) is UNSURE


def test_what_is_taken_for_something_else_is_no_longer_stood_by():
    correction = Correction(version="x", bias=4.0, slope=1.0, words=np.zeros(1 << BITS), threshold=0.95)
    assert correction.apply("ừ", SURE).confident is False
    unchanged = Correction(version="x", bias=0.0, slope=1.0, words=np.zeros(1 << BITS), threshold=0.95)
    assert unchanged.apply("ừ", SURE).confident is True


@pytest.mark.parametrize("text", ["đá " * 50_000, "\ud800 vỡ", "🙂" * 4_000, "Đường duong", "hoà hòa"])
def test_words_of_any_text_are_found_within_bounds(text):
    found = words_of(text)
    assert np.array_equal(found, np.unique(found))
    assert found.size < 20_000
    assert not found.size or (found[0] >= 0 and found[-1] < 1 << BITS)


def test_marks_make_no_difference_to_words():
    assert np.array_equal(words_of("Nóng quá"), words_of("nong qua"))
