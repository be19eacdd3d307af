"""Whether two sketches tell one story. Pure.

A story is one report or post and its copies: rewritten headlines of one wire, extracts, quotes, reposts. What only shares a topic, a template
or a kind of event is another story. So the measure is not symmetric (a quote holds all of what it quotes, not the other way round), telling words weigh
more, and numbers and names that contradict each other forbid a match whatever else is alike. The bounds were chosen on
`tests/data/stories/tune.jsonl` alone; `make bench-stories` tells what they are worth on the pairs held aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from detectors.sketch import LITTLE, NAME, NUMBER, WORD, Sketch

WINDOW: Final = timedelta(hours=72)  # a copy comes within it of the story's last one
WEIGHTS: Final = {NUMBER: 2.0, NAME: 1.5, WORD: 1.0, LITTLE: 0.2}
LEAST_SHARED: Final = 3.0  # weight of the words that both heads have
HEAD_HELD: Final = 0.6  # of the lighter head
HEAD_LIKE: Final = 0.4  # of both together
HELD_WITH_NUMBER: Final = 0.5  # where they share a number
LIKE_WITH_NUMBER: Final = 0.3
BODY_HELD: Final = 0.7  # of the shorter text's word pairs
NUMBERS_SHARED: Final = 0.5  # of the fewer numbers, or they contradict
UNKNOWN: Final = "und"


def is_same(one: Sketch, other: Sketch) -> bool:
    """Whether both tell one story; the order does not matter."""
    if one.language != other.language and UNKNOWN not in (one.language, other.language):
        return False
    if contradict(one.numbers, other.numbers):
        return False
    return body_held(one, other) >= BODY_HELD or _heads_agree(one, other)


def likeness(one: Sketch, other: Sketch) -> float:
    """How alike, 0 to 1: to choose among several stories that all match."""
    shared, held, like = _overlap(one, other)
    return max(body_held(one, other), (held + like) / 2 if shared else 0.0)


def best(found: Sketch, candidates: Iterable[tuple[int, Sketch]]) -> int | None:
    """The id of the candidate that tells the same story, the most alike, the oldest of equals; None where none does."""
    same = [(-likeness(found, other), number) for number, other in candidates if is_same(found, other)]
    return min(same)[1] if same else None


def contradict(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether both name numbers, and fewer than half of the fewer are the same."""
    fewer = min(len(one), len(other))
    return fewer > 0 and len(one & other) < NUMBERS_SHARED * fewer


def body_held(one: Sketch, other: Sketch) -> float:
    """The estimated share of the shorter text's word pairs that the longer one holds; 0 where either is too short to tell."""
    if not one.body or not other.body:
        return 0.0
    size = min(len(one.body), len(other.body))
    union = sorted({*one.body, *other.body})[:size]
    both = {*one.body} & {*other.body}
    alike = sum(number in both for number in union) / len(union)
    shared = alike * (one.pairs + other.pairs) / (1 + alike)
    return min(1.0, shared / min(one.pairs, other.pairs))


def _heads_agree(one: Sketch, other: Sketch) -> bool:
    shared, held, like = _overlap(one, other)
    if shared < LEAST_SHARED or _names_contradict(one, other):
        return False
    if one.numbers & other.numbers:
        return held >= HELD_WITH_NUMBER and like >= LIKE_WITH_NUMBER
    return held >= HEAD_HELD and like >= HEAD_LIKE


def _overlap(one: Sketch, other: Sketch) -> tuple[float, float, float]:
    """Weight of what both heads have; its share of the lighter one; its share of both together."""
    weight_one = sum(WEIGHTS[kind] for kind in one.head.values())
    weight_other = sum(WEIGHTS[kind] for kind in other.head.values())
    shared = sum(max(WEIGHTS[kind], WEIGHTS[other.head[word]]) for word, kind in one.head.items() if word in other.head)
    lighter, together = min(weight_one, weight_other), weight_one + weight_other - shared
    return shared, min(1.0, shared / lighter) if lighter else 0.0, min(1.0, shared / together) if together > 0 else 0.0


def _names_contradict(one: Sketch, other: Sketch) -> bool:
    """Whether each head has a name that the other lacks, and they share none."""
    names, others = ({word for word, kind in found.head.items() if kind == NAME} for found in (one, other))
    return (
        bool(names - other.head.keys()) and bool(others - one.head.keys()) and not (names & other.head.keys() or others & one.head.keys())
    )
