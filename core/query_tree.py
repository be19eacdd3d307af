"""The tree of a query: what can stand in it, what it says of a text, and what must stand in a text of which it holds. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from core.errors import QueryError
from core.teencode import Spelling, spellings
from core.wildcards import plain

TermKind = Literal["words", "hashtag", "handle"]
FieldName = Literal["author", "site", "lang", "source", "kind", "class", "has"]

MAX_LEVELS: Final = 200  # of the tree
_SIGNS: Final = {"words": "", "hashtag": "#", "handle": "@"}


class Term(msgspec.Struct, frozen=True, cache_hash=True):
    """A thing to find: forms in a row (lower case, marks as typed, `*` for a wildcard), as plain words, hashtag or handle; `in_title` alone, or anywhere."""

    forms: tuple[str, ...]
    kind: TermKind = "words"
    in_title: bool = False

    def __str__(self) -> str:
        return _SIGNS[self.kind] + " ".join(self.forms)

    @property
    def spellings(self) -> tuple[Spelling, ...]:
        """The ways in which it may be written; what is a name is written in one."""
        return spellings(self.forms) if self.kind == "words" else (Spelling(self.forms),)


class Near(msgspec.Struct, frozen=True, cache_hash=True):
    """Two terms with at most `within` words between them, in any order."""

    left: Term
    right: Term
    within: int


class Field(msgspec.Struct, frozen=True, cache_hash=True):
    """A fact about the mention rather than a word in it; what the value means for each name stands in `docs/queries.md`."""

    name: FieldName
    value: str

    def __str__(self) -> str:
        return f'{self.name}:"{self.value}"' if any(each in ' ()"' for each in self.value) else f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class All:
    """Each of them."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of them."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class No:
    """Not it."""

    node: Node


Leaf = Term | Near | Field
Node = Leaf | All | Any | No


def holds(node: Node, found: AbstractSet[Leaf]) -> bool:
    """Whether it holds of a text with exactly these leaves."""
    if isinstance(node, All):
        return all(holds(each, found) for each in node.nodes)
    if isinstance(node, Any):
        return any(holds(each, found) for each in node.nodes)
    if isinstance(node, No):
        return not holds(node.node, found)
    return node in found


def leaves(node: Node, depth: int = 0, *, wanted: bool = True) -> Iterator[tuple[Leaf, bool]]:
    """Every leaf, in order, with whether it speaks for a match (it stands behind no NOT, or behind two).

    Raises:
        QueryError: the tree has more than `MAX_LEVELS`.
    """
    if depth > MAX_LEVELS:
        raise QueryError("OR and NOT take turns too often; put what belongs together in brackets")
    if isinstance(node, All | Any):
        for each in node.nodes:
            yield from leaves(each, depth + 1, wanted=wanted)
    elif isinstance(node, No):
        yield from leaves(node.node, depth + 1, wanted=not wanted)
    else:
        yield node, wanted


def written(node: Node, *, inside: bool = False) -> str:
    """The node as a query, with every bracket that it needs; `inside` another node."""
    if isinstance(node, Term):
        return ("title:" if node.in_title else "") + (f'"{node}"' if len(node.forms) > 1 else str(node))
    if isinstance(node, Near):
        return f"{written(node.left)} NEAR/{node.within} {written(node.right)}"
    if isinstance(node, Field):
        return str(node)
    if isinstance(node, No):
        return f"NOT {written(node.node, inside=True)}"
    text = (" OR " if isinstance(node, Any) else " AND ").join(written(each, inside=True) for each in node.nodes)
    return f"({text})" if inside else text


def necessary(node: Node, *, wanted: bool = True) -> frozenset[str] | None:
    """Literals of which at least one stands in every text of which it holds (or, not `wanted`, does not hold); None where there are none."""
    if isinstance(node, No):
        return necessary(node.node, wanted=not wanted)
    if isinstance(node, All | Any):
        sides = [necessary(each, wanted=wanted) for each in node.nodes]
        known = [side for side in sides if side is not None]
        if isinstance(node, All) is wanted:  # NOT (a OR b) asks for neither, as (NOT a) AND (NOT b) does
            return max(known, key=_rarity, default=None)
        return frozenset().union(*known) if len(known) == len(sides) else None
    if not wanted or isinstance(node, Field):
        return None
    if isinstance(node, Near):
        return max(_literals(node.left), _literals(node.right), key=_rarity)
    return _literals(node)


def _literals(term: Term) -> frozenset[str]:
    """Blanks stand where words begin and end, so that "acme" is not met in "acmeville"."""
    return frozenset(max(f" {' '.join(map(plain, each.forms))} ".split("*"), key=len) for each in term.spellings)


def _rarity(literals: frozenset[str]) -> tuple[int, int]:
    """The longer its shortest literal (in bytes: one han character says much), and the fewer they are, the seldomer a set is met."""
    return min(len(literal.encode()) for literal in literals), -len(literals)
