"""Two things that `bench.paging` measures within one process: acknowledgements that race pages, and a thousand incidents in a minute."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from alerting.base import Message, Receipt
from alerting.events import Acknowledged, Resolved
from alerting.weighing import TopicFacts
from store import incidents
from store.database import Database
from store.open import open_database
from tests import make
from tests.alerting.desk import Desk, Phone

LATE_S: Final = 1.0
LONGEST_S: Final = 0.3  # between the start of a step and the acknowledgement
CROWD: Final = 1_000
MOST: Final = 6
NUMBERS: Final = re.compile(r"#(\d+)(?:-#(\d+))?")  # one, or a range of them


def quiet() -> None:
    """Leave the tables alone: only warnings are logged."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


async def races(folder: Path, runs: int) -> bool:
    """An acknowledgement while ten pages of the incident go out: how long after its commit a page still left (R9)."""
    chance = random.Random(9)
    late, sent, stopped = [], 0, 0
    people = [{"id": f"p{number}", "channels": [{"kind": "log", "id": "phone"}]} for number in range(10)]
    policies = [{"id": "default", "steps": [{"notify": [person["id"] for person in people]}]}]
    database = _database(folder, "races")
    desk = Desk(database, people=people, policies=policies)
    began = _note_starts(desk)
    for number in range(1, runs + 1):
        began.clear()
        desk.now += timedelta(days=1)
        await desk.hear(make.signal(at=desk.now, subject=f"topic:acme/{number}"))
        newest = max(incident.id for incident in desk.incidents)
        step = asyncio.create_task(desk.dispatcher.step(desk.now))
        await asyncio.sleep(chance.uniform(0, LONGEST_S))
        await desk.respond(Acknowledged(by="p0", via="reply"), newest)
        committed = time.monotonic()
        await step
        after = [at - committed for at in began if at > committed]
        late += after
        sent, stopped = sent + len(began), stopped + (len(began) < len(people))
        await desk.respond(Resolved(by="p0", reason="handled"), newest)
    worst = max(late, default=0.0)
    print(f"\n{runs} races of an acknowledgement against ten pages: {stopped} were stopped on their way, {sent} pages left,")
    print(f"  {len(late)} of them after the commit, the latest {worst * 1000:.1f} ms (wanted none later than {LATE_S:.0f} s)")
    database.close()
    return worst <= LATE_S


async def storm(folder: Path) -> bool:
    """A thousand incidents in a minute, one person on two channels: messages on each, and what the digest lists (R12)."""
    people = [{"id": "ana", "language": "en", "channels": [{"kind": "log", "id": "phone"}, {"kind": "log", "id": "mail"}]}]
    topics = [TopicFacts(id=f"t{number}", kind="brand") for number in range(CROWD)]
    policies = [{"id": "default", "steps": [{"notify": ["ana"]}]}]
    database = _database(folder, "storm")
    desk = Desk(database, people=people, policies=policies, topics=topics)
    desk.phones["operator"] = Phone()  # who is told when Ana has not taken it
    begun = time.monotonic()
    for at in range(0, CROWD, 50):
        found = [make.signal(at=desk.now, topic=topic.id, subject=f"topic:{topic.id}/injury") for topic in topics[at : at + 50]]
        await desk.hear(*found)
        await desk.forward(seconds=3)
    for _ in range(40):
        await desk.forward(seconds=30)
    spent = time.monotonic() - begun
    got = desk.phone("ana").got
    named = {number for message in got for number in _named(message)}
    opened = database.read_now(incidents.listing, limit=2 * CROWD)
    listed = sum(1 for incident in opened if incident.id in named)
    print(f"\n{CROWD} incidents in a minute, one person with two channels, twenty minutes: {len(opened)} incidents,")
    print(
        f"  {len(got) / 2:.1f} messages a channel (wanted at most {MOST}), {listed} of the incidents named in them; {spent:.0f} s of work"
    )
    database.close()
    return len(got) <= 2 * MOST and listed == CROWD


def _database(folder: Path, name: str) -> Database:
    return open_database(f"sqlite:///{folder / name}.db")


class _Noting:
    """A phone that notes when the sending of each page began, in monotonic seconds."""

    def __init__(self, began: list[float]) -> None:
        self._began = began

    async def send(self, message: Message) -> Receipt:
        if message.kind == "page":  # that somebody has taken it is news, and may come later
            self._began.append(time.monotonic())
        await asyncio.sleep(0.002)  # as a service near by
        return Receipt(id="taken")


def _note_starts(desk: Desk) -> list[float]:
    began: list[float] = []
    desk.phones.update((person, _Noting(began)) for person in desk.phones)  # type: ignore[misc]
    return began


def _named(message: Message) -> Iterator[int]:
    """The incidents that a message names."""
    for first, last in NUMBERS.findall(message.subject + message.body):
        yield from range(int(first), int(last or first) + 1)
