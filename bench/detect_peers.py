"""Peers from the package index, as scores over a whole series, each point scored before it is learnt; absent where they are not installed.

`make bench-detect` installs them, pinned in `bench/peers.lock`, in a room of their own (`.peers`): two of their helpers are built from source, and
nobody else needs any of them. Each runs as its documentation shows it; none is tuned. They know no unknown: a row that nobody counted is a zero.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from bench.detect_series import WEEK, Numbers, Series

Peer = Callable[[Series], Numbers]
SEED = 1


def peers(*, quick: bool = False) -> dict[str, Peer]:
    """Those that are installed; with `quick` only those that take less than a tenth of a millisecond a point."""
    known: dict[str, tuple[str, Peer, bool]] = {
        "river GaussianScorer, 7 days": ("river", _gaussian, True),
        "river HalfSpaceTrees": ("river", _half_space_trees, True),
        "pysad LODA": ("pysad", _loda, False),
        "streamad SpotDetector": ("streamad", _spot, False),
    }
    return {name: peer for name, (package, peer, fast) in known.items() if importlib.util.find_spec(package) and (fast or not quick)}


def _counts(series: Series) -> Iterator[float]:
    return iter(np.nan_to_num(series.values).tolist())


def _gaussian(series: Series) -> Numbers:
    from river.anomaly import GaussianScorer

    model, scores = GaussianScorer(window_size=WEEK), []
    for count in _counts(series):
        rises = count > model.gaussian.mu  # it looks both ways; only a rise is a crisis
        scores.append(model.score_one(None, count) if rises else 0.0)
        model.learn_one(None, count)
    return np.array(scores)


def _half_space_trees(series: Series) -> Numbers:
    from river.anomaly import HalfSpaceTrees
    from river.preprocessing import MinMaxScaler

    scaler, model, scores = MinMaxScaler(), HalfSpaceTrees(seed=SEED), []
    for count in _counts(series):
        point = {"count": count}
        scaler.learn_one(point)
        scaled = scaler.transform_one(point)
        scores.append(model.score_one(scaled))
        model.learn_one(scaled)
    return np.array(scores)


def _loda(series: Series) -> Numbers:
    from pysad.models import LODA

    np.random.seed(SEED)  # noqa: NPY002 - it draws from the global generator
    model = LODA()
    return np.nan_to_num([float(model.fit_score_partial(np.array([count]))) for count in _counts(series)])


def _spot(series: Series) -> Numbers:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of a helper's old ways, and of overflows
        from streamad.model import SpotDetector

        model = SpotDetector()
        return np.nan_to_num([float(model.fit_score(np.array([count])) or 0.0) for count in _counts(series)])
