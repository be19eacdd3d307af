"""A topic's correction of sentiment: what its team taught by marking mentions right and wrong. numpy only.

It moves the log-odds of negative against the rest, and where the line of confident negatives lies; neutral and positive keep their odds to each
other. `detectors/feedback.py` finds one; `docs/feedback.md` tells what it is worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from core.records import Sentiment
from core.text import clean
from core.tokens import bare, tokens

BITS: Final = 12  # buckets of hashed words: 2 ** BITS
MAX_CHARS: Final = 4_000  # of a text that words are taken from
MOST_ODDS: Final = 6.0  # log-odds of a model that is as sure as can be

Words = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Correction:
    """What to add to a model's judgement in one topic.

    `bias` and `slope` act on the model's log-odds of negative; `words` (float64, shape (2 ** BITS,)) on the words and pairs that a text holds, by
    their mean weight times the root of their number. `threshold` is the corrected probability from which a negative is confident. `version`: 8
    hex digits.
    """

    version: str
    bias: float
    slope: float
    words: NDArray[np.float64]
    threshold: float

    def apply(self, text: str, said: Sentiment) -> Sentiment:
        """The corrected sentiment of a text; of one without words it is what it was.

        What was not confident becomes so only as a negative; what the correction takes for something else than the model did is not stood by
        otherwise.
        """
        columns = words_of(text)
        if not columns.size:
            return said
        moved = self.bias + self.slope * log_odds(said) + float(self.words[columns].sum()) / math.sqrt(columns.size)
        negative = 1.0 / (1.0 + math.exp(-moved))
        rest = (1.0 - negative) / max(said.neutral + said.positive, 1e-9)
        new = Sentiment(negative=negative, neutral=said.neutral * rest, positive=said.positive * rest, confident=False)
        stood_by = negative >= self.threshold if new.label == "negative" else said.confident and new.label == said.label
        return Sentiment(negative=new.negative, neutral=new.neutral, positive=new.positive, confident=stood_by)


def log_odds(said: Sentiment) -> float:
    """Of negative against the rest, within `MOST_ODDS` of even."""
    floor = 1e-6
    odds = math.log(max(said.negative, floor)) - math.log(max(said.neutral + said.positive, floor))
    return min(max(odds, -MOST_ODDS), MOST_ODDS)


def words_of(text: str) -> Words:
    """The buckets of a text's words and pairs of words, without their marks, each once, ascending."""
    forms = [bare(token.form) for token in tokens(clean(text, MAX_CHARS))]
    pairs = [f"{one} {two}" for one, two in pairwise(forms)]
    return np.array(sorted({crc32(each.encode("utf-8", "replace")) & ((1 << BITS) - 1) for each in (*forms, *pairs)}), dtype=np.int64)
