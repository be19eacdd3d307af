"""Wildcards: `kett*`, `*phone`, `s*g`; a star stands for any number of characters within one word, none included. Pure.

The rule for Vietnamese marks is that of `core.tokens.agree`, word by word. Time grows with the length of pattern and word alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from core.text import normalise
from core.tokens import bare, tokens

STAR: Final = "*"
MIN_FIXED: Final = 2  # letters and digits beside the stars
_STAND_IN: Final = "\u01c3"  # a letter of no language that is written here; it passes through tokens and forms as it is
_KNOWN_PATTERNS: Final = 4_096

Pieces = tuple[str, ...]  # what stands between the stars: "s*g" gives ("s", "g"), "*phone" gives ("", "phone")


class _Pattern(NamedTuple):
    plain: Pieces
    marked: tuple[Pieces, ...]  # none where the pattern was typed without marks


def forms_of(text: str) -> tuple[str, ...]:
    """The forms of what was typed, stars kept: "Acme-Kett*" gives ("acme", "kett*").

    Raises:
        ValueError: a star with fewer than `MIN_FIXED` letters or digits beside it; the message says so.
    """
    if STAR not in text:
        return tuple(token.form for token in tokens(text))
    forms = tuple(token.form.replace(_STAND_IN, STAR) for token in tokens(text.replace(STAR, _STAND_IN)))
    for form in forms:
        if STAR in form and sum(map(str.isalnum, form)) < MIN_FIXED:
            raise ValueError(f"a wildcard needs at least {MIN_FIXED} letters or digits with it in the same word")
    return forms


def is_wild(form: str) -> bool:
    """Whether a form asked for has a star."""
    return STAR in form


def agrees(asked: Sequence[str], found: Sequence[str]) -> bool | None:
    """What `core.tokens.agree` says of forms in a row, of which those asked for may have stars, and which may differ without their marks."""
    if len(asked) != len(found):
        return None
    answers = [fits(want, got) if STAR in want else _same(want, got) for want, got in zip(asked, found, strict=True)]
    return None if None in answers else all(answers)


def fits(pattern: str, form: str) -> bool | None:
    """Whether a form fits a pattern: True, False where only its marks are missing, None where it does not."""
    known, unmarked = _pattern(pattern), bare(form)
    if not _stand(known.plain, unmarked):
        return None
    if not known.marked or any(_stand(pieces, form) for pieces in known.marked):
        return True
    return False if form == unmarked else None


def is_like(pattern: str, text: str) -> bool:
    """Whether a whole text, such as an id, fits a pattern; with no star they are the same."""
    return _stand(tuple(pattern.split(STAR)), text) if STAR in pattern else pattern == text


def plain(form: str) -> str:
    """A form asked for without its marks, stars kept."""
    return STAR.join(_pattern(form).plain) if STAR in form else bare(form)


def ends(pattern: str) -> tuple[str, str]:
    """With which character, marks left off, every word that fits begins and ends; "" where any may stand there."""
    unmarked = _pattern(pattern).plain
    return unmarked[0][:1], unmarked[-1][-1:]


def _same(want: str, got: str) -> bool | None:
    if want == got:
        return True
    if bare(want) != bare(got):
        return None
    return True if want == bare(want) else False if got == bare(got) else None


@lru_cache(maxsize=_KNOWN_PATTERNS)
def _pattern(pattern: str) -> _Pattern:
    pieces = tuple(pattern.split(STAR))
    unmarked = tuple(map(bare, pieces))
    # A tone stands on another letter in an open syllable ("hòa") than in a closed one ("hoàn"): a star leaves open which it is.
    both = {tuple(map(normalise, pieces)), tuple(normalise(f"{piece}n")[:-1] if piece else "" for piece in pieces)}
    return _Pattern(unmarked, () if unmarked in both else tuple(sorted(both)))


def _stand(pieces: Pieces, word: str) -> bool:
    first, *middle, last = pieces
    at, end = len(first), len(word) - len(last)
    if at > end or not word.startswith(first) or not word.endswith(last):
        return False
    for piece in middle:
        at = word.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True
