"""Which topics a text may be about, at the speed of a stream: one automaton (Aho and Corasick, CACM 1975) over the literals of all queries.

    text -> its letters without case and marks -> one walk over them -> the topics that may match

Sound, not exact: every topic that matches is a candidate; its marks, exclusions and distances are checked by who can.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from ahocorasick_rs import BytesAhoCorasick

from core.folding import fold
from core.query import Query
from core.tokens import bare_text

_BATCH: Final = 256  # texts; more does not fit the cache of a small machine


class Prefilter:
    """Tells which queries a text may match.

    Args:
        queries: in the order in which they are counted. One without literals is always a candidate.

    Example:
        >>> from core.query import parse
        >>> Prefilter([parse("acme"), parse('"ấm siêu tốc" NOT phim')]).candidates(["Am sieu toc nha Acme", "phim", "Acme!"])
        [[0, 1], [], [0]]
    """

    def __init__(self, queries: Iterable[Query]) -> None:
        asked: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        for index, query in enumerate(queries):
            literals = query.literals()
            if literals is None:
                self._always.append(index)
            for literal in literals or ():
                asked[literal].append(index)
        self._ascii_words = all(map(str.isascii, asked))
        self._askers = [sorted({*askers, *self._always}) for askers in asked.values()]
        self._automaton = BytesAhoCorasick([literal.encode() for literal in asked])

    def candidates(self, texts: Sequence[str]) -> list[list[int]]:
        """For each text the indices, ascending, of the queries that it may match.

        `texts` as `core.text.clean` makes them. Time grows with their length alone.
        """
        found = [self._always] * len(texts)
        texts = [text.replace("\u2019", "'") for text in texts]  # often all that keeps an English text out of ASCII
        for are_ascii in (True, False):  # the others take longer, so they are kept apart
            places = [place for place, text in enumerate(texts) if text.isascii() is are_ascii]
            for start in range(0, len(places), _BATCH):
                batch = places[start : start + _BATCH]
                for at, literals in self._standing([texts[place] for place in batch]).items():
                    found[batch[at]] = self._asking(literals)
        return found

    def _asking(self, literals: list[int]) -> list[int]:
        if len(literals) == 1:
            return self._askers[literals[0]]
        return sorted({index for literal in literals for index in self._askers[literal]})

    def _standing(self, texts: Sequence[str]) -> dict[int, list[int]]:
        """The indices of the literals that stand in texts, by index of the text; texts without any are left out."""
        folded = fold(texts)
        ends, at = folded.ends.tolist(), 0
        standing: dict[int, list[int]] = defaultdict(list)
        for literal, start, _ in self._automaton.find_matches_as_indexes(folded.forms, overlapping=True):
            while ends[at] < start:
                at += 1
            standing[at].append(literal)
        for at in () if self._ascii_words else folded.beyond:
            hits = self._automaton.find_matches_as_indexes(bare_text(texts[at]).encode(), overlapping=True)
            standing[at] = [literal for literal, _, _ in hits]
        return {at: literals for at, literals in standing.items() if literals}
