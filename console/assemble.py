"""The composition root: every stage of the monitor, in the order in which a post travels. Read this file first.

    Poller      source    -> mention                     wakes the Enricher
    Subscriber  feed's hub -> push                        wakes the Poller
    Enricher    mention   -> enrichment, counts, signal   wakes the Intake (and marks topics for the Watcher)
    Recounter   history   -> counts, by a changed query   wakes the Watcher
    Watcher     counts    -> signal                       wakes the Intake
    Timekeeper  questions -> signal: unanswered           wakes the Intake
    Lookout     sources   -> signal: not heard            wakes the Intake
    Gauger      numbers   -> signal: far from usual       wakes the Intake
    Intake      signal    -> incident, notification       wakes the Dispatcher
    Unmuter     mutes that end -> what they kept quiet    wakes the Dispatcher
    Tender      open incidents -> stage, proposal to close  wakes the Dispatcher
    Dispatcher  notification -> receipt, escalation
    Inboxes     answer    -> what it asks for             wakes the Dispatcher
    Calendars   .ics      -> time off, holidays
    Duty        gaps, time off, handovers -> notification

The daemon, replays, drills and tests build the same monitor here; they differ in clock, store and notifiers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import structlog
from msgspec import Struct

from alerting.links import Signer, installation_key
from alerting.policy import Roster
from alerting.roster import roster_of
from alerting.vitals import Vitals
from console import shelf
from console.adopt import adopt
from console.calling import alerting_stages
from console.config import Config
from console.detecting import able, detectors_of
from console.duty_stages import duty_stages
from console.known import topic_versions
from console.notifying import NotifierShelf
from console.replying import inbox_stages
from console.room import Room, room_of
from console.stages import UNHURRIED, NotifierFor, Stage
from console.watching import watch_stages, with_probe
from core.clock import Clock
from core.http import Fetcher
from core.records import World
from listener.look import Listened
from listener.poll import Poller
from listener.pushed import waits
from listener.subscribe import NamesHub, Subscriber
from listener.websub import is_reachable
from playbooks.load import Library, load_playbooks
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

ROLES: Final = ("listener", "detectors", "alerting", "console")


class Monitor(Struct, frozen=True):
    """Everything that was built of one configuration (rule 13: it is replaced as a whole)."""

    config: Config
    generation: int
    store: Store
    stages: tuple[Stage, ...]
    poller: Poller
    library: Library
    signer: Signer
    notifier_for: NotifierFor
    room: Room | None = None

    def roster(self, tx: Tx) -> Roster:
        """Who can be told now."""
        return roster_of(tx, self.config.alerting)


def assemble(
    config: Config,
    store: Store,
    clock: Clock,
    http: Fetcher,
    *,
    roles: Collection[str] = ROLES,
    world: World = "live",
    notifier_for: NotifierFor | None = None,
    virtual: bool = False,
    probing: bool | None = None,
    vitals: Callable[[], Vitals] = Vitals,
    just_started: bool = False,
) -> Monitor:
    """Build the monitor of a configuration; its rows (sources, topics, generation) are in the database when this returns.

    Args:
        config: what to build.
        store: opened, at this schema.
        clock: tells the collectors and notifiers the time.
        http: the guarded session.
        roles: only the stages of these; a listener never loads spaCy.
        world: "drill" marks everything.
        notifier_for: in place of the configured notifiers, for drills and replays.
        probing: the monitor sends probes through itself and watches itself; where None: unless time is virtual.
        vitals: how this process is.
        virtual: time is virtual and nobody else writes: nothing is swept for, and messages go out one by one, so that the order is always the same.
        just_started: the process has; what is noticed before every source was heard waits a little (`alerting/hold.py`).

    Raises:
        ConfigError: a playbook folder that does not exist, or a playbook that cannot be used.
    """
    often = {"sweep_every": UNHURRIED} if virtual else {}
    probing = not virtual if probing is None else probing
    library = _library(config)
    generation = store.database.write_now(adopt, config, clock.now(), probing=probing)
    notify = notifier_for or NotifierShelf(config, http, clock).get
    signer = Signer(store.database.write_now(installation_key, clock.now()))
    heard = listened(config, http, clock)
    poller = Poller(
        store, with_probe(heard, clock) if probing else heard, lateness=config.listener.lateness, now=None if virtual else clock.now
    )
    stages: list[Stage] = []
    if "listener" in roles:
        stages.append(Stage("poller", "listener", poller, woken_by=poller))
        if not virtual:
            stages.append(Stage("subscriber", "listener", _subscriber(config, store, poller, heard, http)))
    if "detectors" in roles:
        stages += _detectors(config, store, generation, often, hearing=not virtual or "listener" in roles)
    if "alerting" in roles:
        stages += alerting_stages(
            config, store, clock, library, notify, signer, world=world, virtual=virtual, just_started=just_started, probing=probing
        )
    if "alerting" in roles and world == "live" and not virtual:
        stages += [*duty_stages(config, store, http), *inbox_stages(config, store, clock, http, library)]
    if "alerting" in roles and probing:
        stages += watch_stages(config, store, http, partial(roster_of, settings=config.alerting), vitals)
    room = None if virtual or store.database.ballast is None else room_of(store.database.ballast, config, notify)
    return Monitor(config, generation, store, tuple(stages), poller, library, signer, notify, room)


def _detectors(config: Config, store: Store, generation: int, often: Mapping[str, timedelta], *, hearing: bool) -> list[Stage]:
    """The spaCy side is imported here alone, so that the other roles stay light. `hearing`: not where mentions are played back, and no source is asked."""
    from console.known import branches, brand_context, enriched, registry, specs_of, tiers_of, watched
    from console.people import people_specs, people_topics, people_watched
    from detectors.enrich import Enricher
    from detectors.enrichment.pipeline import Pipeline
    from detectors.enrichment.records import TopicSpec
    from detectors.reading import Reader
    from detectors.recount import Recounter
    from detectors.watch import Watcher

    specs, built, known = specs_of(config), detectors_of(config), registry(config)
    about, tiers = brand_context(config), tiers_of(config)

    def pipeline_of(chosen: Sequence[TopicSpec]) -> Pipeline:
        return Pipeline(chosen, branches=branches(config), sentiment_model=config.detectors.sentiment.model)

    def reader_for(topic_id: str) -> Reader:
        return Reader(pipeline_of([spec for spec in specs if spec.id == topic_id]), about, tiers, known)

    enricher = Enricher(
        store,
        pipeline_of([*specs, *people_specs(config)]),
        enriched(config) | people_topics(config),
        brand_context=about,
        detectors=able(built, "judge"),
        generation=generation,
        tiers=tiers,
        registry=known,
        on_sentiment=able(built, "on_sentiment"),
        people=able(built, "judge", people=True),
        voices=able(built, "attend"),
        **often,
    )
    watcher = Watcher(
        store,
        watched(config) | people_watched(config),
        able(built, "step"),
        lateness=config.listener.lateness,
        generation=generation,
        talk=able(built, "hear"),
        people=able(built, "step", people=True),
        tiers=tiers,
        **often,
    )
    stages = [
        Stage("enricher", "detectors", enricher, woken_by=store.mentions),
        Stage("recounter", "detectors", Recounter(store, topic_versions(config), reader_for=reader_for)),
        Stage("watcher", "detectors", watcher),
    ]
    return [*stages, *_timekeepers(config, store, generation, built), *(_lookouts(config, store, generation, built) if hearing else ())]


def _timekeepers(config: Config, store: Store, generation: int, built: Mapping[str, Any]) -> list[Stage]:
    """One for each signal about what is asked of us."""
    from console.known import answered, is_staffed, tiers_of
    from detectors.answers import Timekeeper

    tiers, lateness = tiers_of(config), config.listener.lateness
    of = partial(Timekeeper, store, answered(config), tiers=tiers, lateness=lateness, staffed=is_staffed(config), generation=generation)
    return [Stage("timekeeper", "detectors", of(one)) for one in built.values() if hasattr(one, "overdue")]


def _lookouts(config: Config, store: Store, generation: int, built: Mapping[str, Any]) -> list[Stage]:
    """One for each signal about the sources themselves, or about the numbers that they tell."""
    from console.known import counted
    from detectors.gauge import Gauger
    from detectors.lookout import Lookout, Source

    heard = {
        source.id: Source(every=source.every, tier=source.tier)
        for source in config.listener.sources
        if source.enabled and not waits(shelf.load(shelf.COLLECTORS, source.kind))
    }
    stages = [
        Stage("lookout", "detectors", Lookout(store, heard, detector, generation=generation))
        for detector in built.values()
        if hasattr(detector, "unheard")
    ]
    told, lateness = counted(config), config.listener.lateness
    gauges = [detector for detector in built.values() if told and hasattr(detector, "weigh")]
    return stages + [Stage("gauger", "detectors", Gauger(store, told, one, lateness=lateness, generation=generation)) for one in gauges]


def listened(config: Config, http: Fetcher, clock: Clock) -> Mapping[str, Listened]:
    """Every enabled source with its collector, by id."""
    found: dict[str, Listened] = {}
    for source in config.listener.sources:
        if source.enabled:
            module = shelf.load(shelf.COLLECTORS, source.kind)
            collector = module.Collector(shelf.options(module, source.options), source_id=source.id, http=http, now=clock.now)
            found[source.id] = Listened(
                id=source.id, kind=source.kind, every=source.every, collector=collector, per_day=source.budget.per_day, topic=source.topic
            )
    return found


def _subscriber(config: Config, store: Store, poller: Poller, heard: Mapping[str, Listened], http: Fetcher) -> Subscriber:
    """Asks the hubs that feeds name to tell us of news, where they can reach us."""
    hubs = {source_id: source.collector for source_id, source in heard.items() if isinstance(source.collector, NamesHub)}
    base_url = config.console.base_url if is_reachable(config.console.base_url) else None
    return Subscriber(store, hubs, http=http, base_url=base_url, trusted=config.listener.allow_private_hosts, wake=poller.wake)


def _library(config: Config) -> Library:
    library = load_playbooks([config.folder / folder for folder in config.playbooks.folders])
    for error in library.errors:  # a bad file never takes the good ones down
        log.error("playbook not used", reason=str(error))
    return library
