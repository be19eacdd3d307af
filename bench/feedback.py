"""What a team's labels are worth: sentiment in a domain that the model was never trained on, after 0 to 500 labels of that domain.

    python -m bench.feedback --data ../shared/data/sentiment [--only DOMAIN ...] [--judged FOLDER] [--seeds 10]

For each domain a model is trained without it, by the recipe of `make train` (its trial: four fifths of the texts, calibrated on the fifth); what it says
is kept in FOLDER if one is given. Then labels are drawn, `detectors.feedback` learns from them, and 2,000 other texts are judged. Each cell: the mean over
the seeds, in brackets the lowest and the highest. The three Vietnamese domains were used to choose its settings, the English one was not.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Sentiment
from detectors.enrichment.training.data import Source, read
from detectors.enrichment.training.measure import area, f1
from detectors.enrichment.training.train import RECIPES, judged, trial
from detectors.feedback import Labelled, learn

DOMAINS: Final = {"vi-vsfc-train": "vi", "vi-vlsp2016-train": "vi", "vi-aivivn2019-train": "vi", "en-offensive-train": "en"}
LABELS: Final = (0, 20, 50, 100, 200, 500)
JUDGED: Final = 2_000
SEED: Final = 20_261_121
NEGATIVE: Final = ("negative", "offensive")


class Text(NamedTuple):
    """A text of a domain, what the model says that never saw its like, and whether it is negative."""

    text: str
    said: Sentiment
    negative: bool


class Figures(NamedTuple):
    """Of one run, in percent: F1 and AUC of negative; how many of the confident negatives are right, and how many of all negatives they are."""

    f1: float
    auc: float
    right: float
    found: float
    used: float
    took_ms: float


def main() -> None:
    """Print a table for each domain."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="*", choices=DOMAINS, default=list(DOMAINS))
    parser.add_argument("--judged", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args()
    for domain in asked.only:
        texts = _texts(asked.data, domain, asked.judged)
        print(f"\n{domain}: {len(texts):,} texts, {np.mean([text.negative for text in texts]):.0%} negative")
        print(f"{'labels':>6}  {'negative F1':>18}  {'AUC':>18}  {'surely negative: right':>22}  {'found':>18}  {'used':>5}  {'CPU ms':>6}")
        for labels in LABELS:
            runs = [_run(texts, labels, seed) for seed in range(asked.seeds if labels else 1)]
            cells = [_cell([getattr(run, name) for run in runs]) for name in ("f1", "auc", "right", "found")]
            used, took = np.mean([run.used for run in runs]), np.mean([run.took_ms for run in runs])
            print(f"{labels:>6}  {cells[0]:>18}  {cells[1]:>18}  {cells[2]:>22}  {cells[3]:>18}  {used:>5.0%}  {took:>6.0f}", flush=True)


def _run(texts: list[Text], labels: int, seed: int) -> Figures:
    order = np.random.default_rng(SEED + seed).permutation(len(texts))
    drawn, others = order[:labels], order[max(LABELS) : max(LABELS) + JUDGED] if labels else order
    taught = [Labelled(mention_id=int(each), text=texts[each].text, said=texts[each].said, negative=texts[each].negative) for each in drawn]
    began = time.process_time()
    correction = learn(taught, "bench").correction
    took_ms = 1_000 * (time.process_time() - began)
    said = [texts[each].said if correction is None else correction.apply(texts[each].text, texts[each].said) for each in others]
    truth = np.array([texts[each].negative for each in others])
    sure = np.array([each.confident and each.label == "negative" for each in said])
    return Figures(
        100 * f1(1 - truth.astype(np.int64), np.array([each.label != "negative" for each in said]).astype(np.int64), 0),
        100 * area(truth, np.array([each.negative for each in said], dtype=np.float32)),
        100 * float(truth[sure].mean()) if sure.any() else float("nan"),
        100 * float(sure[truth].mean()),
        float(correction is not None),
        took_ms,
    )


def _texts(folder: Path, domain: str, keep: Path | None) -> list[Text]:
    """The domain's texts in the eyes of a model that was trained without it."""
    known = None if keep is None else keep / f"{domain}.npz"
    if known is not None and known.exists():
        with np.load(known) as stored:
            found, stands = stored["said"], float(stored["stands"])
    else:
        found, stands = _judged(folder, domain)
    if known is not None:
        known.parent.mkdir(parents=True, exist_ok=True)
        np.savez(known, said=found, stands=stands)
    lines = [json.loads(line) for line in (folder / f"{domain}.jsonl").read_text("utf-8").splitlines()]
    return [
        Text(
            line["text"],
            Sentiment(negative=each[0], neutral=each[1], positive=each[2], confident=max(each) >= stands),
            line["label"] in NEGATIVE,
        )
        for line, each in zip(lines, found.tolist(), strict=True)
    ]


def _judged(folder: Path, domain: str) -> tuple[NDArray[np.float32], float]:
    """Probabilities of the domain's texts, shape (n, 3), and the probability from which the model stands by them."""
    recipe = RECIPES[DOMAINS[domain]]
    others = tuple(source for source in recipe.sources if source.file != domain)
    model = trial(read(folder, others), recipe._replace(sources=others))
    return model.blended(judged(model, read(folder, (Source(domain),)))), model.threshold


def _cell(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{np.nanmean(values):.1f} ({np.nanmin(values):.1f}-{np.nanmax(values):.1f})"


if __name__ == "__main__":
    main()
