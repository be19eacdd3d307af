"""The words that the English network starts from: those of the texts, and frequent words of English that the texts may lack.

`words.npz` holds 38,405 of them in 8 bits, made by `word_table.py`: 50 dimensions of GloVe 6B (Pennington, Socher and Manning, EMNLP 2014; public
domain, PDDL 1.0), and the 48 principal components of what all-MiniLM-L6-v2 (Apache-2.0) makes of each word alone. Free dimensions, drawn at
random, stand beside them; training moves all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.enrichment.convolution import GAP

FREE: Final = 32  # dimensions
FEWEST: Final = 2  # times that a word of the texts must be met, unless the table knows it
SPREAD: Final = 0.4  # standard deviation of the vectors at first
FREE_SPREAD: Final = 0.1

Floats = NDArray[np.float32]


def start(texts: Iterable[str], seed: int) -> tuple[dict[str, int], Floats]:
    """Rows of the words, and the table that they point into; two rows stand before them: the gap and the unknown word."""
    stored = np.load(resources.files("detectors.enrichment.training").joinpath("words.npz").open("rb"), allow_pickle=False)
    known, vectors = stored["words"].tobytes().decode().split("\n"), stored["vectors"].astype(np.float32)
    often = Counter(word for text in texts for word in text.split())
    words = list(dict.fromkeys([word for word, times in often.items() if times >= FEWEST] + known))
    rows = {word: row for row, word in enumerate(words, start=2)}
    rng = np.random.default_rng(seed)
    table = rng.normal(0, SPREAD, (len(words) + 2, vectors.shape[1] + FREE)).astype(np.float32)
    table[:, vectors.shape[1] :] = rng.normal(0, FREE_SPREAD, (len(words) + 2, FREE))
    table[[rows[word] for word in known], : vectors.shape[1]] = vectors * (SPREAD / vectors.std())
    table[GAP] = 0
    return rows, table
