"""The House: the whole monitor on a virtual clock, told in the field's words.

    await house.say("Acme kettles catch fire", times=60, source="forum")
    await house.phone("ana").expect("volume spike")
    await house.forward(minutes=15)

Real stages, a real database, real notifiers' protocol; only the clock and the last yard to the phone are ours. A message that nobody
expected fails the test when the House closes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerting import respond
from alerting.base import Message
from alerting.events import Acknowledged, Event
from alerting.inbox.base import Reply
from console.config import parse
from console.replying import handler_of
from console.simulate import Simulation
from core.messages import render
from core.records import Incident, Signal, TimelineEntry
from listener.base import Page
from store import incidents, signals, sources
from tests import make, warm


class Phone:
    """What one person got, and what was expected of it so far."""

    def __init__(self, house: House, person: str) -> None:
        self._house = house
        self._person = person
        self._read = 0

    @property
    def messages(self) -> list[Message]:
        return [message for _, person, _, message in self._house.simulation.sent if person == self._person]

    async def expect(self, text: str) -> Message:
        """The next message holds this text (in its subject or body)."""
        await self._house.settle()
        assert len(self.messages) > self._read, f"{self._person} got no further message; expected {text!r}"
        message = self.messages[self._read]
        self._read += 1
        assert text in f"{message.subject}\n{message.body}", f"expected {text!r} in:\n{message.subject}\n{message.body}"
        return message

    async def reply(self, text: str) -> str:
        """Type this as an answer; returns what is said back, "" where nothing is."""
        return await self._house.hear(self._person, text)

    async def expect_nothing(self) -> None:
        """Nothing further came."""
        await self._house.settle()
        unread = [message.subject for message in self.messages[self._read :]]
        assert unread == [], f"{self._person} got messages that nobody expected: {unread}"


class House:
    """One installation on a virtual clock.

    Args:
        database: a file of its own, or the address of an empty database.
        start: when the story begins.
        values: the configuration; `make.config()` where None.
        listening: the configured sources are asked too; else nothing is heard but what `say` says.
    """

    def __init__(
        self, database: Path | str, start: datetime = make.NOON, values: dict[str, Any] | None = None, *, listening: bool = False
    ) -> None:
        warm.share_pipelines()
        self.config = parse(values or make.config())
        roles = ("listener", "detectors", "alerting") if listening else ("detectors", "alerting")
        self.simulation = Simulation(self.config, f"sqlite:///{database}" if isinstance(database, Path) else database, start, roles=roles)
        self._phones: dict[str, Phone] = {}
        self._replies = 0
        self._sources: set[str] = set()

    @property
    def now(self) -> datetime:
        return self.simulation.clock.now()

    def phone(self, person: str) -> Phone:
        """A person's phone."""
        return self._phones.setdefault(person, Phone(self, person))

    async def listen_to(self, *names: str) -> None:
        """Have sources that were known before and are heard from now on."""
        for name in names:
            if name not in self._sources:
                self._sources.add(name)
                await self.simulation.store.database.write(sources.open_recordings, {name: "test"}, self.now)

    async def say(self, text: str, *, times: int = 1, source: str = "forum", within: timedelta = timedelta(0), **changes: Any) -> None:
        """Have `times` people post `text`, spread evenly over `within`; numbers keep the posts apart."""
        await self.listen_to(source)
        for number in range(times):
            if within:
                await self.forward(seconds=within.total_seconds() / times)
            words = text if times == 1 else f"{text} ({number})"
            page = Page(mentions=(make.mention(words, source=source, at=self.now, **changes),))
            await self.simulation.monitor.poller.receive(source, page, self.now)
        await self.settle()

    async def quiet_days(self, days: int, *, per_day: int = 24, text: str = "my Acme kettle", source: str = "forum") -> None:
        """Let ordinary days pass, on which somebody says something now and then."""
        await self.listen_to(source)
        for number in range(days * per_day):
            await self.forward(seconds=86_400 / per_day)
            page = Page(mentions=(make.mention(f"{text} {number}", source=source, at=self.now),))
            await self.simulation.monitor.poller.receive(source, page, self.now)
        await self.settle()

    async def forward(self, *, minutes: float = 0, seconds: float = 0, hours: float = 0) -> None:
        """Let time pass; whatever is due happens in its order. Every source is heard meanwhile, unless it is switched off."""
        until = self.now + timedelta(minutes=minutes, seconds=seconds, hours=hours)
        await self.simulation.run_until(until)
        await self.simulation.store.database.write(sources.heard_until, sorted(self._sources), self.now)

    async def settle(self) -> None:
        """Let what is due now happen, up to the end of the running minute."""
        await self.simulation.run_until(self.now.replace(second=0, microsecond=0) + timedelta(minutes=1))
        await self.simulation.store.database.write(sources.heard_until, sorted(self._sources), self.now)

    async def switch_off(self, source: str) -> None:
        """The source does not answer from now on."""
        self._sources.discard(source)

    async def hear(self, person: str, text: str) -> str:
        """Somebody answers in a chat: through the real grammar and handling."""
        monitor, database = self.simulation.monitor, self.simulation.store.database
        handler = handler_of(self.config, monitor.library, {"chat": {person: person}})
        self._replies += 1
        reply = Reply(native_id=f"reply-{self._replies}", sender=person, at=self.now, text=text)
        handled = await database.write_urgent(handler.handle, "chat", reply, self.now)
        self.simulation.touch()
        return "" if handled is None or handled.answer is None else handler.words(person, handled.answer)

    async def acknowledge(self, person: str, incident_id: int | None = None) -> str:
        """A person takes the (only) incident; returns the answer they read."""
        return await self.respond(Acknowledged(by=person, via="command"), incident_id)

    async def respond(self, event: Event, incident_id: int | None = None) -> str:
        """A person does something to the (only) incident; returns the answer they read."""
        number = incident_id or self.incident.id
        roster = await self.simulation.store.database.read(self.simulation.monitor.roster)
        database = self.simulation.store.database
        response = await database.write_urgent(respond.respond, number, event, self.now, roster, channel="cli")
        self.simulation.touch()
        return render(response.answer, self.config.language)

    @property
    def incidents(self) -> list[Incident]:
        return self.simulation.store.database.read_now(incidents.listing)[::-1]

    @property
    def incident(self) -> Incident:
        """The only one."""
        (found,) = self.incidents
        return found

    def timeline(self, incident_id: int | None = None) -> list[TimelineEntry]:
        return self.simulation.store.database.read_now(incidents.entries, incident_id or self.incident.id)

    def kinds(self, incident_id: int | None = None) -> list[str]:
        return [entry.kind for entry in self.timeline(incident_id)]

    def signals(self, incident_id: int | None = None) -> list[Signal]:
        return self.simulation.store.database.read_now(signals.of_incident, incident_id or self.incident.id)

    async def close(self) -> None:
        """End the story: a message that nobody expected fails it."""
        for phone in self._phones.values():
            await phone.expect_nothing()
        await self.simulation.close()
