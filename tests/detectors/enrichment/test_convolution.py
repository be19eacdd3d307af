"""The network reads a text the same alone and in a batch, and learns what the order of words means."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.enrichment.convolution import UNKNOWN, Convolution

WORDS = ("not", "good", "bad")
SIZE = 2


@pytest.fixture(scope="module")
def network() -> Convolution:
    drawn = np.random.default_rng(1)

    def some(*shape: int) -> np.ndarray:
        return drawn.normal(size=shape).astype(np.float32)

    vectors = some(len(WORDS) + 2, 4)
    vectors[0] = 0
    rows = {word: row for row, word in enumerate(WORDS, start=2)}
    return Convolution(rows, vectors, some(4, 6 * SIZE), some(3 * SIZE), some(6 * SIZE, 3), some(3))


def by_hand(network: Convolution, words: list[str]) -> np.ndarray:
    """The same answers, place by place."""
    padded = [np.zeros(4), *(network.vectors[network.rows.get(word, UNKNOWN)] for word in words), np.zeros(4)]
    slices = [network.filters[:, at * SIZE : (at + 1) * SIZE] for at in range(6)]
    answers = []
    for at in range(1, len(words) + 1):
        before, here, after = padded[at - 1 : at + 2]
        one, two = here @ slices[0], here @ slices[1] + after @ slices[2]
        three = before @ slices[3] + here @ slices[4] + after @ slices[5]
        answers.append(np.maximum(np.concatenate([one, two, three]) + network.bias, 0))
    pooled = np.concatenate([np.max(answers, axis=0), np.mean(answers, axis=0)])
    return pooled @ network.out + network.out_bias


@pytest.mark.parametrize("text", ["good", "not good", "bad not good bad", "what is good"])
def test_the_answers_are_those_of_filters_at_each_place(network: Convolution, text: str):
    assert network.scores([text])[0] == pytest.approx(by_hand(network, text.split()), abs=1e-5)


def test_a_text_is_judged_the_same_alone_and_in_a_batch(network: Convolution):
    texts = ["good", "", "not good", "x y z", "bad bad bad bad"]
    assert np.allclose(network.scores(texts), [network.scores([text])[0] for text in texts], atol=1e-5)


def test_the_order_of_words_counts(network: Convolution):
    assert not np.allclose(network.scores(["not good bad"]), network.scores(["not bad good"]))


def test_a_text_without_words_is_one_unknown_word(network: Convolution):
    assert np.array_equal(network.scores([""]), network.scores(["never"]))
