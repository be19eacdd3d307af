"""Lists of expressions, found in a text with or without marks, half-marked, and in teencode. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Final, NamedTuple

import yaml

from core.teencode import Spelling, spellings
from core.tokens import Token, bare_forms, tokens
from detectors.enrichment.phrases import Phrases

MARKED_ONLY: Final = "="  # before an expression that is another word without its marks
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Lists = Mapping[str, Sequence[str]]


class Found(NamedTuple):
    """An expression of a list, from token `start` up to `end`."""

    of: str
    expression: str
    start: int
    end: int


class _Entry(NamedTuple):
    of: str
    expression: str
    spelling: Spelling
    marked_only: bool


class Expressions:
    """Finds the expressions of several lists in one pass.

    Marks are judged syllable by syllable (`core.tokens.agree`): what the text marks must agree, what it leaves bare may stand for any.

    Args:
        lists: expressions by the name of their list.

    Example:
        >>> [(found.of, found.expression) for found in Expressions({"ask": ["cho em hỏi"]}).find(tokens("cho em hoi xiu"))]
        [('ask', 'cho em hỏi')]
    """

    def __init__(self, lists: Lists) -> None:
        self._phrases = Phrases[_Entry]()
        for of, expressions in lists.items():
            for expression in expressions:
                marked_only = expression.startswith(MARKED_ONLY)
                forms = tuple(token.form for token in tokens(expression.removeprefix(MARKED_ONLY)))
                for spelling in spellings(forms):
                    self._phrases.learn(spelling.plain, _Entry(of, expression.removeprefix(MARKED_ONLY), spelling, marked_only))

    def find(self, said: Sequence[Token]) -> list[Found]:
        """What stands in these tokens, from the first on; one place may hold several."""
        forms = [token.form for token in said]
        found = self._phrases.find(bare_forms(said))
        return [Found(entry.of, entry.expression, start, end) for start, end, entry in found if _agrees(entry, forms, start, end)]


def _agrees(entry: _Entry, forms: Sequence[str], start: int, end: int) -> bool:
    """Whether forms that are the same without marks agree in them, too."""
    before, after = forms[start - 1] if start else "", forms[end] if end < len(forms) else ""
    agreed = entry.spelling.agrees(forms[start:end], before, after)
    return agreed is True or (agreed is False and not entry.marked_only)


def load_lists(name: str) -> dict[str, tuple[str, ...]]:
    """The lists of a file of `lexicon/`."""
    text = resources.files("detectors.enrichment").joinpath(f"lexicon/{name}.yaml").read_text("utf-8")
    return {key: tuple(map(str, listed)) for key, listed in yaml.load(text, _LOADER).items()}  # noqa: S506 - the safe loader, compiled
