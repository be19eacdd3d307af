"""What few judgements of people teach: nothing rash, nothing that depends on their order, and soon what the team sees."""

import numpy as np
import pytest

from core.records import Sentiment
from detectors.enrichment.correction import BITS, Correction, log_odds, words_of
from detectors.feedback import FEWEST, Labelled, learn

UNSURE = Sentiment(negative=0.3, neutral=0.4, positive=0.3, confident=False)
SURE = Sentiment(negative=0.1, neutral=0.1, positive=0.8, confident=True)


def said(number: int, *, negative: bool, said: Sentiment = UNSURE) -> Labelled:
    words = "máy nóng quá, hao pin" if negative else "máy mát, pin bền"
    return Labelled(mention_id=number, text=f"{words} lần {number}", said=said, negative=negative)


def team(count: int) -> list[Labelled]:
    """Judgements of a model that cannot tell them apart."""
    return [said(number, negative=number % 3 == 0) for number in range(count)]


def test_under_ten_labels_nothing_changes():
    learnt = learn(team(FEWEST - 1), "m1")
    assert (learnt.labels, learnt.correction, learnt.loss_before) == (9, None, None)


def test_labels_of_one_kind_teach_nothing():
    assert learn([said(number, negative=True) for number in range(50)], "m1").correction is None


def test_the_team_s_own_words_are_learnt():
    learnt = learn(team(60), "m1")
    correction = learnt.correction
    assert correction is not None
    assert learnt.loss_after < learnt.loss_before
    hot = correction.apply("điện thoại nóng quá, hao pin lắm", UNSURE)
    cool = correction.apply("điện thoại mát, pin bền", UNSURE)
    assert (hot.label, hot.confident) == ("negative", True)
    assert cool.label != "negative"
    assert not cool.confident  # the model was not, and nobody taught it otherwise
    for each in (hot, cool):
        assert each.negative + each.neutral + each.positive == pytest.approx(1.0)
    assert cool.positive / cool.neutral == pytest.approx(UNSURE.positive / UNSURE.neutral)


def test_labels_that_say_nothing_new_are_not_used():
    random, even = np.random.default_rng(7), Sentiment(negative=0.5, neutral=0.3, positive=0.2, confident=False)
    noise = [
        Labelled(mention_id=number, text=f"từ {random.integers(1000)}", said=even, negative=bool(random.integers(2)))
        for number in range(80)
    ]
    learnt = learn(noise, "m1")
    assert (learnt.labels, learnt.correction) == (80, None)
    assert learnt.loss_after >= learnt.loss_before


def test_the_same_labels_teach_the_same_in_any_order():
    labels = team(40)
    one, other = learn(labels, "m1").correction, learn(labels[::-1], "m1").correction
    assert (one.version, one.bias, one.threshold) == (other.version, other.bias, other.threshold)
    assert np.array_equal(one.words, other.words)
    assert learn(labels[:-1], "m1").correction.version != one.version
    assert learn(labels, "m2").correction.version != one.version


def test_a_hundred_labels_move_a_stranger_s_text_little():
    correction = learn(team(100), "m1").correction
    moved = correction.apply("hội nghị thượng đỉnh khai mạc", UNSURE)
    assert abs(log_odds(moved) - log_odds(UNSURE)) < 1.0


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
