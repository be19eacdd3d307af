"""The buttons that change the shape of an incident: merge, split, put off, hand over, give a role."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerting import regroup, respond
from alerting.events import Assigned, Event, SeveritySet, Snoozed
from console.web.acting import Deed, button
from core.records import SEVERITIES, Words
from store import incidents

SNOOZES: Final = (30, 60, 240, 720, 1_440)  # minutes that a page offers
_DIGITS: Final = 15  # of a number, as in the addresses


def _merge(deed: Deed) -> Event | Words:
    into = _number(deed.form.get("into", ""))
    if into is None:
        return Words(key="console.needs_incident")
    roster = deed.visit.monitor.roster(deed.tx)
    return regroup.merge(deed.tx, deed.incident_id, into, by=deed.by, now=deed.visit.now, roster=roster, channel="web")


def _split(deed: Deed) -> Event | Words:
    """Every box that was ticked: "split-MENTION"."""
    ticked = [_number(name.removeprefix("split-")) for name in deed.form if name.startswith("split-")]
    chosen = [number for number in ticked if number is not None]
    if not chosen:
        return Words(key="console.needs_mentions")
    roster = deed.visit.monitor.roster(deed.tx)
    return regroup.split(deed.tx, deed.incident_id, chosen, by=deed.by, now=deed.visit.now, roster=roster, channel="web")[1]


def _snooze(deed: Deed) -> Event | Words:
    minutes, reason = _number(deed.form.get("minutes", "")), deed.form.get("text", "")
    if minutes not in SNOOZES or not reason:
        return Words(key="console.needs_words")
    return Snoozed(by=deed.by, until=deed.visit.now + timedelta(minutes=minutes), reason=reason)


def _assign(deed: Deed) -> Event | Words:
    to = deed.form.get("to", "")
    return Assigned(by=deed.by, to=to) if to in _people(deed) else Words(key="console.needs_person")


def _severity(deed: Deed) -> Event | Words:
    level, because = deed.form.get("level", ""), deed.form.get("text", "")
    if level not in SEVERITIES or not because:
        return Words(key="console.needs_words")
    return SeveritySet(by=deed.by, severity=level, because=because)


def _role(deed: Deed) -> Event | Words:
    incident, person = incidents.get(deed.tx, deed.incident_id), deed.form.get("to", "")
    if person not in _people(deed):
        return Words(key="console.needs_person")
    playbook = None if incident is None else deed.visit.monitor.library.get(incident.playbook_id)
    return respond.role_given(deed.by, deed.form.get("role", ""), person, playbook)


def _people(deed: Deed) -> set[str]:
    return {person.id for person in deed.visit.monitor.config.alerting.people}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


DEEDS: Final = {
    "merge": button(_merge),
    "split": button(_split),
    "snooze": button(_snooze),
    "assign": button(_assign),
    "severity": button(_severity),
    "role": button(_role),
}
