"""What an incident is about and how it spreads, from its newest signal that tells: read from the store, put into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from alerting.inert import shorten
from core.bursts import Amplification, Burst, ThemeKind, burst_of, phrase_at
from core.messages import Translator
from core.records import Mention, Record, Signal, Words
from store import mentions
from store.database import Tx

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
MOST_TOLD: Final = 4  # themes in a message
MAX_PHRASE: Final = 60
MAX_QUOTE: Final = 200
MUCH: Final = 0.5  # of all: worth a word in a message
EXTREME: Final = 0.8  # of all: worth a sentence that says what it means
LEAST: Final = 10  # mentions, or accounts, of which a share says something
LEAST_TOP: Final = 3  # mentions of one account


class ThemeShown(Record, frozen=True, kw_only=True, gc=False):
    """A theme with its words; of `voices` people, `before` of those heard before (None: unknown), and a mention that says it."""

    kind: ThemeKind
    phrase: str
    voices: int
    before: int | None
    mention_id: int
    quote: str


class BurstShown(Record, frozen=True, kw_only=True, gc=False):
    """A burst as it can be shown now: themes whose every text was erased are left out."""

    burst: Burst
    themes: tuple[ThemeShown, ...]


def burst_shown(tx: Tx, raised: Sequence[Signal]) -> BurstShown | None:
    """The newest burst among an incident's signals; None where none of them tells of one."""
    found = [burst for signal in sorted(raised, key=lambda signal: (signal.raised_at, signal.id)) if (burst := burst_of(signal))]
    if not found:
        return None
    burst = found[-1]
    wanted = sorted({mention_id for theme in burst.themes for mention_id, _, _ in theme.where})
    heard = {mention.id: mention for mention in mentions.get(tx, wanted)}
    return BurstShown(burst=burst, themes=tuple(_shown(burst, heard)))


def theme_line(say: Translator, shown: BurstShown | None) -> str:
    """The first themes in one sentence; empty where there is none."""
    if shown is None or not shown.themes:
        return ""
    told = [_told(theme) for theme in shown.themes[:MOST_TOLD]]
    burst = shown.burst
    if burst.past_since is None or burst.past_until is None or not burst.has_past:
        return say("burst.most_said", themes=told)
    return say("burst.themes", themes=told, before=compared_with(burst.past_since, burst.past_until))


def compared_with(since: datetime, until: datetime) -> timedelta:
    """How long a past its themes were compared with, in whole days, or hours where those are few."""
    unit = DAY if until - since >= 2 * DAY else HOUR
    return max(1, round((until - since) / unit)) * unit


def spread_line(say: Translator, shown: BurstShown | None) -> str:
    """How it spreads, in one sentence of plain numbers; empty where that is not known."""
    if shown is None:
        return ""
    return say("burst.spread", parts=list(_parts(shown.burst.amplification)))


def burst_lines(say: Translator, shown: BurstShown | None) -> list[str]:
    """What it is about, and how it spreads: at most two lines."""
    return [line for line in (theme_line(say, shown), spread_line(say, shown)) if line]


def meanings(say: Translator, shown: BurstShown | None) -> list[str]:
    """What extreme numbers mean, a sentence each. They describe: nobody is called a bot."""
    if shown is None:
        return []
    told = shown.burst.amplification
    extremes = {
        "copies": (told.copies, told.mentions),
        "new": (told.new_accounts, told.aged_accounts),
        "one_account": (told.by_top_account, told.by_accounts),
        "one_source": (told.by_top_source if told.sources > 1 else 0, told.mentions),
    }
    return [say(f"burst.means.{name}") for name, (part, whole) in extremes.items() if whole >= LEAST and part >= EXTREME * whole]


def as_json(shown: BurstShown | None) -> dict[str, Any] | None:
    """As `--json` prints it: themes with a quote each, and the profile, with what they were counted among."""
    if shown is None:
        return None
    burst = shown.burst
    since, until = ((None if at is None else at.isoformat()) for at in (burst.past_since, burst.past_until))
    return {
        "themes": [msgspec.to_builtins(theme) for theme in shown.themes],
        "people": burst.voices,
        "before": {"people": burst.past_voices, "from": since, "until": until},
        "profile": {**msgspec.to_builtins(burst.amplification), "copies": burst.amplification.copies},
    }


def _shown(burst: Burst, heard: dict[int, Mention]) -> Iterator[ThemeShown]:
    for theme in burst.themes:
        for mention_id, start, end in theme.where:
            mention = heard.get(mention_id)
            phrase = None if mention is None else phrase_at(mention, start, end, theme.check)
            if mention is not None and phrase:
                yield ThemeShown(
                    kind=theme.kind,
                    phrase=phrase,
                    voices=theme.voices,
                    before=theme.before,
                    mention_id=mention_id,
                    quote=shorten(" ".join(f"{mention.title} {mention.text}".split()), MAX_QUOTE),
                )
                break


def _told(theme: ThemeShown) -> Words:
    key = "burst.theme.named" if theme.kind in ("product", "place", "person") else "burst.theme"
    return Words(key=key, args={"phrase": shorten(theme.phrase, MAX_PHRASE), "kind": theme.kind, "count": theme.voices})


def _parts(told: Amplification) -> Iterator[Words]:
    """Copies always; the rest where it is there, or a large part."""
    yield _part("copies", told.copies, told.mentions)
    if told.aged_accounts:
        yield _part("new", told.new_accounts, told.aged_accounts)
    if told.by_top_account >= max(LEAST_TOP, MUCH * told.by_accounts):
        yield _part("one_account", told.by_top_account, told.by_accounts)
    if told.sources > 1 and told.by_top_source >= MUCH * told.mentions:
        yield _part("one_source", told.by_top_source, told.mentions, source=told.top_source)
    if told.reposts:
        yield _part("reposts", told.reposts, told.mentions)
    if told.wires:
        yield _part("wires", told.wires, told.mentions)


def _part(name: str, part: int, whole: int, **args: str) -> Words:
    return Words(key=f"burst.{name}", args={"part": part, "whole": whole, "share": part / whole, **args})
