"""The risk lexicon: the words of a language in `lexicon/vi.yaml`, its rows in `lexicon/vi/*.yaml`; read and checked.

Each row is a risk with the expressions that speak of it, and with texts that it must and must not match (`says`, `silent`), which the
tests run. What the keys of a row mean stands at `Row`; how rows were measured in docs/risks.md.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import product
from typing import Any, Final, Literal

import msgspec
import yaml

LEXICONS: Final = ("vi", "en")
BRAND: Final = "brand"  # in `near`: a topic's name, or a source that is about a topic
MAX_SPELLINGS: Final = 64  # of one expression


LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the compiled one takes a tenth of the time


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One risk.

    `level` 1: one mention that names the brand is enough, if the row may page `alone`: because hits were read and found right
    ("measured"), or because it names the deed and hardly ever misfired ("argued"); otherwise it counts as level 2 until another row of its
    family, or other people, say the same. 2: counts in a group; 3: a complaint. `amplifies`: told only beside another risk of the text.
    `masked`: slurs, of which alerts show the first letter alone.

    `any` are expressions whose marks may be left off syllable by syllable; `marked` those that mean something else without them. Where
    `near` is given, one of its words, or the brand, must stand within `within` words; the word `brand` alone asks for the brand.
    `near_bare` asks the same only of expressions whose marks were left off. The brand is a topic's name, or anything in a source that is about a
    topic; with `brand: named` the name alone. A word of `not_near` in that distance, or an expression of `never` that overlaps, tells an
    innocent use. `read` and `right`: how many hits a person read, and in how many the risk was meant.
    """

    id: str
    family: str
    level: Literal[1, 2, 3]
    says: tuple[str, ...]
    silent: tuple[str, ...]
    alone: Literal["measured", "argued", "no"] = "no"
    amplifies: bool = False
    masked: bool = False
    any: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    near_bare: tuple[str, ...] = ()
    within: int = 10
    brand: Literal["counts", "named", "does not count"] = "counts"
    not_near: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    read: int = 0
    right: int = 0


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words of a language that bear on every row.

    `negations` deny and `suppositions` suppose what follows, `not_negations` only look so; `elsewhere` says on either side that another
    place is meant. `spellings`: how people write a word in haste.
    """

    negations: tuple[str, ...]
    not_negations: tuple[str, ...] = ()
    suppositions: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    spellings: dict[str, tuple[str, ...]] = {}


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a language and its rows, by the name of their file, then as they stand there."""

    words: Words
    rows: tuple[Row, ...]


@cache
def load_lexicon(language: str) -> Lexicon:
    """The shipped lexicon of a language of `LEXICONS`."""
    shelf = resources.files("detectors.enrichment").joinpath("lexicon")
    files = sorted(shelf.joinpath(language).iterdir(), key=lambda file: file.name)
    rows = [msgspec.convert(row, Row) for file in files for row in _read(file)]
    return Lexicon(words=msgspec.convert(_read(shelf.joinpath(f"{language}.yaml")), Words), rows=tuple(rows))


def _read(file: Traversable) -> Any:
    return yaml.load(file.read_text("utf-8"), LOADER)  # noqa: S506 - the safe loader, compiled


def spelled(expression: str, spellings: dict[str, tuple[str, ...]]) -> list[str]:
    """The ways to write an expression: each word of `spellings` in it as itself or as one of its short forms, at most `MAX_SPELLINGS`."""
    inside = [word for word in spellings if f" {word} " in f" {expression} "]
    found = []
    for choice in product(*((word, *spellings[word]) for word in inside)):
        written = f" {expression} "
        for word, short in zip(inside, choice, strict=True):
            written = written.replace(f" {word} ", f" {short} ")
        found.append(written.strip())
    return found[:MAX_SPELLINGS]
