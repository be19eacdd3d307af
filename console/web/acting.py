"""What the buttons of an incident's page do: each a POST, each through `alerting/respond.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from alerting import labelling, respond
from alerting.events import Acknowledged, Escalated, Event, Noted, PlaceLooked, Reopened, Resolved
from alerting.policy import OPERATOR
from console.web.visit import YEAR_S, Visit, remember
from core.errors import NotFound
from core.records import Words
from core.text import clean
from store import evidence, incidents
from store.database import Tx

REASONS: Final = ("fixed", "quiet", "false_alarm", "campaign", "duplicate", "spam", "off_topic", "old_news", "other_brand", "known")
MOST_CHARS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Deed:
    """What was pressed, and by whom, inside the transaction in which it happens."""

    tx: Tx
    visit: Visit
    incident_id: int
    form: Mapping[str, str]
    by: str


EventFor = Callable[[Deed], Event | Words]  # the words tell what is still missing


def button(event_for: EventFor) -> Callable[[Visit], Awaitable[web.StreamResponse]]:
    """A handler that lets `event_for(deed)` happen, then shows the incident again with the answer."""

    async def press(visit: Visit) -> web.StreamResponse:
        posted = await visit.request.post()
        form = {name: clean(value, MOST_CHARS).strip() for name, value in posted.items() if isinstance(value, str)}
        number, by = int(visit.request.match_info["id"]), person_of(visit, form)
        if by is None:
            return visit.back(f"/incidents/{number}", Words(key="console.needs_person"))
        answer = await visit.monitor.store.database.write_urgent(_happen, visit, number, form, by, event_for)
        await visit.monitor.store.notifications.publish([number])
        response = visit.back(f"/incidents/{number}", answer)
        remember(response, "who", by, seconds=YEAR_S)
        return response

    return press


def _happen(tx: Tx, visit: Visit, number: int, form: Mapping[str, str], by: str, event_for: EventFor) -> Words:
    event = event_for(Deed(tx, visit, number, form, by))
    if isinstance(event, Words):
        return event
    return respond.respond(tx, number, event, visit.now, visit.monitor.roster(tx), channel="web").answer


def person_of(visit: Visit, form: Mapping[str, str]) -> str | None:
    """Who acts: one of the people configured; with nobody configured, whoever sits here."""
    people = [person.id for person in visit.monitor.config.alerting.people]
    if not people:
        return OPERATOR.id
    return form["who"] if form.get("who") in people else None


def _take(deed: Deed) -> Event | Words:
    return Acknowledged(by=deed.by, via="console")


def _escalate(deed: Deed) -> Event | Words:
    return Escalated(by=deed.by)


def _resolve(deed: Deed) -> Event | Words:
    reason = deed.form.get("reason", "")
    return Resolved(by=deed.by, reason=reason) if reason in REASONS else Words(key="console.needs_reason")


def _reopen(deed: Deed) -> Event | Words:
    text = deed.form.get("text")
    return Reopened(by=deed.by, reason=text) if text else Words(key="console.needs_words")


def _note(deed: Deed) -> Event | Words:
    text = deed.form.get("text")
    return Noted(by=deed.by, text=text) if text else Words(key="console.needs_words")


def _tick(deed: Deed) -> Event | Words:
    return _ticked(deed, done=True)


def _untick(deed: Deed) -> Event | Words:
    return _ticked(deed, done=False)


def _ticked(deed: Deed, *, done: bool) -> Event:
    incident = incidents.get(deed.tx, deed.incident_id)
    playbook = None if incident is None else deed.visit.monitor.library.get(incident.playbook_id)
    return respond.ticked(deed.by, deed.form.get("step", ""), playbook, done=done)


def _looked(deed: Deed) -> Event | Words:
    """Both buttons of a place: "found:ID" or "nothing:ID", and what was written beside it."""
    outcome, _, place = deed.form.get("look", "").partition(":")
    if outcome not in ("found", "nothing"):
        return Words(key="console.needs_words")
    return PlaceLooked(by=deed.by, place=place, name=place, found=outcome == "found", text=deed.form.get(f"seen-{place}", ""))


def _label(deed: Deed) -> Event | Words:
    """A quote's buttons: "MENTION:LABEL"."""
    number, _, label = deed.form.get("label", "").partition(":")
    quoted = {str(piece.mention_id): piece.mention_id for piece in evidence.of_incident(deed.tx, deed.incident_id)}
    if number not in quoted:
        raise NotFound("the incident quotes no such mention")
    return labelling.label_mention(deed.tx, quoted[number], label, by=deed.by, now=deed.visit.now, channel="web")


def _judge(deed: Deed) -> Event | Words:
    """Whether it was one: the button says "real", or "false" with a reason of the list, or the words beside it."""
    label, reason = deed.form.get("judge", ""), deed.form.get("text") or deed.form.get("reason", "")
    if label == "false" and not reason:
        return Words(key="console.judge_needs_reason")
    tx, now, roster = deed.tx, deed.visit.now, deed.visit.monitor.roster(deed.tx)
    return labelling.label_incident(tx, deed.incident_id, label, reason, by=deed.by, now=now, roster=roster, channel="web")


DEEDS: Final = {
    "take": button(_take),
    "escalate": button(_escalate),
    "resolve": button(_resolve),
    "reopen": button(_reopen),
    "note": button(_note),
    "tick": button(_tick),
    "untick": button(_untick),
    "looked": button(_looked),
    "label": button(_label),
    "judge": button(_judge),
}
