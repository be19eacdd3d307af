"""A monitor on a virtual clock.

Its stages are called in the order of events, so that a fortnight passes in seconds and the same story ends the same way each time. Replays,
drills and the tests' House run on this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from alerting.base import Message, Notifier, Receipt
from alerting.settings import ChannelSettings, PersonSettings
from console.assemble import ROLES, Monitor, assemble
from console.config import Config
from console.stages import NotifierFor, Stage
from core.clock import VirtualClock
from core.http import Fetcher
from core.records import World
from store.open import open_store
from store.streams import MemoryStream

MINUTE: Final = timedelta(minutes=1)
TURNS_AT_ONE_MOMENT: Final = 10_000  # more is a stage that never comes to rest


class Sent:
    """A notifier that delivers to a list: what a drill or a replay sends never leaves the house.

    Args:
        now: tells the virtual time.
        person: to whom.
        channel: on which channel.
        tell: called with (at, person, channel, message).
    """

    def __init__(self, now: Callable[[], datetime], person: str, channel: str, tell: Callable[[datetime, str, str, Message], None]) -> None:
        self._now = now
        self._person = person
        self._channel = channel
        self._tell = tell

    async def send(self, message: Message) -> Receipt:
        """Tell, and say that it was delivered."""
        self._tell(self._now(), self._person, self._channel, message)
        return Receipt(detail="not sent outside: virtual clock")


class Simulation:
    """A monitor of its own, in a database of its own (rule 11), on a virtual clock.

    Args:
        config: what to build; its store is not touched.
        database: the address of a database that is empty.
        start: when the clock begins (aware).
        roles: which stages run.
        world: "drill" marks everything.
        notifier_for: in place of lists that collect what is sent.
        without: names of stages whose work somebody else does.
        alone: the database is a SQLite file that nobody else looks into (see `store.database.Database`).
    """

    def __init__(
        self,
        config: Config,
        database: str,
        start: datetime,
        *,
        roles: tuple[str, ...] = ROLES,
        world: World = "live",
        notifier_for: NotifierFor | None = None,
        without: Collection[str] = (),
        alone: bool = False,
    ) -> None:
        self.clock = VirtualClock(start)
        self.sent: list[tuple[datetime, str, str, Message]] = []
        self.store = open_store(database, durable=False, alone=alone)
        self.http = Fetcher(now=self.clock.now, allow=config.listener.allow_private_hosts)
        self.monitor: Monitor = assemble(
            config,
            self.store,
            self.clock,
            self.http,
            roles=roles,
            world=world,
            notifier_for=notifier_for or self._collect,
            virtual=True,
        )
        self._without = frozenset(without)
        self._due: dict[str, datetime | None] = {stage.name: start for stage in self.monitor.stages}

    def _collect(self, person: PersonSettings, channel: ChannelSettings) -> Notifier:
        return Sent(self.clock.now, person.id, channel.id or channel.kind, lambda *told: self.sent.append(told))

    async def run_until(self, end: datetime) -> None:
        """Let everything happen that is due up to `end` (aware), in order; the clock stands at `end` afterwards."""
        turns, moment = 0, None
        while (turn := self._next(end)) is not None:
            at, name = turn
            turns = turns + 1 if at == moment else 0
            moment = at
            if turns > TURNS_AT_ONE_MOMENT:
                raise RuntimeError(f"the stage {name} never comes to rest at {at}")
            self.clock.advance_to(at)
            stage = next(stage for stage in self.monitor.stages if stage.name == name)
            self._due[name] = await stage.runs.step(self.clock.now())
            if name == "enricher":  # it marks topics for the next minute
                self._due["watcher"] = min(self._due["watcher"] or at + MINUTE, at.replace(second=0, microsecond=0) + MINUTE)
        self.clock.advance_to(end)

    def next_due(self) -> datetime | None:
        """When the next stage wants its turn."""
        return min((at for stage in self._stages if (at := self._when(stage)) is not None), default=None)

    @property
    def _stages(self) -> list[Stage]:
        return [stage for stage in self.monitor.stages if stage.name not in self._without]

    def touch(self) -> None:
        """Let every stage look again: somebody outside the stages (a person, a test) changed something."""
        self._due = dict.fromkeys(self._due, self.clock.now())

    async def close(self) -> None:
        """Let go of everything."""
        await self.store.close()

    def _next(self, end: datetime) -> tuple[datetime, str] | None:
        """Whose turn is next, and when: the earliest due, in the order in which a post travels; a stage that was woken is due now."""
        turns = []
        for order, stage in enumerate(self._stages):
            due = self._when(stage)
            if due is not None and due <= end:
                turns.append((max(due, self.clock.now()), order, stage.name))
        if not turns:
            return None
        at, _, name = min(turns)
        return at, name

    def _when(self, stage: Stage) -> datetime | None:
        woken = isinstance(stage.woken_by, MemoryStream) and len(stage.woken_by) > 0
        return self.clock.now() if woken else self._due[stage.name]
