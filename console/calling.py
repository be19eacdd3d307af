"""The alerting wing, built of a configuration: from a signal to somebody who has taken it."""

from __future__ import annotations

import random
import secrets
from datetime import timedelta
from functools import partial
from typing import Final

from alerting import dispatch, intake
from alerting.digester import Digester
from alerting.hold import Hold
from alerting.links import Signer
from alerting.muting import Muting
from alerting.roster import roster_of
from alerting.tending import Tender
from alerting.unmute import Unmuter
from console.config import Config
from console.listening import ask_again_of, listening_of
from console.replying import limits_in
from console.stages import UNHURRIED, NotifierFor, Stage
from console.watching import with_nobody_in, with_sink
from console.weighing import alarm_budget, topic_facts, topic_sources
from core.clock import Clock
from core.records import World
from playbooks.load import Library
from store.open import Store

SALT_BYTES: Final = 16
SOMETIMES: Final = timedelta(minutes=15)  # where time is virtual, what muted something may end with another incident


def alerting_stages(
    config: Config,
    store: Store,
    clock: Clock,
    library: Library,
    notify: NotifierFor,
    signer: Signer,
    *,
    world: World,
    virtual: bool,
    just_started: bool,
    probing: bool,
) -> list[Stage]:
    """Intake, Unmuter, Tender, Dispatcher, in the order in which a signal meets them."""
    roster, tiers = partial(roster_of, settings=config.alerting), {source.id: source.tier for source in config.listener.sources}
    limits = limits_in(config)
    muting = Muting(config.alerting, topic_facts(config), topic_sources(config), world)
    hold = Hold(store, [source.id for source in config.listener.sources if source.enabled], clock.now()) if just_started else None
    taker = _intake(config, store, library, muting, hold, world=world, virtual=virtual)
    unmuter = Unmuter(store, config.alerting, muting=muting, roster=roster, **({"sweep_every": SOMETIMES} if virtual else {}))
    tender = Tender(store, tiers=tiers, listening=listening_of(config), library=library, roster=roster)
    dispatcher = dispatch.Dispatcher(
        store,
        config.alerting,
        notifier_for=with_sink(notify, store, clock) if probing else notify,
        roster=with_nobody_in(roster) if probing else roster,
        library=library,
        signer=signer,
        listening=listening_of(config),
        ask_again=ask_again_of(config),
        base_url=config.console.base_url,
        limits_of=limits,
        now=None if virtual else clock.now,
        at_once=1 if virtual else dispatch.BATCH,
        sweep_every=UNHURRIED if virtual else dispatch.SWEEP_EVERY,
    )
    return [
        *([] if hold is None else [Stage("hold", "alerting", hold)]),
        Stage("intake", "alerting", taker, woken_by=store.signals),
        Stage("unmuter", "alerting", unmuter),
        Stage("tender", "alerting", tender),
        Stage("digester", "alerting", Digester(store, config.alerting, roster=roster, limits_of=limits)),
        Stage("dispatcher", "alerting", dispatcher, woken_by=store.notifications),
    ]


def _intake(
    config: Config, store: Store, library: Library, muting: Muting, hold: Hold | None, *, world: World, virtual: bool
) -> intake.Intake:
    salted = partial(random.Random(world).randbytes, SALT_BYTES) if virtual else partial(secrets.token_bytes, SALT_BYTES)  # noqa: S311 - a story
    return intake.Intake(
        store,
        config.alerting,
        topics=topic_facts(config),
        tiers={source.id: source.tier for source in config.listener.sources},
        playbooks=library.playbooks,
        roster=partial(roster_of, settings=config.alerting),
        muting=muting,
        listening=listening_of(config),
        budget=alarm_budget(config, world),
        hold=hold,
        world=world,
        salt=salted,
        sweep_every=UNHURRIED if virtual else intake.SWEEP_EVERY,
    )
