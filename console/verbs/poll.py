"""`poll`: one look at the sources, through the real Poller into the store, or without storing anything."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from console import loop
from console.verbs.base import Desk, UsageError, Verb
from core.errors import SourceError

if TYPE_CHECKING:
    from console.config import Config
    from core.http import Fetcher
    from core.records import Mention
    from core.sources import SourceState
    from listener.look import Listened
    from store.database import Tx

FRAME: Final = 500  # ids read back at once
STREAMS_FOR: Final = timedelta(seconds=10)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("sources", metavar="SOURCE", nargs="*", help="these alone; default: all that are enabled")
    parser.add_argument("--dry-run", action="store_true", help="print what is there and store nothing")


def _poll(desk: Desk, args: Namespace) -> int:
    wanted = chosen(desk.whole_config, args.sources)
    return loop.run(_look(desk, wanted) if args.dry_run else _take_in(desk, wanted))


def chosen(config: Config, named: Collection[str]) -> list[str]:
    """The ids of the enabled sources, or of those named.

    Raises:
        UsageError: a named source is not configured, or switched off.
    """
    enabled = [source.id for source in config.listener.sources if source.enabled]
    for source_id in named:
        if source_id not in enabled:
            raise UsageError(f"there is no enabled source {source_id!r}; configured are: {', '.join(enabled) or 'none'}")
    return list(named) or enabled


async def _take_in(desk: Desk, wanted: list[str]) -> int:
    """Poll into the store; the new mentions go to standard output, what became of each source to standard error."""
    from console.assemble import listened
    from core.clock import RealClock
    from core.http import Fetcher
    from listener.poll import Poller
    from store import mentions, sources
    from store.open import open_store

    config, clock = desk.whole_config, RealClock()
    store = open_store(config.store.database)  # a daemon finds what is new by its sweep
    try:
        async with Fetcher(now=clock.now, allow=config.listener.allow_private_hosts) as http:
            every = listened(config, http, clock)
            chosen_ones = {name: every[name] for name in wanted}
            poller = Poller(store, chosen_ones, lateness=config.listener.lateness, now=clock.now, streams_for=STREAMS_FOR)
            now = clock.now()
            await store.database.write(_due_now, config, wanted, now)
            while (due := await poller.step(now)) is not None and (due <= now or poller.is_listening):
                pass  # more sources than one step takes, or looks that take longer
        new: dict[str, int] = dict.fromkeys(wanted, 0)
        while ids := await store.mentions.take(FRAME):
            for mention in await store.database.read(mentions.get, ids):
                if mention.seen_at >= now:  # an edited one is announced too
                    _print(mention)
                    new[mention.source_id] = new.get(mention.source_id, 0) + 1
        states = {state.id: state for state in await store.database.read(sources.list_all)}
    finally:
        await store.close()
    heard = [_told(desk, states[name], new[name]) for name in wanted]
    return 0 if all(heard) else 1


def _due_now(tx: Tx, config: Config, wanted: list[str], now: datetime) -> None:
    from store import sources

    sources.ensure(tx, {source.id: source.kind for source in config.listener.sources if source.enabled}, now)
    for name in wanted:
        sources.poll_now(tx, name, now)


def _told(desk: Desk, state: SourceState, new: int) -> bool:
    """Say what became of a source; whether it was heard."""
    if state.failures:
        desk.tell(desk.say("cli.poll_failed", source=state.id, reason=state.last_error))
        return False
    desk.tell(desk.say("cli.polled", source=state.id, n=new))
    return True


async def _look(desk: Desk, wanted: list[str]) -> int:
    """Ask each source from where the last poll left off, and store nothing."""
    from console.assemble import listened
    from core.clock import RealClock
    from core.http import Fetcher
    from store import sources

    clock = RealClock()
    states = {state.id: state for state in desk.read(sources.list_all)}
    failed = 0
    async with Fetcher(now=clock.now, allow=desk.whole_config.listener.allow_private_hosts) as http:
        every = listened(desk.whole_config, http, clock)
        for name in wanted:
            known = states.get(name)
            try:
                came = await look(every[name], known.cursor if known is not None else None)
            except SourceError as error:
                desk.tell(desk.say("cli.poll_failed", source=name, reason=error.reason))
                failed += 1
                continue
            for mention in came:
                _print(mention)
            desk.tell(desk.say("cli.polled", source=name, n=len(came)))
    return 1 if failed else 0


async def look(source: Listened, cursor: str | None) -> list[Mention]:
    """Everything that one poll of a source brings, or a few seconds of a stream.

    Raises:
        SourceError: it could not be heard.
    """
    deadline = asyncio.get_running_loop().time() + STREAMS_FOR.total_seconds()
    came: list[Mention] = []
    async for page in source.collector.listen(cursor):
        came += page.mentions
        if page.live and asyncio.get_running_loop().time() >= deadline:
            break
    return came


async def look_at_all(config: Config, http: Fetcher, now: object) -> dict[str, int | SourceError]:
    """How many mentions each enabled source has now, or why it cannot be heard; nothing is stored."""
    from console.assemble import listened

    found: dict[str, int | SourceError] = {}
    for name, source in listened(config, http, now).items():  # type: ignore[arg-type]
        try:
            found[name] = len(await look(source, None))
        except SourceError as error:
            found[name] = error
    return found


def _print(mention: Mention) -> None:
    from listener.recorded import write_line

    sys.stdout.write(write_line(mention).decode())


VERBS = (
    Verb(
        "poll",
        "poll sources once; new mentions as JSON lines",
        "tocsin poll vnexpress --dry-run",
        _options,
        _poll,
        logs=True,
    ),
)
