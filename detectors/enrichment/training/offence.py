"""The recipe of the offensive-language models, a step of `make train`.

    python -m detectors.enrichment.training.offence --data ../shared/data/sentiment

For each language: fit on folds, find slope, bias and threshold on the texts held out, fit on all, write. Prints the figures of `docs/models.md`.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.text import unmarked
from detectors.enrichment.features import SIZE, Rows
from detectors.enrichment.mixture import unit_values
from detectors.enrichment.offence import MODEL_FILE, OffenceModel
from detectors.enrichment.training import measure
from detectors.enrichment.training.data import matrix

SEED: Final = 20_261_121
FOLDS: Final = 3
ITERATIONS: Final = 300  # of L-BFGS, at most; it stops sooner
OUT: Final = Path(__file__).parents[1] / MODEL_FILE

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]


class Recipe(NamedTuple):
    """What a language is trained on and looked at with.

    `everyday` are sets of ordinary talk (tweets, reviews, feedback) that nobody labelled for offence; they are taken to be clean, so that
    a sharp complaint is not called an insult. `unseen` is one that is not trained on. `inverse_ridge` is sklearn's C. `precision`: the share of
    the texts told as offensive, among texts held out, that are to be so; 0.85 is promised.
    """

    train: str
    validation: str
    everyday: tuple[str, ...]
    unseen: str
    inverse_ridge: float
    precision: float


RECIPES: Final = {
    "en": Recipe("en-offensive-train", "en-offensive-val", ("en-semeval-train",), "en-tweeteval-val", 1.0, 0.87),
    "vi": Recipe("vi-vihos-train", "vi-vihos-dev", ("vi-vsfc-train", "vi-vlsp2016-train", "vi-aivivn2019-train"), "vi-vsfc-dev", 3.0, 0.93),
}
EVERYDAY_EACH: Final = 4_000  # texts of each set, at most
TRAINED: Final = (0.4, 0.4, 0.2)  # shares of offensive, clean and everyday texts in training
STREAM: Final = (1 / 3, 2 / 3, 0.0)  # the same where probabilities and the threshold are to hold; everyday texts have no labels


def main(arguments: list[str] | None = None) -> int:
    """Train all languages and write the file; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of labelled texts")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write (default: the shipped one)")
    asked = parser.parse_args(arguments)
    with threadpool_limits(1):  # sums in one order
        models = {language: train(asked.data, language) for language in RECIPES}
    save(asked.out, models)
    _say(f"{asked.out}: {asked.out.stat().st_size / 1e6:.2f} MB")
    return 0


def train(folder: Path, language: str) -> OffenceModel:
    """The calibrated model of a language; prints its figures."""
    recipe = RECIPES[language]
    texts, kind = read(folder, recipe)
    truth, weight, stream = kind == 0, weights(kind, TRAINED), weights(kind, STREAM)
    features = matrix(texts)
    copies = matrix([unmarked(text) for text in texts]) if language == "vi" else features[:0]  # English is written without marks anyway
    fold = np.random.default_rng(SEED).permutation(len(texts)) % FOLDS
    held_out = np.zeros(len(texts))
    for number in range(FOLDS):
        seen = fold != number
        model = fit(features[seen], copies[seen] if language == "vi" else copies, truth[seen], weight[seen], recipe.inverse_ridge)
        held_out[~seen] = model.scores(_rows(features[~seen]))
    slope, bias = calibration(held_out, truth, stream)
    chances = _chance(held_out * slope + bias)
    stands = threshold(chances, truth, stream, recipe.precision)
    model = fit(features, copies, truth, weight, recipe.inverse_ridge)
    model = replace(model, weights=_packed(model.weights * slope), bias=model.bias * slope + bias, threshold=stands)
    _say(f"{language}: {len(texts):,} texts, slope {slope:.2f}, threshold {stands:.2f}")
    own = kind < 2
    report(f"{recipe.train}, {FOLDS} folds", truth[own], chances[own], stands)
    _say(f"  everyday, {FOLDS} folds ({np.sum(~own):,}): {np.mean(chances[~own] >= stands):.2%} told")
    unseen, labels = _read(folder, recipe.validation)
    report(recipe.validation, labels, model.probabilities(unseen), stands)
    if language == "vi":
        report(f"{recipe.validation}, without marks", labels, model.probabilities([unmarked(text) for text in unseen]), stands)
    everyday, _ = _read(folder, recipe.unseen)
    _say(f"  {recipe.unseen} ({len(everyday):,}): {np.mean(model.probabilities(everyday) >= stands):.2%} told")
    return model


