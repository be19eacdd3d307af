"""What a finding is about and how it spread: the burst's mentions and the topic's past -> themes and profile, frozen with the finding."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final, NamedTuple

import structlog
from msgspec.structs import replace

from core.bursts import MOST_CHARS, Burst, frozen_burst
from detectors.amplification import profile
from detectors.base import Finding
from detectors.entities import Name
from detectors.themes import themes
from store import voices
from store.database import Database, Tx
from store.quick import DatabaseFailed
from store.voices import Voice

log = structlog.get_logger()

MOST_HEARD: Final = 2_000  # mentions of a burst whose spread is told, the newest
MOST_READ: Final = 500  # of them whose words are read
MOST_CHARS_READ: Final = 75_000  # of those words, so that long texts take no longer than many
MOST_PAST_CHARS: Final = 200_000
MOST_PAST: Final = 2_000  # mentions before it that they are compared with, the newest
PAST: Final = timedelta(days=35)
APART: Final = timedelta(days=1)  # what has been said for a day or longer is not new; the burst may have begun before its window


class Heard(NamedTuple):
    """The mentions of a burst and those before it, oldest first."""

    burst: list[Voice]
    past: list[Voice]


async def described(database: Database, finding: Finding, topic_id: str, *, brand: Sequence[str], names: Sequence[Name]) -> Finding:
    """The finding with its burst in `frozen["burst"]` (see `core.bursts`); as it was where nothing was heard, or where describing it fails."""
    try:
        heard = await database.read(_read, topic_id, finding)
        burst = await asyncio.to_thread(describe, heard, finding.window_end, brand=brand, names=names)
    except DatabaseFailed:
        raise
    except Exception:  # whatever is wrong with telling it, the signal still has to be raised
        log.exception("burst not described", topic=topic_id, kind=finding.kind)
        return finding
    return finding if burst is None else replace(finding, frozen={**finding.frozen, "burst": frozen_burst(burst)})


def describe(heard: Heard, end: datetime, *, brand: Sequence[str] = (), names: Sequence[Name] = ()) -> Burst | None:
    """The burst that ends at `end` (aware), in numbers and references; None where nobody was heard. Pure."""
    if not heard.burst:
        return None
    said, past = _newest(heard.burst[-MOST_READ:], MOST_CHARS_READ), _newest(heard.past, MOST_PAST_CHARS)
    found = themes(said, past, brand=brand, names=names)
    return Burst(
        amplification=profile(heard.burst, end),
        themes=found.found,
        voices=found.voices,
        past_voices=found.past_voices,
        past_since=past[0].at if past else None,
        past_until=end - APART if past else None,
    )


def _newest(said: Sequence[Voice], chars: int) -> list[Voice]:
    """The newest whose words are no more than so many characters together, oldest first."""
    newest = said[::-1]
    sizes = accumulate(len(voice.title) + len(voice.text) for voice in newest)
    return [voice for voice, size in zip(newest, sizes, strict=True) if size <= chars][::-1]


def _read(tx: Tx, topic_id: str, finding: Finding) -> Heard:
    end, before = finding.window_end, ("live", "late", "backfill")
    burst = voices.heard(tx, topic_id, finding.window_start, end, MOST_HEARD, chars=MOST_CHARS)
    return Heard(burst, voices.heard(tx, topic_id, end - PAST, end - APART, MOST_PAST, chars=MOST_CHARS, arrivals=before))
