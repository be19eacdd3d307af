"""`test-notify`: a real message through the real Dispatcher, so that a human can confirm that it came."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from console import loop
from console.verbs.base import Desk, UsageError, Verb
from core.records import Notification

if TYPE_CHECKING:
    from store.database import Tx

WAIT: Final = timedelta(milliseconds=500)
WAITS: Final = 100


def _options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="PERSON|CHANNEL", help="a person (every channel they have), a channel (everybody's), or PERSON/CHANNEL"
    )


def _test_notify(desk: Desk, args: Namespace) -> int:
    wanted = _targets(desk, args.target)
    config = desk.whole_config
    from alerting.weekly_test import planned_test

    planned = [planned_test(person, channel, desk.now) for person, channel in wanted]
    outcomes = loop.run(_send(desk, planned))
    names = {person.id: person.display_name for person in config.alerting.people}
    for one in outcomes:
        told = {"person": names[one.person], "channel": one.channel}
        if one.state == "sent":
            desk.out(desk.say("cli.test_sent", receipt=one.receipt or "-", **told))
        else:
            desk.out(desk.say("cli.test_failed", reason=one.error or desk.say(f"outcome.{one.state}"), **told))
    return 0 if all(one.state == "sent" for one in outcomes) else 1


def _targets(desk: Desk, target: str) -> list[tuple[str, str]]:
    """(person, channel) of everything that `target` names."""
    every = [(person.id, channel.id or channel.kind) for person in desk.config.alerting.people for channel in person.channels]
    kinds = {(person.id, channel.id or channel.kind): channel.kind for person in desk.config.alerting.people for channel in person.channels}
    of_person, _, on_channel = target.partition("/")
    chosen = [pair for pair in every if (target in (pair[0], pair[1], kinds[pair])) or pair == (of_person, on_channel)]
    if not chosen:
        known = sorted({pair[0] for pair in every} | {pair[1] for pair in every})
        raise UsageError(f"nobody and no channel is called {target!r}; configured are: {', '.join(known) or 'none'}")
    return chosen


async def _send(desk: Desk, planned: list[Notification]) -> list[Notification]:
    """Plan, let a Dispatcher of our own step once, read what became of them; what was not sent is not tried again later."""
    from console.assemble import assemble
    from core.clock import RealClock
    from core.http import Fetcher
    from store import notifications
    from store.open import open_store

    config, clock = desk.whole_config, RealClock()
    store = open_store(config.store.database)  # our own wake-ups: another process finds by itself what it must know
    try:
        async with Fetcher(now=clock.now, allow=config.listener.allow_private_hosts) as http:
            monitor = assemble(config, store, clock, http, roles=("alerting",))
            dispatcher = next(stage.runs for stage in monitor.stages if stage.name == "dispatcher")
            await store.database.write(notifications.plan, planned)
            await dispatcher.step(desk.now)
            for _ in range(WAITS):  # a daemon may have claimed it first, and sends it now
                outcomes = await store.database.read(_outcomes, [one.key for one in planned])
                if all(one.state != "claimed" for one in outcomes):
                    break
                await clock.sleep_until(clock.now() + WAIT)
            await store.database.write(
                notifications.give_up, [one.key for one in planned]
            )  # a test that failed is not tried again behind our back
            return outcomes
    finally:
        await store.close()


def _outcomes(tx: Tx, keys: list[str]) -> list[Notification]:
    from store import notifications

    tests = {one.key: one for one in notifications.with_keys(tx, keys)}
    return [tests[key] for key in keys]


VERBS = (
    Verb(
        "test-notify",
        "send a test message and print its receipt, or why it failed",
        "tocsin test-notify lan",
        _options,
        _test_notify,
        logs=True,
    ),
)
