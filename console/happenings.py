"""Whatever happened in a history besides what was heard for the first time: edits, deletions, counters, alarms about sources, and what people did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Final, Protocol

from msgspec.structs import replace

from console.answers import Answers
from console.simulate import Simulation
from console.understanding import changed
from core.records import Engagement, Mention, Record, Signal
from store import history, mentions, signals
from store.database import Database, Tx
from store.history import Block

NO_DIGEST: Final = bytes(16)  # of words that were replaced since: whatever comes is another text


class Happening(Protocol):
    """Something that happens at its moment."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def gone(self) -> int | None:
        """The mention that it takes away; None where it takes none."""

    async def happen(self, simulation: Simulation, now: datetime) -> None:
        """Let it happen in the simulation's database."""


class Edited(Record, frozen=True, kw_only=True, gc=False):
    """A mention says something else from now on."""

    at: datetime
    mention: Mention
    gone: int | None = None

    async def happen(self, simulation: Simulation, now: datetime) -> None:
        """Keep the new words, and have them read as the live run does."""
        added = await simulation.store.database.write(mentions.add, [self.mention])
        await simulation.store.mentions.publish(added.revised)
        enricher = next(stage.runs for stage in simulation.monitor.stages if stage.name == "enricher")
        while len(simulation.store.mentions):  # type: ignore[arg-type]  # streams of a simulation are in memory
            await enricher.step(now)


class Deleted(Record, frozen=True, kw_only=True, gc=False):
    """A mention went away at its source."""

    at: datetime
    key: bytes
    gone: int | None

    async def happen(self, simulation: Simulation, now: datetime) -> None:
        """Take its words away."""
        await simulation.store.database.write(mentions.remove, [self.key], now)


class Counted(Record, frozen=True, kw_only=True, gc=False):
    """Its counters were read again."""

    at: datetime
    key: bytes
    engagement: Engagement
    by: str
    gone: int | None = None

    async def happen(self, simulation: Simulation, now: datetime) -> None:
        """Keep the reading."""
        await simulation.store.database.write(mentions.read_counters, {self.key: self.engagement}, at=now, by=self.by)


class Raised(Record, frozen=True, kw_only=True, gc=False):
    """A signal about sources, or of another monitor: taken as it was raised, because what it was judged on is not kept."""

    at: datetime
    signal: Signal
    gone: int | None = None

    async def happen(self, simulation: Simulation, now: datetime) -> None:
        """Raise it again."""
        del now
        await simulation.store.signals.publish(await simulation.store.database.write(signals.add, [self.signal]))


class Happenings:
    """What happened, in order; what people do about incidents that only the backtest knows is thought up as it goes.

    Args:
        tx: the history.
        since: what happened before is left out (aware).
        until: what happened from then on is.
        kinds: of the signals that are taken as they were raised.
        answers: what people did, and would do.
    """

    def __init__(self, tx: Tx, since: datetime, until: datetime, *, kinds: Sequence[str], answers: Answers) -> None:
        self._edits = history.edits(tx)
        self._deleted = history.deletions(tx)
        read_again = history.counters(tx)
        self._counted = {number for number, *_ in read_again}
        self._answers = answers
        self.edited = set(self._edits)
        known = {one.id: one for one in mentions.get(tx, sorted({*self._edits, *self._deleted, *self._counted}))}
        found: list[Happening] = [*self._edited(known), *answers.recorded]
        found += [Deleted(at=at, key=known[number].key, gone=number) for number, at in self._deleted.items()]
        found += [
            Counted(
                at=at, key=known[number].key, engagement=Engagement(likes=told[0], replies=told[1], reposts=told[2], views=told[3]), by=by
            )
            for number, at, told, by in read_again
        ]
        found += [Raised(at=one.raised_at, signal=one) for one in signals.raised_between(tx, kinds, since, until)]
        self._waiting: list[tuple[datetime, int, Happening]] = [
            (one.at, number, one) for number, one in enumerate(found) if since <= one.at < until
        ]
        self._number = len(found)
        heapify(self._waiting)

    @property
    def due(self) -> datetime | None:
        """When the next one happens."""
        return self._waiting[0][0] if self._waiting else None

    def pop(self) -> Happening:
        """The next one."""
        return heappop(self._waiting)[2]

    def answer(self, database: Database, now: datetime) -> None:
        """Plan what people would do about the incidents as they stand now."""
        for answer in self._answers.plan(database, now):
            self._number += 1
            heappush(self._waiting, (answer.at, self._number, answer))

    def put_back(self, block: Block) -> None:
        """Let a block's mentions be as they were when they were first heard: not edited, not deleted, with the counters unknown that were read again."""
        place = history.PLACES["mentions"]
        for number, row in block.mentions.items():
            values: dict[str, object] = {}
            if number in self._edits:
                _, title, text = self._edits[number][0]
                if title or text:
                    block.texts[number] = (number, block.texts[number][1] if number in block.texts else None, title, text)
                values |= {"edited_at": None, "digest": NO_DIGEST}
            if number in self._counted:
                values |= dict.fromkeys(("likes", "replies", "reposts", "views"))
            if number in self._deleted:
                values["deleted_at"] = None
            if row[place["changed_at"]] is not None:
                values["changed_at"] = None
            if values:
                block.mentions[number] = changed(row, values)

    def _edited(self, known: dict[int, Mention]) -> list[Edited]:
        found = []
        for number, former in self._edits.items():
            now_says = known[number]
            says = [(title, text) for _, title, text in former[1:]] + [(now_says.title, now_says.text)]
            for place, ((at, _, _), (title, text)) in enumerate(zip(former, says, strict=True)):
                edited_at = now_says.edited_at if place == len(former) - 1 else None
                words = replace(
                    now_says, title=title, text=text, seen_at=at, edited_at=edited_at, deleted_at=None, author=None, engagement=Engagement()
                )
                found += [Edited(at=at, mention=words)] if title or text else []
        return found