def read(folder: Path, recipe: Recipe) -> tuple[list[str], NDArray[np.int64]]:
    """The texts of a recipe, and the kind of each: 0 offensive, 1 clean, 2 everyday."""
    texts, truth = _read(folder, recipe.train)
    kinds = [np.where(truth, 0, 1)]
    for name in recipe.everyday:
        ordinary, _ = _read(folder, name)
        chosen = np.random.default_rng(SEED).permutation(len(ordinary))[:EVERYDAY_EACH]
        texts = texts + [ordinary[at] for at in chosen]
        kinds.append(np.full(len(chosen), 2))
    return texts, np.concatenate(kinds)


def weights(kind: NDArray[np.int64], shares: tuple[float, float, float]) -> Floats:
    """Of each text, so that the kinds have these shares; the mean is 1."""
    found: Floats = (np.array(shares) * len(kind) / np.bincount(kind, minlength=3))[kind]
    return found


def fit(features: sparse.csr_matrix, copies: sparse.csr_matrix, truth: Truth, weight: Floats, inverse_ridge: float) -> OffenceModel:
    """A model of these texts; not yet calibrated, without a threshold. `copies`: the same texts without marks, or none; each text has its weight once."""
    both = sparse.vstack([features, copies]).tocsr()
    times = both.shape[0] // features.shape[0]
    found = np.bincount(both.indices, minlength=SIZE)
    idf = _packed(np.log((1 + both.shape[0]) / (1 + found)) + 1)
    both.data = unit_values(_rows(both), idf)
    line = LogisticRegression(C=inverse_ridge, max_iter=ITERATIONS, tol=1e-5)
    line.fit(both, np.tile(truth, times), sample_weight=np.tile(weight, times) / times)
    return OffenceModel(weights=line.coef_[0].astype(np.float32), idf=idf, bias=float(line.intercept_[0]), threshold=1.0)


def calibration(held_out: Floats, truth: Truth, weight: Floats) -> tuple[float, float]:
    """Slope and bias that make log-odds of texts held out hold as probabilities (Platt)."""
    line = LogisticRegression(C=1e6).fit(held_out[:, None], truth, sample_weight=weight)
    return float(line.coef_[0, 0]), float(line.intercept_[0])


def threshold(chances: Floats, truth: Truth, weight: Floats, precision: float) -> float:
    """The lowest probability from which texts held out are offensive in that share of cases, by weight; 1 where there is none."""
    order = np.argsort(-chances, kind="stable")
    right = np.cumsum((truth * weight)[order]) / np.cumsum(weight[order])
    enough = np.flatnonzero(right >= precision)
    return float(chances[order][enough[-1]]) if enough.size else 1.0


def report(name: str, truth: Truth, chances: NDArray[Any], stands: float) -> None:
    """Print the figures of one set, with their intervals."""
    labels, said = truth.astype(np.int64), (chances >= 0.5).astype(np.int64)
    both = np.column_stack((1 - chances, chances)).astype(np.float32)
    told = chances >= stands
    parts = [
        f"macro F1 {measure.interval(measure.macro_f1, labels, said, SEED)}",
        f"F1 offensive {measure.interval(lambda t, s: measure.f1(t, s, 1), labels, said, SEED)}",
        f"AUC {100 * roc_auc_score(truth, chances):.1f}",
        f"ECE {measure.calibration_error(labels, both):.3f}",
        f"told: {np.mean(truth[told]):.2f} right, {np.mean(told[truth]):.2f} of all",
    ]
    _say(f"  {name} ({len(truth):,}): {', '.join(parts)}")


def save(path: Path, models: dict[str, OffenceModel]) -> None:
    """Write the models in half precision."""
    arrays: dict[str, Any] = {"languages": np.array(sorted(models))}
    for language, model in sorted(models.items()):
        arrays[f"{language}_weights"] = model.weights.astype(np.float16)
        arrays[f"{language}_idf"] = model.idf.astype(np.float16)
        arrays[f"{language}_bias"] = np.float32(model.bias)
        arrays[f"{language}_threshold"] = np.float32(model.threshold)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def _read(folder: Path, name: str) -> tuple[list[str], Truth]:
    lines = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]
    return [line["text"] for line in lines], np.array([line["label"] == "offensive" for line in lines])


def _rows(features: sparse.csr_matrix) -> Rows:
    features.sort_indices()
    return Rows(features.indices.astype(np.int32), features.indptr.astype(np.int64))


def _chance(odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-odds))
    return chance


def _packed(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.astype(np.float16).astype(np.float32)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
