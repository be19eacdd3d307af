"""The recipe of the sentiment models: `make train`.

    python -m detectors.enrichment.training.train --data ../shared/data/sentiment

For each model: fit on four fifths, find on the rest how to blend the parts and from where to be confident, fit on all, write. `bench.sentiment`
prints the figures of `docs/models.md`. The same data, seed and library versions give the same file, bit for bit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from detectors.enrichment.convolution import UNKNOWN, Convolution
from detectors.enrichment.mixture import Floats, shares
from detectors.enrichment.sentiment_model import MODEL_FILE, SentimentModel, save
from detectors.enrichment.training import measure
from detectors.enrichment.training.convolve import Taught
from detectors.enrichment.training.convolve import train as train_network
from detectors.enrichment.training.data import SOURCES, TWEETS, Source, Texts, read
from detectors.enrichment.training.fit import as_rows, calibrated, fit, threshold
from detectors.enrichment.training.words import start

SEED: Final = 20_261_121
FOLDS: Final = 5  # of which one is held out
FILTERS: Final = 96  # of each width
EPOCHS: Final = 4
OUT: Final = Path(__file__).parents[1] / MODEL_FILE
_JUDGED_AT_ONCE: Final = 256  # texts


class Recipe(NamedTuple):
    """How a model is made. `copies`: each text also without marks; `network`: beside the linear models; `offset`: as in `SentimentModel`."""

    sources: tuple[Source, ...]
    languages: tuple[str, ...]
    ridge: float
    copies: bool
    network: bool = False
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)


NOT_BY_CHANCE: Final = tuple(code for code in TWEETS.values() if code != "hi")  # of Hindi it learns nothing
RECIPES: Final = {
    "en": Recipe(SOURCES["en"], ("en",), ridge=1.0, copies=False, network=True, offset=(0.5, 0.0, 0.3)),
    "vi": Recipe(SOURCES["vi"], ("vi",), ridge=0.25, copies=True),
    "xx": Recipe(SOURCES["xx"], NOT_BY_CHANCE, ridge=0.5, copies=True),
}


def main(arguments: list[str] | None = None) -> int:
    """Train all models and write the file; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of labelled texts")
    parser.add_argument("--only", nargs="*", default=list(RECIPES), help="the models to make (default: all)")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write (default: the shipped one)")
    asked = parser.parse_args(arguments)
    with threadpool_limits(1):  # sums in one order
        models = {name: train(read(asked.data, recipe.sources), recipe, name) for name, recipe in RECIPES.items() if name in asked.only}
    save(asked.out, models)
    _say(f"{asked.out}: {asked.out.stat().st_size / 1e6:.2f} MB")
    return 0


def train(texts: Texts, recipe: Recipe, name: str) -> SentimentModel:
    """The calibrated model of these texts."""
    began = time.process_time()
    part = trial(texts, recipe, told=True)
    whole = replace(fitted(texts, recipe), power=part.power, offset=part.offset, threshold=part.threshold)
    _say(
        f"{name}: {len(texts.source):,} texts, power {whole.power:.2f}, threshold {whole.threshold:.2f}, {time.process_time() - began:.0f} s"
    )
    return whole


def trial(texts: Texts, recipe: Recipe, *, told: bool = False) -> SentimentModel:
    """The model of all but one fold, calibrated on that one; with `told`, prints what it says of it."""
    held_out = folds(len(texts.source)) == 0
    model, rest = fitted(texts.only(~held_out), recipe), texts.only(held_out)
    parts = judged(model, rest)
    model = replace(calibrated(model, parts, rest), offset=recipe.offset)
    found = model.blended(parts)
    # Sets that were labelled for sentiment, all three labels, say from where to be confident.
    three = rest.choice.all(axis=1) & (rest.means.sum(axis=1) == 1) & (rest.weight >= 0.25)
    if told:
        _report(found, rest, recipe)
    return replace(model, threshold=threshold(found[three], rest.means[three, 0], rest.source[three]))


def _report(found: Floats, rest: Texts, recipe: Recipe) -> None:
    for number, source in enumerate(recipe.sources):
        here = rest.source == number
        if rest.means[here].sum(axis=1).max() == 1:  # a set that was labelled for sentiment
            truth, said = rest.means[here].argmax(axis=1), found[here].argmax(axis=1)
            told = f"macro recall {measure.macro_recall(truth, said):.3f}, macro F1 {measure.macro_f1(truth, said):.3f}, negative F1 {measure.f1(truth, said, 0):.3f}"
            _say(f"  {source.file}, held out ({len(truth):,}): {told}, ECE {measure.calibration_error(truth, found[here]):.3f}")


def folds(count: int) -> NDArray[np.int64]:
    """The fold of each text."""
    return np.random.default_rng(SEED).permutation(count) % FOLDS


def fitted(texts: Texts, recipe: Recipe) -> SentimentModel:
    """A model of these texts; not yet calibrated, without a threshold."""
    experts = fit(texts, recipe.sources, ridge=recipe.ridge, copies=recipe.copies)
    network = _network(texts) if recipe.network else None
    return SentimentModel(experts, network, power=1.0, offset=(0.0, 0.0, 0.0), threshold=1.0, languages=recipe.languages)


def judged(model: SentimentModel, texts: Texts, *, bare: bool = False) -> Sequence[Floats]:
    """What the parts of a model say of texts, as written or without marks, each of shape (n, 3)."""
    parts = [model.experts.probabilities(as_rows(texts.bare if bare else texts.marked))]
    if (network := model.network) is not None:
        chunks = [texts.words[at : at + _JUDGED_AT_ONCE] for at in range(0, len(texts.words), _JUDGED_AT_ONCE)]
        parts.append(shares(np.concatenate([network.scores(list(chunk)) for chunk in chunks])))
    return parts


def _network(texts: Texts) -> Convolution:
    rows, table = start(texts.words, SEED)
    numbered = [[rows.get(word, UNKNOWN) for word in text.split()] for text in texts.words]
    taught = Taught(numbered, texts.means, texts.choice, texts.weight)
    return train_network(taught, rows, table, size=FILTERS, epochs=EPOCHS, seed=SEED)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
