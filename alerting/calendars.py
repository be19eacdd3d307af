"""Calendars of time off and of holidays: asked every hour, stored as absences; one that fails keeps what it said before, and says since when.

A calendar is a file beside the configuration or an http(s) address. Addresses are secrets (whoever has one reads it all), so a row is known
by whose it is ("calendar:lan", "holidays:first-line"), and an error never holds one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from alerting.holidays import STORED_AS, is_country
from alerting.ics import MAX_BYTES, CalendarUnreadable, Occurrence, read_calendar
from alerting.settings import AlertingSettings
from core.answers import check_status
from core.errors import SourceError, TocsinError
from core.http import Fetcher
from core.on_call import Absence
from core.records import Record
from store import absences, facts
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

EVERY: Final = timedelta(hours=1)
BEHIND: Final = timedelta(days=7)
AHEAD: Final = timedelta(days=400)
FACT: Final = "calendar/"
ADDRESSES: Final = ("http://", "https://")


class CalendarSource(Record, frozen=True, kw_only=True, gc=False):
    """One configured calendar: whose days it holds, on whose clock, and where it is. `counts_free`: also what it calls free (public holidays are)."""

    origin: str
    person: str
    zone: str
    address: str
    counts_free: bool = False


class CalendarState(Record, frozen=True, kw_only=True, gc=False):
    """How a calendar does: when it was read last, how many days off it told, why it was not read since."""

    origin: str
    read_at: datetime | None = None
    events: int = 0
    error: str | None = None


def calendars_of(settings: AlertingSettings) -> Iterator[CalendarSource]:
    """Every .ics calendar of a configuration."""
    for person in settings.people:
        if person.calendar is not None:
            yield CalendarSource(origin=f"calendar:{person.id}", person=person.id, zone=person.timezone or "UTC", address=person.calendar)
    for rotation in settings.rotations:
        if rotation.holidays is not None and not is_country(rotation.holidays):
            name = f"{STORED_AS}{rotation.id}"
            yield CalendarSource(origin=name, person=name, zone=rotation.timezone or "UTC", address=rotation.holidays, counts_free=True)


def states(tx: Tx, settings: AlertingSettings) -> list[CalendarState]:
    """How every configured calendar does; one that was never asked stands there without a time."""
    found = []
    for calendar in calendars_of(settings):
        told = facts.get(tx, f"{FACT}{calendar.origin}")
        state = CalendarState(origin=calendar.origin)
        if isinstance(told, dict):
            read_at = None if told.get("read_at") is None else datetime.fromisoformat(told["read_at"])
            state = CalendarState(origin=calendar.origin, read_at=read_at, events=told.get("events", 0), error=told.get("error"))
        found.append(state)
    return found


class CalendarReader:
    """The stage that reads the calendars.

    Args:
        store: where absences are kept.
        settings: the section, settled.
        http: the guarded session.
        folder: from where files are meant.
    """

    def __init__(self, store: Store, settings: AlertingSettings, *, http: Fetcher, folder: Path) -> None:
        self._store = store
        self._calendars = tuple(calendars_of(settings))
        self._http = http
        self._folder = folder
        self._next_at: datetime | None = None

    async def step(self, now: datetime) -> datetime | None:
        """Read every calendar whose hour has come; one that fails keeps nobody from the others."""
        if self._next_at is not None and now < self._next_at:
            return self._next_at
        await self._store.database.write(absences.drop_others, [one.origin for one in self._calendars])
        for calendar in self._calendars:
            try:
                found = await self._read(calendar, now)
            except TocsinError as error:
                reason = error.reason if isinstance(error, SourceError) else str(error)
                log.warning("calendar not read", calendar=calendar.origin, reason=reason)
                await self._store.database.write(_failed, calendar, reason, now)
                continue
            await self._store.database.write(_took, calendar, found, now)
        self._next_at = now + EVERY if self._calendars else None
        return self._next_at

    async def _read(self, calendar: CalendarSource, now: datetime) -> list[Occurrence]:
        address = calendar.address.replace("webcal://", "https://", 1)
        if address.startswith(ADDRESSES):
            answer = await self._http.fetch(address, source=calendar.origin)
            check_status(answer, calendar.origin)
            body = answer.body
        else:
            body = await asyncio.to_thread(_file, self._folder / address)
        found = await asyncio.to_thread(read_calendar, body, now - BEHIND, now + AHEAD, ZoneInfo(calendar.zone))
        return [one for one in found if calendar.counts_free or not one.is_free]


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CalendarUnreadable(f"the file cannot be read: {error.strerror}") from error


def _took(tx: Tx, calendar: CalendarSource, found: list[Occurrence], now: datetime) -> None:
    rows = [
        Absence(
            person=calendar.person,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            by="calendar",
            comment=one.name if calendar.counts_free else "",
            origin=calendar.origin,
            uid=one.uid,
        )
        for one in found
    ]
    absences.replace(tx, calendar.origin, rows)
    facts.put(tx, f"{FACT}{calendar.origin}", {"read_at": now.isoformat(), "events": len(rows), "error": None}, now)


def _failed(tx: Tx, calendar: CalendarSource, reason: str, now: datetime) -> None:
    before = facts.get(tx, f"{FACT}{calendar.origin}")
    told = before if isinstance(before, dict) else {"read_at": None, "events": 0}
    facts.put(tx, f"{FACT}{calendar.origin}", {**told, "error": reason}, now)
