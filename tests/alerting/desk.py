"""The alerting wing on a real database: Intake, Dispatcher, and people whose phones are fakes that the test tells what to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alerting import respond
from alerting.base import Limits, Message, Receipt
from alerting.budget import Budget
from alerting.dispatch import Dispatcher
from alerting.events import Event
from alerting.intake import Intake
from alerting.links import Signer, installation_key
from alerting.respond import Response
from alerting.roster import roster_of
from alerting.settings import AlertingSettings, ChannelSettings, PersonSettings
from alerting.weighing import TopicFacts
from core.records import Incident, Notification, Signal, TimelineEntry
from playbooks.load import load_playbooks
from store import incidents, notifications, signals
from store.database import Database
from tests import make

LIBRARY = load_playbooks()
SETTINGS: dict[str, Any] = {
    "people": [
        {"id": "ana", "name": "Ana", "language": "en", "channels": [{"kind": "log", "id": "phone"}]},
        {"id": "ben", "name": "Ben", "language": "vi", "channels": [{"kind": "log", "id": "phone"}]},
    ],
    "update_within": {},
    "policies": [{"id": "default", "steps": [{"notify": ["ana"]}, {"notify": ["ben"], "after": "15m"}], "repeat": 1}],
}


class Phone:
    """A fake notifier: answers with what the test laid out, then with a receipt. `got` is what arrived, `edited` what was changed in place."""

    def __init__(self, *, keeps_handles: bool = False) -> None:
        self.keeps_handles = keeps_handles
        self.got: list[Message] = []
        self.answers: list[BaseException | str] = []
        self.edited: list[tuple[Message, dict[str, Any]]] = []
        self.ringing = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def send(self, message: Message) -> Receipt:
        self.ringing.set()
        await self.may_answer.wait()
        answer = self.answers.pop(0) if self.answers else "ok"
        if isinstance(answer, BaseException):
            raise answer
        self.got.append(message)
        return Receipt(id=f"r{len(self.got)}", detail=answer, ref={"message": len(self.got)} if self.keeps_handles else None)

    async def edit(self, message: Message, ref: dict[str, Any]) -> Receipt:
        if self.answers and isinstance(answer := self.answers.pop(0), BaseException):
            raise answer
        self.edited.append((message, ref))
        return Receipt(detail="edited")


class Desk:
    """Two people, one policy, unless `settings` says otherwise; the clock is `now`, which the test moves. One brand is watched, without a budget."""

    def __init__(
        self,
        database: Database,
        *,
        send_timeout_s: float = 45.0,
        topics: Sequence[TopicFacts] = (TopicFacts(id="acme", kind="brand"),),
        budget: Budget | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        **settings: Any,
    ) -> None:
        self.now = make.NOON
        self.database = database
        self.store = make.store(database)
        self.settings = AlertingSettings.model_validate({**SETTINGS, **settings}).settled(language="en", timezone="Asia/Ho_Chi_Minh")
        self.signer = Signer(database.write_now(installation_key, self.now))
        self.phones = {person.id: Phone() for person in self.settings.people}
        self.roster = partial(roster_of, settings=self.settings)
        self.intake = Intake(
            self.store,
            self.settings,
            topics={topic.id: topic for topic in topics},
            tiers={"forum": "forum", "paper": "press"},
            playbooks=LIBRARY.playbooks,
            roster=self.roster,
            salt=lambda: b"a grain of salt.",
            budget=budget,
        )
        self.dispatcher = Dispatcher(
            self.store,
            self.settings,
            notifier_for=self._phone,
            roster=self.roster,
            library=LIBRARY,
            signer=self.signer,
            base_url="http://tocsin.example/",
            send_timeout_s=send_timeout_s,
            limits_of=lambda _: limits,
        )

    def _phone(self, person: PersonSettings, channel: ChannelSettings) -> Phone:
        return self.phones.get(f"{person.id}/{channel.id}") or self.phones[person.id]

    def phone(self, person: str) -> Phone:
        return self.phones[person]

    async def hear(self, *found: Signal) -> None:
        """Have detectors find these, and the Intake take what waits."""
        await self.store.signals.publish(await self.database.write(signals.add, found))
        while await self.intake.step(self.now) == self.now:
            pass

    async def forward(self, **length: float) -> None:
        """Let time pass, and the Dispatcher do what is due then."""
        self.now += timedelta(**length)
        await self.dispatcher.step(self.now)

    async def respond(self, event: Event, incident_id: int = 1) -> Response:
        return await self.database.write_urgent(self.respond_now, incident_id, event)

    def respond_now(self, tx: Any, incident_id: int, event: Event) -> Response:
        return respond.respond(tx, incident_id, event, self.now, self.roster(tx), channel="cli")

    @property
    def incidents(self) -> list[Incident]:
        return self.database.read_now(incidents.listing)[::-1]

    @property
    def incident(self) -> Incident:
        (found,) = self.incidents
        return found

    @property
    def notifications(self) -> list[Notification]:
        """Those of the first incident."""
        return self.database.read_now(notifications.of_incident, 1)

    def timeline(self, incident_id: int = 1) -> list[TimelineEntry]:
        return self.database.read_now(incidents.entries, incident_id)

    def kinds(self, incident_id: int = 1) -> list[str]:
        return [entry.kind for entry in self.timeline(incident_id)]


def later(moment: datetime, **length: float) -> datetime:
    return moment + timedelta(**length)
