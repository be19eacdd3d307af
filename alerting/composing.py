"""A notification that is due -> the message that goes out: read from the store right before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from msgspec.structs import replace

from alerting import digest, looks, recounts
from alerting.base import Limits, Message
from alerting.burst import burst_shown
from alerting.copies import is_copy
from alerting.coverage import Listening, coverage_at
from alerting.digest_words import compose_digest
from alerting.incident import unwanted_because
from alerting.links import Signer
from alerting.message import MAX_QUOTES, Briefing, Reader, compose, compose_question, compose_test
from alerting.notice import compose_notice, is_notice
from alerting.picture import curve_of, told
from alerting.policy import Roster, recipients
from alerting.quotes import quotes_of
from alerting.settings import ChannelSettings, PersonSettings
from alerting.sifting import is_edit
from core.messages import translator
from core.records import Incident, Notification, Record, Words
from playbooks.chart import Curve
from playbooks.load import Library
from store import incidents, notifications, signals
from store.database import Tx

log = structlog.get_logger()


class Prepared(Record, frozen=True, kw_only=True, gc=False):
    """A message ready to be sent: to whom, on which channel.

    `earlier` are the handles of messages that it replaces in place, `only_changes`: it does nothing else; `curve` is to be drawn below it.
    """

    message: Message
    person: PersonSettings
    channel: ChannelSettings
    earlier: tuple[dict[str, Any], ...] = ()
    only_changes: bool = False
    curve: Curve | None = None


class Made(NamedTuple):
    """A message, the handles of those that it replaces in place, and what to draw below it."""

    message: Message
    earlier: tuple[dict[str, Any], ...] = ()
    curve: Curve | None = None


class Composer:
    """Makes messages of notifications.

    Args:
        roster: who can be told now.
        library: playbooks, for their first steps.
        signer: signs the links.
        listening: where we listen and where nobody can.
        base_url: how the console is reached from outside.
        limits_of: what a channel can.
    """

    def __init__(
        self,
        *,
        roster: Callable[[Tx], Roster],
        library: Library,
        signer: Signer,
        listening: Listening,
        base_url: str,
        limits_of: Callable[[ChannelSettings], Limits],
    ) -> None:
        self._roster = roster
        self._library = library
        self._signer = signer
        self._listening = listening
        self._base_url = base_url.rstrip("/")
        self._limits_of = limits_of

    def prepare(self, tx: Tx, notification: Notification, now: datetime) -> Prepared | str:
        """The message of a notification, or why it is not wanted any more (a key of `why.*` or `reason.*`)."""
        roster = self._roster(tx)
        person = roster.people.get(notification.person)
        channel = None if person is None else person.channel(notification.channel)
        if person is None or channel is None:
            return "why.not_configured"
        reader = Reader(person=person.id, name=person.display_name, language=person.language or "vi", timezone=person.timezone or "UTC")
        if notification.incident_id is not None:
            made = self._about_incident(tx, notification, reader, channel, roster, now)
        elif is_notice(notification):
            made = Made(compose_notice(notification, reader))
        elif notification.kind == "digest":
            made = self._digest(tx, notification, reader)
        else:
            made = Made(compose_test(notification, reader, link=self._link(notification, now)))
        if isinstance(made, str):
            return made
        message = replace(made.message, seal=self._signer.seal(made.message.thread_key, person.id))
        return Prepared(
            message=message, person=person, channel=channel, earlier=made.earlier, only_changes=is_copy(notification), curve=made.curve
        )

    def _digest(self, tx: Tx, notification: Notification, reader: Reader) -> Made | str:
        still_open = [one for one in digest.incidents_of(tx, notification) if one.is_open]
        if not still_open:
            return "why.nothing_left"
        return Made(compose_digest(still_open, notification, reader, link=f"{self._base_url}/incidents"))

    def _about_incident(
        self, tx: Tx, notification: Notification, reader: Reader, channel: ChannelSettings, roster: Roster, now: datetime
    ) -> Made | str:
        assert notification.incident_id is not None
        incident = incidents.get(tx, notification.incident_id)
        unwanted = Words(key="why.gone") if incident is None else unwanted_because(incident, notification)
        if incident is None or unwanted is not None:
            return (unwanted or Words(key="why.gone")).key
        link = self._link(notification, now)
        if recounts.is_question(notification):
            return Made(compose_question(incident, notification, reader, link=link))
        limits = self._limits_of(channel)
        if limits.rings and notification.kind != "page":
            return "why.rings_for_pages"
        refs = handles(notifications.to_person(tx, incident.id, reader.person, notification.channel))
        earlier = refs if limits.edits and notification.kind != "page" else ()
        if not earlier and is_copy(notification):
            return "why.no_copy"
        code = translator(reader.language)("alert.reply_code", id=incident.id) if limits.answers else f"tocsin ack {incident.id}"
        message = compose(self._briefing(tx, incident, roster, now), notification, reader, link=link, ack_code=code)
        curve = self._curve(tx, incident, now, reader) if limits.pictures and notification.kind == "page" else None
        message = replace(message, thread_ref=refs[0] if refs else None, picture_says="" if curve is None else told(curve, reader.language))
        return Made(message, earlier, curve)

    def _curve(self, tx: Tx, incident: Incident, now: datetime, reader: Reader) -> Curve | None:
        try:
            return curve_of(tx, incident, now, reader.language, reader.timezone)
        except Exception:  # a page goes out without its picture rather than not at all (R13)
            log.exception("no chart", incident=incident.id)
            return None

    def _link(self, notification: Notification, now: datetime) -> str | None:
        """Where its reader answers: the incident's page, the question's, the test's."""
        if notification.link_id is None:
            return None
        door = "f" if recounts.is_question(notification) else "t" if notification.kind == "test" else "i"
        return f"{self._base_url}/{door}/{self._signer.link(notification.link_id, now)}"

    def _briefing(self, tx: Tx, incident: Incident, roster: Roster, now: datetime) -> Briefing:
        raised = signals.of_incident(tx, incident.id)
        measured = [signal for signal in raised if signal.expected]  # how unusual it is by now, where that was measured
        deciding = measured or [signal for signal in raised if signal.words == incident.words] or raised
        next_step = incident.step + 1
        steps = incident.policy.get("steps", [])
        people = recipients(steps[next_step]["notify"], now, roster, incident.severity) if next_step < len(steps) else ()
        return Briefing(
            incident=incident,
            signal=deciding[-1] if deciding else None,
            burst=burst_shown(tx, raised),
            quotes=quotes_of(tx, incident.id, MAX_QUOTES),
            coverage=coverage_at(tx, self._listening, incident, now),
            looks=looks.looks_of(tx, incident.id, roster),
            playbook=self._library.get(incident.playbook_id),
            owner=roster.name(incident.owner) if incident.owner else None,
            next_people=[one.name for one in people],
        )


def handles(sent: Iterable[Notification]) -> tuple[dict[str, Any], ...]:
    """The services' handles of messages that can be changed or answered; one that changed others has none of its own."""
    return tuple(one.ref for one in sent if one.ref is not None and not is_edit(one))
