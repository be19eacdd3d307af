"""Recorded mentions through the same stages on a virtual clock, in a database of its own: what would have been noticed, and who would have been called."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from console.config import Config
from console.shapes import describe
from console.simulate import Simulation
from core.errors import Refused
from core.records import Mention, Record
from listener.base import Page
from store import incidents, notifications, sources
from store.database import Database

PAGE: Final = timedelta(minutes=1)  # what is heard within a minute comes as one page
AFTERWARDS: Final = timedelta(hours=2)  # the clock runs on so long after the last mention
LEAST_HISTORY: Final = timedelta(days=7)  # less is too thin to forecast pages from
NIGHT: Final = range(22, 24), range(7)  # local hours


class Replayed(Record, frozen=True, kw_only=True, gc=False):
    """What came of a replay, in the shape that `tocsin replay --json` prints."""

    incidents: list[dict[str, Any]]
    pages: list[dict[str, Any]]
    forecast: dict[str, Any]
    mentions: int
    since: datetime
    until: datetime

    def as_json(self) -> dict[str, Any]:
        """With `from` for `since`, as the interface says."""
        return {
            "incidents": self.incidents,
            "pages": self.pages,
            "forecast": self.forecast,
            "mentions": self.mentions,
            "from": self.since.isoformat(),
            "until": self.until.isoformat(),
        }


async def replay(config: Config, recorded: Iterable[Mention], *, progress: Callable[[int, int], None] | None = None) -> Replayed:
    """Play mentions back in the order in which they were heard.

    Nothing of it touches the installation: the database is a temporary one, nothing is polled, nobody is told (rule 11).

    Args:
        config: topics, detectors, policies; of the sources only tier and topic are used.
        recorded: with `seen_at` as it was, or the time of publication where that is not known.
        progress: called with (played, all).

    Raises:
        Refused: there is nothing to play.
    """
    heard = sorted(recorded, key=lambda mention: (mention.seen_at, mention.native_id))
    if not heard:
        raise Refused("there is nothing to play: no mention could be read")
    start = heard[0].seen_at.replace(second=0, microsecond=0)
    with tempfile.TemporaryDirectory(prefix="tocsin-replay-") as folder:
        simulation = Simulation(config, f"sqlite:///{folder}/replay.db", start, roles=("detectors", "alerting"))
        try:
            await _play(simulation, config, heard, start, progress)
            return _outcome(simulation.store.database, config, heard, start, simulation.clock.now())
        finally:
            await simulation.close()


async def _play(
    simulation: Simulation, config: Config, heard: Sequence[Mention], start: datetime, progress: Callable[[int, int], None] | None
) -> None:
    names = sorted({mention.source_id for mention in heard})
    kinds = {source.id: source.kind for source in config.listener.sources}
    await simulation.store.database.write(sources.open_recordings, {name: kinds.get(name, "replay") for name in names}, start)
    played = 0
    for minute, page in _minutes(heard):
        await simulation.run_until(minute)
        for source_id in sorted({mention.source_id for mention in page}):
            own = tuple(mention for mention in page if mention.source_id == source_id)
            await simulation.monitor.poller.receive(source_id, Page(mentions=own), minute)
        await simulation.store.database.write(sources.heard_until, names, minute)
        played += len(page)
        if progress is not None:
            progress(played, len(heard))
    await simulation.run_until(heard[-1].seen_at + AFTERWARDS)


def _minutes(heard: Sequence[Mention]) -> Iterator[tuple[datetime, list[Mention]]]:
    """What was heard within each minute, with its last moment."""
    for minute, page in groupby(heard, key=lambda mention: mention.seen_at.replace(second=0, microsecond=0)):
        yield minute + PAGE - timedelta(microseconds=1), list(page)


def _outcome(database: Database, config: Config, heard: Sequence[Mention], start: datetime, end: datetime) -> Replayed:
    found = [database.read_now(describe, incident, config) for incident in reversed(database.read_now(incidents.listing, limit=10_000))]
    sent = database.read_now(notifications.sent_between, start, end + timedelta(days=1))
    pages = [
        {"at": one.sent_at.isoformat(), "person": one.person, "incident_id": one.incident_id, "channel": one.channel}
        for one in sent
        if one.sent_at is not None
    ]
    forecast = _forecast([one.sent_at for one in sent if one.sent_at], [one.person for one in sent], config, start, end)
    return Replayed(incidents=found, pages=pages, forecast=forecast, mentions=len(heard), since=heard[0].seen_at, until=heard[-1].seen_at)


def _forecast(at: Sequence[datetime], people: Sequence[str], config: Config, start: datetime, end: datetime) -> dict[str, Any]:
    """Pages per person and week, night and weekend apart; says where the history is too thin to tell."""
    weeks = (end - start) / timedelta(weeks=1)
    zone = ZoneInfo(config.timezone)
    local = [moment.astimezone(zone) for moment in at]
    return {
        "weeks": round(weeks, 2),
        "too_thin": end - start < LEAST_HISTORY,
        "pages_per_week": round(len(at) / weeks, 2),
        "pages_per_person_week": {person: round(people.count(person) / weeks, 2) for person in sorted(set(people))},
        "night": sum(any(moment.hour in hours for hours in NIGHT) for moment in local),
        "weekend": sum(moment.isoweekday() > 5 for moment in local),  # noqa: PLR2004 - Saturday and Sunday
    }
