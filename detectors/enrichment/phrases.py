"""Phrases by their words without marks: which of many stand in a text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Node(Generic[Item]):
    """What follows the words that lead here, and the items whose phrase ends here."""

    __slots__ = ("following", "items")

    def __init__(self) -> None:
        self.following: dict[str, _Node[Item]] = {}
        self.items: list[Item] = []


class Phrases(Generic[Item]):
    """Finds phrases, each with the items that were learnt with it.

    A dictionary of first words, with one of second words below each, and so on: a word that begins no phrase costs one look.

    Example:
        >>> phrases = Phrases[str]()
        >>> phrases.learn(["tay", "chay"], "boycott")
        >>> list(phrases.find(["hay", "tay", "chay", "no"]))
        [(1, 3, 'boycott')]
    """

    def __init__(self) -> None:
        self._root: _Node[Item] = _Node()

    def learn(self, plain: Sequence[str], item: Item) -> None:
        """Find an item wherever these bare forms (`core.tokens.bare`) stand in a row."""
        node = self._root
        for form in plain:
            node = node.following.setdefault(form, _Node())
        node.items.append(item)

    def find(self, plain: Sequence[str]) -> Iterator[tuple[int, int, Item]]:
        """First form, one past the last, and item, in the order of the text."""
        first_words = self._root.following
        for start in [at for at, form in enumerate(plain) if form in first_words]:
            node: _Node[Item] | None = first_words[plain[start]]
            end = start + 1
            while node is not None:
                for item in node.items:
                    yield start, end, item
                node, end = node.following.get(plain[end]) if end < len(plain) else None, end + 1
