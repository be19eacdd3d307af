"""Looks after the open incidents every few minutes: has the crisis come to another stage, and may it be over? `stage.py` and `closing.py` decide; this reads for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from alerting.answers import is_chore
from alerting.arrival import SET_BY_PERSON
from alerting.blindness import is_about_sources
from alerting.closing import Criterion, criteria, open_blocking, proposal
from alerting.coverage import UNHEARD, Listening, coverage_of
from alerting.events import CloseProposed, FlagReached, StageTurned
from alerting.policy import Roster, policy_for
from alerting.save import change
from alerting.severity import flagged_factor
from alerting.stage import ENOUGH, QUIET_HOURS, Course, Effect, stage_of
from core.records import Incident, Tier, severity_rank
from playbooks.load import Library
from store import evidence, flags, incidents, readings, series, statements, steps
from store.database import Tx
from store.open import Store

EVERY: Final = timedelta(minutes=5)
IDLE: Final = timedelta(minutes=30)  # nothing is open: a signal looks by itself
MOST: Final = 1_000  # open incidents in one look; the newest first
BEFORE: Final = timedelta(hours=1)  # what was said so long before it opened is its own
LONGEST: Final = timedelta(days=7)  # the peak is looked for so far back
MOSTLY: Final = 0.8  # of the last hours a source has to be heard, or they tell nothing
HOUR: Final = timedelta(hours=1)


class Tender:
    """Turns stages and proposes ends.

    Args:
        store: incidents, series and coverage in; timelines and proposals out.
        tiers: source id -> its weight.
        listening: where we listen and where nobody can.
        library: playbooks, for the steps that have to be done.
        roster: who can be told.
    """

    def __init__(
        self, store: Store, *, tiers: Mapping[str, Tier], listening: Listening, library: Library, roster: Callable[[Tx], Roster]
    ) -> None:
        self._store = store
        self._tiers = dict(tiers)
        self._listening = listening
        self._library = library
        self._roster = roster

    async def step(self, now: datetime) -> datetime | None:
        """Look at every open incident; returns when to look again."""
        database = self._store.database
        found = await database.read(incidents.listing, statuses=incidents.OPEN, limit=MOST)
        for incident in found:
            if await database.read(self._due, incident, now):
                await database.write(self._tend, incident.id, now)
                await self._store.notifications.publish([incident.id])
        return now + (EVERY if found else IDLE)

    def _tend(self, tx: Tx, incident_id: int, now: datetime) -> None:
        """The same again in a transaction that writes: meanwhile somebody may have closed it."""
        incident = incidents.get(tx, incident_id, lock=True)
        for event in () if incident is None else self._due(tx, incident, now):
            change(tx, incident_id, event, now, self._roster(tx))

    def _due(self, tx: Tx, incident: Incident, now: datetime) -> list[StageTurned | FlagReached | CloseProposed]:
        if not incident.is_open or is_about_sources(incident.kind):
            return []
        reached = flag_of(tx, incident, self._roster(tx), now)
        if reached is not None:
            return [reached]
        course = course_of(tx, incident, self._tiers, now, listening=self._listening)
        turned = None if course is None else stage_of(incident.stage, course)
        if turned is not None:
            return [turned]  # whether it may be over is asked at the next look
        proposed = proposal(incident, criteria_of(tx, incident, course, self._library, now))
        return [] if proposed is None else [proposed]


def flag_of(tx: Tx, incident: Incident, roster: Roster, now: datetime) -> FlagReached | None:
    """What a person's flag speaks for by now, where that is more than the incident is; None where nothing was flagged or it is known already."""
    told = next((one.value for one in incident.factors if one.name == SET_BY_PERSON), None)
    if severity_rank(incident.severity) >= severity_rank("major") or told in ("major", "critical"):
        return None
    found = [one for one in flags.of_incident(tx, incident.id, incident.topic_id, incident.opened_at - BEFORE) if one.deleted_at is None]
    newest = [series_read[-1] for series_read in readings.of(tx, [one.mention_id for one in found]).values()] if found else []
    drew = max((one.total for one in newest if one.total is not None), default=None)
    views = max((one.views for one in newest if one.views is not None), default=None)
    if flagged_factor(drew, views).speaks_for != "major":
        return None
    policy = policy_for(
        roster.settings, severity="major", topic_id=incident.topic_id, kind=incident.kind, place_id=incident.place_id, at=now
    )
    return FlagReached(drew=drew, views=views, policy=policy)


def course_of(tx: Tx, incident: Incident, tiers: Mapping[str, Tier], now: datetime, *, listening: Listening | None = None) -> Course | None:
    """How an incident runs; None where nothing of it is counted. `listening` None: not asked what was heard, so that no hour is called quiet."""
    if incident.topic_id is None or is_chore(incident.key):
        return None
    since = max(incident.opened_at - BEFORE, now - LONGEST)
    cells = series.hourly(tx, incident.topic_id, since, now)
    angry = sum(cell.negative for cell in cells) >= ENOUGH  # the crisis is what is said badly, where enough is
    hourly = [0] * (int((now - since) / HOUR) + 1)
    for cell in cells:
        if cell.hours_ago < len(hourly):
            hourly[-1 - cell.hours_ago] += cell.negative if angry else cell.mentions
    carriers = {cell.source_id for cell in cells if cell.negative} | evidence.sources(tx, incident.id)
    spoke_at = series.last_own(tx, incident.topic_id, incident.opened_at)
    return Course(
        hourly=tuple(hourly),
        known=listening is not None and _was_heard(tx, listening, carriers, now),
        carriers=tuple((name, tiers[name]) for name in sorted(carriers) if name in tiers),
        reply=None if spoke_at is None else effect_of(tx, incident.topic_id, spoke_at, now),
    )


def effect_of(tx: Tx, topic_id: str, at: datetime, now: datetime) -> Effect:
    """What was said of a topic in the hour before and in the hour after we spoke."""
    before, after = series.hourly(tx, topic_id, at - HOUR, at), series.hourly(tx, topic_id, at, min(at + HOUR, now))
    return Effect(
        at=at,
        before=sum(cell.mentions for cell in before),
        negative_before=sum(cell.negative for cell in before),
        after=sum(cell.mentions for cell in after),
        negative_after=sum(cell.negative for cell in after),
    )


def criteria_of(tx: Tx, incident: Incident, course: Course | None, library: Library, now: datetime) -> tuple[Criterion, ...]:
    """Whether an incident may be over, criterion by criterion."""
    said_at = statements.published_at(tx, incident.id)
    effect = effect_of(tx, incident.topic_id, said_at, now) if said_at is not None and incident.topic_id is not None else None
    reported = flags.of_incident(tx, incident.id, incident.topic_id, incident.last_signal_at)
    return criteria(
        incident,
        course,
        open_blocking=open_blocking(library.get(incident.playbook_id), steps.of_incident(tx, incident.id)),
        flagged=sum(flag.at > incident.last_signal_at for flag in reported),
        statement=effect,
        now=now,
    )


def _was_heard(tx: Tx, listening: Listening, carriers: set[str], now: datetime) -> bool:
    """Whether every source that carries it was heard in the last hours."""
    heard = coverage_of(tx, listening, now - QUIET_HOURS * HOUR, now, now)
    return not carriers & {one.source_id for one in heard.sources if one.state in UNHEARD or one.heard < MOSTLY}
