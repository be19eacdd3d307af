"""Training of `detectors.enrichment.convolution`, by hand in numpy, so that the recipe needs no framework and repeats bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from detectors.enrichment.convolution import GAP, OFFSETS, WIDTHS, Convolution, Floats, Line, convolve, in_line, pool, slot

BATCH: Final = 64  # texts
RATE: Final = 2e-3  # of Adam at first; it falls to nothing
TABLE_RATE: Final = 1e-3
DROPPED_WORDS: Final = 0.1
DROPPED: Final = (0.2, 0.4)  # of a word's vector; of the answers
DECAY: Final = 1e-4  # of the weights that are not the table
SMOOTHING: Final = 0.1  # of a label's certainty, given to all that could be chosen
_BETAS: Final = (0.9, 0.999)


class Taught(NamedTuple):
    """Rows of each text, the set of labels meant, the labels to choose from (bool, shape (n, 3)) and its weight."""

    texts: Sequence[Sequence[int]]
    means: NDArray[np.bool_]
    choice: NDArray[np.bool_]
    weight: Floats


def train(taught: Taught, rows: dict[str, int], vectors: Floats, *, size: int, epochs: int, seed: int) -> Convolution:
    """A network that starts from these word vectors; a text whose label is a set S of a choice C adds -log(P(S) / P(C))."""
    rng = np.random.default_rng(seed)
    dimensions, wide = vectors.shape[1], size * len(WIDTHS)
    weights = {
        "filters": rng.uniform(-1, 1, (dimensions, size * len(OFFSETS))) / np.sqrt(dimensions * 2),
        "bias": np.zeros(wide),
        "out": rng.uniform(-1, 1, (2 * wide, 3)) / np.sqrt(2 * wide),
        "out_bias": np.zeros(3),
        "vectors": vectors.copy(),
    }
    net = {name: value.astype(np.float32) for name, value in weights.items()}
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in net.items()}
    step, steps = 0, epochs * -(-len(taught.texts) // BATCH)
    for _ in range(epochs):
        for batch in batches(taught.texts, rng):
            slopes, touched = _slopes(net, taught, batch, rng)
            step += 1
            _adam(net, moments, slopes, touched, step, falling=max(0.02, 1 - step / steps))
    return Convolution(rows=rows, **net)


def batches(texts: Sequence[Sequence[int]], rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """All texts once, in batches of like length, in an order drawn anew."""
    drawn = rng.permutation(len(texts))
    lengths = np.array([len(text) for text in texts])
    found: list[NDArray[np.int64]] = []
    for start in range(0, len(drawn), BATCH * 30):
        some = drawn[start : start + BATCH * 30]
        some = some[np.argsort(lengths[some], kind="stable")]
        found.extend(some[at : at + BATCH] for at in range(0, len(some), BATCH))
    return [found[at] for at in rng.permutation(len(found))]


def _slopes(
    net: dict[str, Floats], taught: Taught, batch: NDArray[np.int64], rng: np.random.Generator
) -> tuple[dict[str, Floats], NDArray[np.int64]]:
    """The slope of the loss of a batch by each weight; for the table, of the rows that occur (returned beside)."""
    line = in_line([taught.texts[at] for at in batch])
    size = net["filters"].shape[1] // len(OFFSETS)
    kept = (rng.random(len(line.rows)) >= DROPPED_WORDS).astype(np.float32)[:, None] * _mask(
        rng, (len(line.rows), net["vectors"].shape[1]), DROPPED[0]
    )
    seen = net["vectors"][line.rows] * kept
    found = convolve(seen @ net["filters"], net["bias"])
    pooled = pool(found, line)
    thin = _mask(rng, pooled.shape, DROPPED[1])
    thinned: Floats = pooled * thin
    by_score = _by_score(thinned @ net["out"] + net["out_bias"], taught, batch)
    by_answer = _by_answer((by_score @ net["out"].T) * thin, found, pooled, line)
    by_slice = _by_slice(by_answer, size)
    by_vector = (by_slice @ net["filters"].T) * kept
    touched, place = np.unique(line.rows, return_inverse=True)
    which = sparse.csr_matrix((np.ones(len(place), np.float32), (place, np.arange(len(place)))), shape=(len(touched), len(place)))
    by_row = which @ by_vector
    by_row[touched == GAP] = 0
    slopes = {
        "out": thinned.T @ by_score,
        "out_bias": by_score.sum(0),
        "filters": seen.T @ by_slice,
        "bias": by_answer.sum(0),
        "vectors": by_row,
    }
    return slopes, touched


def _by_score(scores: Floats, taught: Taught, batch: NDArray[np.int64]) -> Floats:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True)) * taught.choice[batch]
    meant, choice = odds * taught.means[batch], taught.choice[batch]
    target = (1 - SMOOTHING) * meant / np.maximum(meant.sum(axis=1, keepdims=True), 1e-12) + SMOOTHING * choice / choice.sum(
        axis=1, keepdims=True
    )
    slope = odds / odds.sum(axis=1, keepdims=True) - target
    found: Floats = (slope * taught.weight[batch][:, None] / len(batch)).astype(np.float32)
    return found


def _by_answer(by_pooled: Floats, found: Floats, pooled: Floats, line: Line) -> Floats:
    """Back through pooling and the cut: the greatest answer of a filter takes its share, every answer that of the mean."""
    wide, lengths = found.shape[1], line.ends - line.begins
    owner = np.repeat(np.arange(len(lengths)), lengths)
    places = np.concatenate([np.arange(begin, end) for begin, end in zip(line.begins, line.ends, strict=True)])
    here, top = found[places], pooled[owner, :wide]
    share = np.where(here == top, by_pooled[:, :wide][owner], 0) + (by_pooled[:, wide:] / lengths[:, None])[owner]
    back = np.zeros_like(found)
    back[places] = np.where(here > 0, share, 0)
    return back


def _by_slice(by_answer: Floats, size: int) -> Floats:
    back = np.zeros((len(by_answer), size * len(OFFSETS)), dtype=np.float32)
    for number, offset in enumerate(OFFSETS):
        own, into = by_answer[:, slot(number, size)], slice(number * size, (number + 1) * size)
        if offset < 0:
            back[:offset, into] = own[-offset:]
        else:
            back[offset:, into] = own[: len(own) - offset]
    return back


def _mask(rng: np.random.Generator, shape: tuple[int, ...], dropped: float) -> Floats:
    return (rng.random(shape, dtype=np.float32) >= dropped).astype(np.float32) / np.float32(1 - dropped)


def _adam(
    net: dict[str, Floats],
    moments: dict[str, tuple[Floats, Floats]],
    slopes: dict[str, Floats],
    touched: NDArray[np.int64],
    step: int,
    *,
    falling: float,
) -> None:
    """One step of Adam; of the table only the rows that occurred move."""
    for name, slope in slopes.items():
        where = touched if name == "vectors" else slice(None)
        rate = (TABLE_RATE if name == "vectors" else RATE) * falling
        by = slope if name == "vectors" else slope + DECAY * net[name]
        first, second = (moment[where] for moment in moments[name])
        first = _BETAS[0] * first + (1 - _BETAS[0]) * by
        second = _BETAS[1] * second + (1 - _BETAS[1]) * by * by
        moments[name][0][where], moments[name][1][where] = first, second
        fair = np.sqrt(second / (1 - _BETAS[1] ** step)) + 1e-8
        net[name][where] -= (rate * (first / (1 - _BETAS[0] ** step)) / fair).astype(np.float32)
