"""What `docs/models.md` says of the shipped sentiment models holds on the validation sets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.text import unmarked
from detectors.enrichment.sentiment_model import load_models
from detectors.enrichment.training import measure

TWEETS = ("arabic", "french", "german", "hindi", "italian", "portuguese", "spanish")
LABELS = ("negative", "neutral", "positive")


def judged(folder: Path, language: str, file: str, *, without_marks: bool = False) -> tuple[measure.Labels, measure.Probabilities]:
    lines = [json.loads(line) for line in (folder / "sentiment" / f"{file}.jsonl").read_text("utf-8").splitlines()]
    texts = [unmarked(line["text"]) if without_marks else line["text"] for line in lines]
    return np.array([LABELS.index(line["label"]) for line in lines]), load_models()[language].probabilities(texts)


@pytest.mark.shared
def test_english_is_as_good_as_told(shared: Path):
    truth, found = judged(shared, "en", "en-tweeteval-val")
    assert measure.macro_recall(truth, found.argmax(axis=1)) > 0.71
    assert measure.f1(truth, found.argmax(axis=1), 0) > 0.57
    assert measure.area(truth == 0, found[:, 0]) > 0.89
    assert measure.calibration_error(truth, found) < 0.05


@pytest.mark.shared
@pytest.mark.parametrize("without_marks", [False, True])
def test_vietnamese_is_as_good_as_told_with_and_without_marks(shared: Path, *, without_marks: bool):
    truth, found = judged(shared, "vi", "vi-vsfc-dev", without_marks=without_marks)
    assert measure.macro_f1(truth, found.argmax(axis=1)) > 0.76
    assert measure.f1(truth, found.argmax(axis=1), 0) > 0.90
    assert measure.calibration_error(truth, found) < 0.05
    assert measure.confident_negatives(truth, found, load_models()["vi"].threshold)[0] > 0.85


@pytest.mark.shared
def test_seven_more_languages_are_as_good_as_told(shared: Path):
    recalls = []
    for language in TWEETS:
        truth, found = judged(shared, "xx", f"{language}-umsab-val")
        recalls.append(measure.macro_recall(truth, found.argmax(axis=1)))
    assert sum(recalls) / len(recalls) > 0.57
