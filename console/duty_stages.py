"""The stages that look after duty: who reads calendars of time off, and who tells people of it ahead."""

from __future__ import annotations

from functools import partial

from alerting.calendars import CalendarReader
from alerting.duty import DutyKeeper
from alerting.roster import roster_of
from console.config import Config
from console.listening import listening_of
from console.stages import Stage
from core.http import Fetcher
from store.open import Store


def duty_stages(config: Config, store: Store, http: Fetcher) -> list[Stage]:
    """CalendarReader, DutyKeeper; for a live monitor alone: a replay has no calendars, and wakes nobody."""
    keeper = DutyKeeper(store, roster=partial(roster_of, settings=config.alerting), listening=listening_of(config))
    calendars = CalendarReader(store, config.alerting, http=http, folder=config.folder)
    return [Stage("calendars", "alerting", calendars), Stage("duty", "alerting", keeper)]
