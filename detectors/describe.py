"""What a finding is about and how it spread: the burst's mentions and the topic's past -> themes and profile, frozen with the finding."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
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
MOST_PAST: Final = 2_000  # mentions before it that they are compared with, the newest
PAST: Final = timedelta(days=35)
APART: Final = timedelta(days=1)  # what has been said for a day or longer is not new; the burst may have begun before its window


class Heard(NamedTuple):
    """The mentions of a burst and those before it, oldest first, and when the oldest of those was heard."""

    burst: list[Voice]
    past: list[Voice]
    past_since: datetime | None


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
    found = themes(heard.burst[-MOST_READ:], heard.past, brand=brand, names=names)
    return Burst(
        amplification=profile(heard.burst, end),
        themes=found.found,
        voices=found.voices,
        past_voices=found.past_voices,
        past_since=heard.past_since,
        past_until=None if heard.past_since is None else end - APART,
    )


def _read(tx: Tx, topic_id: str, finding: Finding) -> Heard:
    burst, _ = voices.heard(tx, topic_id, finding.window_start, finding.window_end, MOST_HEARD, chars=MOST_CHARS)
    end = finding.window_end
    past, since = voices.heard(tx, topic_id, end - PAST, end - APART, MOST_PAST, chars=MOST_CHARS, arrivals=("live", "late", "backfill"))
    return Heard(burst, past, since)
