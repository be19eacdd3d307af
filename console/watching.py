"""How the monitor watches itself, built of a configuration: the probe's two ends, the heartbeat, the watchman, the weekly test."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerting.base import Notifier
from alerting.heartbeat import Heartbeat, Sink, beat_of, with_nobody
from alerting.policy import Roster
from alerting.settings import ChannelSettings, PersonSettings
from alerting.vitals import Vitals
from alerting.watch_settings import EVERY
from alerting.watchman import Watchman
from alerting.weekly_test import Tester
from console.config import Config
from console.stages import NotifierFor, Stage
from core.clock import Clock
from core.http import Fetcher
from core.probe import PROBE
from listener.look import Listened
from listener.probing import probed
from store.database import Tx
from store.open import Store


def with_probe(heard: Mapping[str, Listened], clock: Clock) -> dict[str, Listened]:
    """What the Poller listens to: the configured sources, and ourselves."""
    return {**heard, PROBE: probed(clock.now)}


def with_sink(notify: NotifierFor, store: Store, clock: Clock) -> NotifierFor:
    """What the Dispatcher sends by: the configured notifiers, and the sink for the probe."""
    sink = Sink(store, clock.now)

    def notifier_for(person: PersonSettings, channel: ChannelSettings) -> Notifier:
        return sink if person.id == PROBE else notify(person, channel)

    return notifier_for


def with_nobody_in(roster: Callable[[Tx], Roster]) -> Callable[[Tx], Roster]:
    """Whom the Dispatcher knows: everybody, and whoever receives the probe."""
    return lambda tx: with_nobody(roster(tx))


def watch_stages(config: Config, store: Store, http: Fetcher, roster: Callable[[Tx], Roster], vitals: Callable[[], Vitals]) -> list[Stage]:
    """What runs beside the stages that a post travels through."""
    settings = config.alerting.heartbeat
    beat = None if settings is None else beat_of(http, settings.url)
    return [
        Stage("heartbeat", "alerting", Heartbeat(store, beat, every=EVERY if settings is None else settings.every)),
        Stage("tester", "alerting", Tester(store, config.alerting)),
        Stage("watchman", "alerting", Watchman(store, config.alerting, roster=roster, vitals=vitals)),
    ]
