"""A coarse sieve for firehoses: which posts may concern us at all, before anything is kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.text import normalise, unmarked

MAX_WORDS: Final = 500


class Sieve:
    """Lets a text through where one of the words stands in it.

    Case and the spelling of accents do not count. A word typed without accents is found with and without them ("duong" finds "đường");
    one typed with accents is found only so. Words are found inside longer ones too: the topics' queries judge more finely what comes through.

    Args:
        words: the words or phrases; none lets everything through.
    """

    def __init__(self, words: Sequence[str]) -> None:
        folded = {normalise(word) for word in words} - {""}
        self._bare = tuple(sorted(word for word in folded if word == unmarked(word)))
        self._marked = tuple(sorted(folded - set(self._bare)))

    def passes(self, *texts: str) -> bool:
        """Whether any of the texts holds any of the words."""
        if not self._bare and not self._marked:
            return True
        text = normalise("\n".join(texts))
        if any(word in text for word in self._marked) or any(word in text for word in self._bare):
            return True
        return bool(self._bare) and any(word in unmarked(text) for word in self._bare)
