"""What a burst is about and how it spread, as frozen with the signal that found it (`Signal.frozen["burst"]`).

A theme holds no words of anybody: it says where they stand in the texts, so that they go when the texts are erased (rule 12).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal
from zlib import crc32

import msgspec

from core.records import Mention, Record, Signal

MOST_CHARS: Final = 300  # of a title, and of a text: what comes later in it is seldom what a burst is about
ThemeKind = Literal["phrase", "name", "person", "place", "product", "hashtag", "handle"]


class Theme(Record, frozen=True, kw_only=True, gc=False):
    """A phrase, or somebody or something named, that a burst is about.

    `voices`: people who said it, near copies once. `before`: how many of those heard before the burst said it; None is unknown. `where`: mention
    id, start and end in `words_of` that mention, up to three. `check`: what `check_of` gives for the phrase.
    """

    kind: ThemeKind
    voices: int
    before: int | None
    where: tuple[tuple[int, int, int], ...]
    check: int


class Amplification(Record, frozen=True, kw_only=True, gc=False):
    """How a burst spread, in plain numbers; of `mentions`, the newest that were looked at.

    `accounts`: people who are named; `by_accounts` of the mentions are theirs, `by_top_account` one person's. `new_accounts` of the `aged_accounts` were
    heard by us for the first time within a week; the others' age is unknown. `top_source` brought `by_top_source`.
    """

    mentions: int
    stories: int
    reposts: int
    wires: int
    accounts: int
    by_accounts: int
    by_top_account: int
    new_accounts: int
    aged_accounts: int
    sources: int
    top_source: str
    by_top_source: int

    @property
    def copies(self) -> int:
        """Mentions that tell again what another one of them told."""
        return self.mentions - self.stories


class Burst(Record, frozen=True, kw_only=True, gc=False):
    """Themes, weightiest first, found among `voices` people; `past_voices` people were heard from `past_since` until `past_until` (None: nobody)."""

    amplification: Amplification
    themes: tuple[Theme, ...] = ()
    voices: int = 0
    past_voices: int = 0
    past_since: datetime | None = None
    past_until: datetime | None = None

    @property
    def has_past(self) -> bool:
        """Whether enough was heard before to tell what is new."""
        return all(theme.before is not None for theme in self.themes) and self.past_since is not None


def frozen_burst(burst: Burst) -> dict[str, Any]:
    """As it is frozen with a signal: JSON values."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(burst))
    return found


def burst_of(signal: Signal) -> Burst | None:
    """What was frozen with a signal; None where nothing was, or by another version."""
    try:
        return msgspec.convert(signal.frozen.get("burst"), Burst)
    except msgspec.ValidationError:
        return None


def words_of(title: str, text: str) -> str:
    """The beginnings of a mention's title and text as one, in which a theme's place is told."""
    return f"{title[:MOST_CHARS]}\n{text[:MOST_CHARS]}"


def phrase_at(mention: Mention, start: int, end: int, check: int) -> str | None:
    """The phrase that stood there when it was found; None where the text is gone or was changed."""
    phrase = words_of(mention.title, mention.text)[start:end]
    gone = mention.deleted_at is not None or check_of(phrase) != check
    return None if gone else " ".join(phrase.split())


def check_of(phrase: str) -> int:
    """A number that the same words give, whatever their marks and case; it only tells whether the text still says so."""
    from core.tokens import bare, tokens  # builds what reads a text; `tocsin incidents --json` only shows what was read

    return crc32(" ".join(bare(token.form) for token in tokens(phrase)).encode())
