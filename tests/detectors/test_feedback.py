"""What few judgements of people teach: nothing rash, nothing that depends on their order, and soon what the team sees."""

import numpy as np
import pytest

from core.records import Sentiment
from detectors.enrichment.correction import log_odds
from detectors.feedback import FEWEST, Labelled, learn

UNSURE = Sentiment(negative=0.3, neutral=0.4, positive=0.3, confident=False)


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
