"""How right the shipped sentiment models are, beside peers in the same run.

    python -m bench.sentiment [--data ../shared/data/sentiment] [--folds 5 [--only vi]]

Validation sets, with the shipped weights; every figure in percent with the middle 95 % of 1,000 bootstrap samples. Peers: VADER (lexicon and rules,
English), and TF-IDF with logistic regression, trained here on the same texts. `--folds` trains anew instead, without each fold in turn
(slow: about as long as `make train` for each), and prints what the models say of texts that they did not see.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from threadpoolctl import threadpool_limits
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from core.text import unmarked
from detectors.enrichment.sentiment_model import load_models
from detectors.enrichment.training import measure
from detectors.enrichment.training.data import TWEETS, read
from detectors.enrichment.training.train import RECIPES, SEED, calibrated, fitted, folds, judged

LABELS = ("negative", "neutral", "positive")
VADER_STANDS = 0.05  # its authors' threshold of the compound score
Judge = Callable[[Sequence[str]], measure.Probabilities]


class Test(NamedTuple):
    """A set to judge on, the shipped model for it, the set that the linear peer is trained on."""

    file: str
    model: str
    train: str


TESTS = (
    Test("en-tweeteval-val", "en", "en-semeval-train"),
    Test("vi-vsfc-dev", "vi", "vi-vsfc-train"),
    *(Test(f"{language}-umsab-val", "xx", f"{language}-umsab-train") for language in TWEETS),
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/sentiment"))
    parser.add_argument("--folds", type=int, default=0, help="train anew without each of the first N fifths in turn")
    parser.add_argument("--only", nargs="*", default=list(RECIPES), help="models: en, vi, xx")
    asked = parser.parse_args()
    print(f"{'set':36} {'who':22} {'texts':>6} {'macro recall':>18} {'macro F1':>18} {'negative F1':>18} {'AUC':>5} {'ECE':>5}")
    with threadpool_limits(1):
        for name in asked.only:
            if asked.folds:
                cross_validate(asked.data, name, asked.folds)
            else:
                validate(asked.data, [test for test in TESTS if test.model == name])


def validate(folder: Path, tests: Sequence[Test]) -> None:
    """Ours and the peers on validation sets."""
    for test in tests:
        texts, truth = labelled(folder, test.file)
        ours = load_models()[test.model].probabilities
        say(test.file, "ours", truth, ours(texts))
        if test.model == "vi":
            say(f"{test.file}, without marks", "ours", truth, ours([unmarked(text) for text in texts]))
        if test.model == "en":
            say(test.file, "VADER", truth, vader(texts))
        say(test.file, "TF-IDF and regression", truth, linear(folder, test.train)(texts))


def cross_validate(folder: Path, name: str, count: int) -> None:
    """Our recipe on texts that it did not see, set by set; calibrated on the fold itself but for two numbers."""
    recipe = RECIPES[name]
    texts = read(folder, recipe.sources)
    number = folds(len(texts.source))
    said: dict[bool, measure.Probabilities] = {bare: np.zeros((len(number), 3), dtype=np.float32) for bare in (False, True)}
    for fold in range(count):
        held_out = number == fold
        model, rest = fitted(texts.only(~held_out), recipe), texts.only(held_out)
        model = calibrated(model, judged(model, rest), rest)
        for bare, found in said.items():
            found[held_out] = model.blended(judged(model, rest, bare=bare))
    for at, source in enumerate(recipe.sources):
        here = (texts.source == at) & (number < count)
        if texts.means[here].sum(axis=1).max() == 1:  # a set that was labelled for sentiment
            for bare in (False, True) if recipe.copies else (False,):
                say(f"{source.file}, {count} folds{', without marks' * bare}", "ours", texts.means[here].argmax(axis=1), said[bare][here])


def vader(texts: Sequence[str]) -> measure.Probabilities:
    """Its label as a probability of one; ties between labels are told by the compound score, so that it has an AUC."""
    judge = SentimentIntensityAnalyzer()
    compound = np.array([judge.polarity_scores(text)["compound"] for text in texts])
    label = np.where(compound <= -VADER_STANDS, 0, np.where(compound >= VADER_STANDS, 2, 1))
    found: measure.Probabilities = (np.eye(3)[label] + 0.1 * np.column_stack((-compound, np.zeros(len(texts)), compound))).astype(
        np.float32
    )
    return found


def linear(folder: Path, train: str) -> Judge:
    """TF-IDF of words, pairs and pieces of words, logistic regression with balanced labels."""
    texts, truth = labelled(folder, train)
    words = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
    pipeline = make_pipeline(make_union(words, pieces), LogisticRegression(C=1.0, class_weight="balanced", max_iter=200))
    found: Judge = pipeline.fit(texts, truth).predict_proba
    return found


def labelled(folder: Path, file: str) -> tuple[list[str], measure.Labels]:
    """Texts and labels of a set."""
    lines = [json.loads(line) for line in (folder / f"{file}.jsonl").read_text("utf-8").splitlines()]
    return [line["text"] for line in lines], np.array([LABELS.index(line["label"]) for line in lines])


def say(name: str, who: str, truth: measure.Labels, found: measure.Probabilities) -> None:
    """A row of the table."""
    figures = (measure.macro_recall, measure.macro_f1, partial(measure.f1, label=0))
    told = [f"{measure.interval(figure, truth, found.argmax(axis=1), SEED):>18}" for figure in figures]
    calibration = f"{100 * measure.calibration_error(truth, found):5.1f}" if who != "VADER" else "    -"
    print(
        f"{name:36} {who:22} {len(truth):>6} {' '.join(told)} {100 * measure.area(truth == 0, found[:, 0]):5.1f} {calibration}", flush=True
    )


if __name__ == "__main__":
    main()
