"""The risk lexicon: rows of `lexicon/vi.yaml` and `lexicon/en.yaml`, read and checked.

Each row is a risk with the expressions that speak of it, and with texts that it must and must not match (`says`, `silent`), which the
tests run. What the keys of a row mean stands at `Row`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from itertools import product
from typing import Final, Literal

import msgspec
import yaml

LEXICONS: Final = ("vi", "en")
BRAND: Final = "brand"  # in `near`: a topic's name, or a source that is about a topic
MAX_SPELLINGS: Final = 64  # of one expression


LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the compiled one takes a tenth of the time


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One risk.

    `level` 1: one mention that names the brand is enough; 2: counts in a group; 3: a complaint. `any` are expressions whose marks may be
    left off syllable by syllable; `marked` those that mean something else without them. Where `near` is given, one of its words, or the
    brand, must stand within `within` words; the word `brand` alone asks for the brand. A word of `not_near` in that distance, or an
    expression of `never` that overlaps, tells an innocent use.
    """

    id: str
    family: str
    level: Literal[1, 2, 3]
    says: tuple[str, ...]
    silent: tuple[str, ...]
    any: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    within: int = 10
    not_near: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class Lexicon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rows of a language. `spellings`: how people write a word in haste; `negations`: words that deny what follows."""

    rows: tuple[Row, ...]
    negations: tuple[str, ...]
    spellings: dict[str, tuple[str, ...]] = {}


@cache
def load_lexicon(language: str) -> Lexicon:
    """The shipped lexicon of a language of `LEXICONS`."""
    text = resources.files("detectors.enrichment").joinpath(f"lexicon/{language}.yaml").read_text("utf-8")
    return msgspec.convert(yaml.load(text, LOADER), Lexicon)  # noqa: S506 - the safe loader, compiled


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
