"""The recipe of the sentiment models: `make train`.

    python -m detectors.enrichment.training.train --data ../shared/data/sentiment

For each language: fit on folds, find temperature and threshold on the texts held out, fit on all, write. Prints the figures of
`docs/models.md`. The same data, seed and library versions give the same file, bit for bit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from detectors.enrichment.sentiment import MODEL_FILE, SentimentModel, softmax
from detectors.enrichment.training import measure
from detectors.enrichment.training.data import SOURCES, Source, Texts, read
from detectors.enrichment.training.fit import cooled, fit, scores, temperature, threshold

SEED: Final = 20_261_121
FOLDS: Final = 3
RIDGE: Final = {"en": 1.0, "vi": 0.25}
COPIES: Final = {"en": False, "vi": True}  # English is written without marks anyway
VALIDATION: Final = {"en": "en-tweeteval-val", "vi": "vi-vsfc-dev"}
FIGURES: Final[dict[str, Callable[..., float]]] = {
    "macro recall": measure.macro_recall,
    "macro F1": measure.macro_f1,
    "negative F1": partial(measure.f1, label=0),
}
OUT: Final = Path(__file__).parents[1] / MODEL_FILE


def main(arguments: list[str] | None = None) -> int:
    """Train all languages and write the file; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of labelled texts")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write (default: the shipped one)")
    asked = parser.parse_args(arguments)
    with threadpool_limits(1):  # sums in one order
        models = {language: train(asked.data, language) for language in SOURCES}
    save(asked.out, models)
    _say(f"{asked.out}: {asked.out.stat().st_size / 1e6:.2f} MB")
    return 0


def train(folder: Path, language: str) -> SentimentModel:
    """The calibrated model of a language; prints its figures."""
    began = time.process_time()
    texts = read(folder, SOURCES[language])
    held_out = _held_out(texts, language)
    heat = temperature(held_out, texts)
    probabilities = softmax(held_out / np.float32(heat))
    three = texts.choice.all(axis=1) & (texts.means.sum(axis=1) == 1) & (texts.weight >= 0.25)  # sets labelled for sentiment
    stands = threshold(probabilities[three], texts.means[three, 0], texts.source[three])
    model = replace(cooled(_fit(texts, language), heat), threshold=stands)
    _say(f"{language}: {len(texts.source):,} texts, temperature {heat:.2f}, threshold {stands:.2f}, {time.process_time() - began:.0f} s")
    for number, source in enumerate(SOURCES[language]):
        if source.file != "vi-vihos-train":
            here = texts.source == number
            _report(f"{source.file}, {FOLDS} folds", texts.means[here], probabilities[here], stands, source)
    unseen = read(folder, (Source(VALIDATION[language]),))
    for name, features in (("", unseen.marked), (", without marks", unseen.bare)):
        _report(VALIDATION[language] + name, unseen.means, softmax(scores(model, features)), stands, Source(""))
    return model


def save(path: Path, models: dict[str, SentimentModel]) -> None:
    """Write the models in half precision."""
    arrays: dict[str, Any] = {"languages": np.array(sorted(models))}
    for language, model in sorted(models.items()):
        arrays[f"{language}_weights"] = model.weights.astype(np.float16)
        arrays[f"{language}_idf"] = model.idf.astype(np.float16)
        arrays[f"{language}_bias"] = model.bias.astype(np.float16)
        arrays[f"{language}_threshold"] = np.float32(model.threshold)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def _fit(texts: Texts, language: str) -> SentimentModel:
    return fit(texts, ridge=RIDGE[language], copies=COPIES[language])


def _held_out(texts: Texts, language: str) -> NDArray[np.float32]:
    """Scores of each text, as written, from a model that saw neither it nor its copy."""
    fold = np.random.default_rng(SEED).permutation(len(texts.source)) % FOLDS
    found = np.zeros((len(fold), 2), dtype=np.float32)
    for number in range(FOLDS):
        found[fold == number] = scores(_fit(texts.only(fold != number), language), texts.marked[fold == number])
    return found


def _report(name: str, means: NDArray[np.bool_], probabilities: NDArray[np.float32], stands: float, source: Source) -> None:
    truth, judged = means.argmax(axis=1), probabilities * np.array(source.choice)
    judged = judged / judged.sum(axis=1, keepdims=True)
    said = judged.argmax(axis=1)
    told = [f"{title} {measure.interval(figure, truth, said, SEED)}" for title, figure in FIGURES.items()]
    right, share = measure.confident_negatives(truth, probabilities, stands)
    error = measure.calibration_error(truth, judged)
    _say(f"  {name} ({len(truth):,}): {', '.join(told)}, ECE {error:.3f}, confident negatives {right:.2f} right, {share:.2f} of all")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
