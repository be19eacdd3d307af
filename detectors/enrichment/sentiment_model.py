"""A sentiment model as it is stored and used: a mixture of linear models and, for English, a small network beside it. numpy only.

`docs/models.md` tells what the probabilities hold for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError
from detectors.enrichment.convolution import Convolution
from detectors.enrichment.features import prepare, rows
from detectors.enrichment.mixture import Floats, Mixture, shares

MODEL_FILE: Final = "models/sentiment.npz"
NETWORK_SHARE: Final = 0.6  # of the network's opinion; on later years than it was trained on, it is the better part
_LEAST: Final = 1e-6  # probability, before its logarithm is taken


@dataclass(frozen=True, slots=True)
class SentimentModel:
    """Judges texts in `languages`; others are judged as well as it can, and never confidently.

    The logarithms of the parts' probabilities are averaged (the network's as `NETWORK_SHARE`), times `power`, plus `offset` (of negative,
    neutral, positive). `threshold` is the probability from which the label is stood by.
    """

    experts: Mixture
    network: Convolution | None
    power: float
    offset: tuple[float, float, float]
    threshold: float
    languages: tuple[str, ...]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Of (negative, neutral, positive); shape (texts, 3), each row summing to 1."""
        prepared = [prepare(text) for text in texts]
        parts = [self.experts.probabilities(rows(prepared))]
        if self.network is not None:
            parts.append(shares(self.network.scores(prepared)))
        return self.blended(parts)

    def blended(self, parts: Sequence[Floats]) -> Floats:
        """The parts' probabilities as one."""
        heavy = (1 - NETWORK_SHARE, NETWORK_SHARE) if len(parts) > 1 else (1.0,)
        logs = sum(share * np.log(np.maximum(part, _LEAST)) for share, part in zip(heavy, parts, strict=True))
        return shares((logs * self.power + np.array(self.offset)).astype(np.float32))


def save(path: Path, models: dict[str, SentimentModel]) -> None:
    """Write the models, weights in half precision."""
    arrays: dict[str, Any] = {"models": np.array(sorted(models))}
    for name, model in sorted(models.items()):
        parts: dict[str, Any] = {
            "weights": model.experts.weights.astype(np.float16),
            "idf": model.experts.idf.astype(np.float16),
            "bias": model.experts.bias,
            "experts": np.int64(model.experts.experts),
            "blend": np.array([model.power, *model.offset, model.threshold]),
            "languages": np.array(model.languages),
        }
        if (network := model.network) is not None:
            halves = {part: getattr(network, part).astype(np.float16) for part in ("vectors", "filters", "bias", "out", "out_bias")}
            parts |= {f"network_{part}": values for part, values in halves.items()}
            parts["network_words"] = np.frombuffer("\n".join(network.rows).encode(), dtype=np.uint8)
        arrays |= {f"{name}_{part}": values for part, values in parts.items()}
    np.savez_compressed(path, allow_pickle=False, **arrays)


@cache
def load_models(path: str | None = None) -> dict[str, SentimentModel]:
    """The models of a file that training wrote, by name; those shipped where no path is given.

    Raises:
        ConfigError: there is no such file, or it holds something else.
    """
    source = resources.files("detectors.enrichment").joinpath(MODEL_FILE) if path is None else Path(path)
    try:
        with source.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            names = [str(name) for name in stored["models"]]
            parts = {name: {key: stored[key] for key in stored.files if key.startswith(f"{name}_")} for name in names}
        return {name: _unpacked({key.removeprefix(f"{name}_"): values for key, values in parts[name].items()}) for name in names}
    except (OSError, ValueError, TypeError, LookupError, AttributeError, EOFError, BadZipFile) as error:
        raise ConfigError(f"detectors.sentiment.model: {str(source)!r} is no model that training wrote: {error}") from error


def _unpacked(part: dict[str, NDArray[Any]]) -> SentimentModel:
    power, *offset, threshold = part["blend"].tolist()
    return SentimentModel(
        experts=Mixture(part["weights"], part["idf"].astype(np.float32), part["bias"].astype(np.float32), int(part["experts"])),
        network=_network(part) if "network_words" in part else None,
        power=power,
        offset=(offset[0], offset[1], offset[2]),
        threshold=threshold,
        languages=tuple(str(language) for language in part["languages"]),
    )


def _network(part: dict[str, NDArray[Any]]) -> Convolution:
    words = part["network_words"].tobytes().decode().split("\n")
    layers = {key: part[f"network_{key}"].astype(np.float32) for key in ("vectors", "filters", "bias", "out", "out_bias")}
    return Convolution(rows={word: row for row, word in enumerate(words, start=2)}, **layers)
