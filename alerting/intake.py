"""The Intake: signals -> group by topic, risk and place -> silenced? -> decide -> playbook -> save -> wake the Dispatcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec.structs import replace

from alerting.answers import UNANSWERED
from alerting.arrival import reopens
from alerting.blindness import BLIND, HEARD
from alerting.budget import Budget
from alerting.coverage import Listening, coverage_of
from alerting.coverage_words import as_json, opening_words
from alerting.events import AlarmOver, HeardAgain, SignalArrived
from alerting.freezing import freeze
from alerting.grouping import incident_key, is_caused, joins
from alerting.heartbeat import pass_on
from alerting.hold import Hold
from alerting.incident import decide
from alerting.muting import Muting
from alerting.outside import left_of
from alerting.policy import Roster, pages, policy_for, unpaged
from alerting.regroup import target_of
from alerting.save import change, save
from alerting.settings import AlertingSettings
from alerting.stage import stage_of
from alerting.tending import course_of
from alerting.weighing import TopicFacts, Weigher
from core.outside import ALARM, ALARM_OVER
from core.probe import KIND as PROBE_KIND
from core.records import Incident, Signal, Tier, TimelineEntry, World, severity_rank
from playbooks import match as playbook_match
from playbooks.playbook import Playbook
from store import dead_letters, incidents, signals, silences, steps
from store.database import Tx
from store.open import Store
from store.quick import DatabaseAway

log = structlog.get_logger()

BATCH: Final = 200
SWEEP_EVERY: Final = timedelta(seconds=30)
MAX_ATTEMPTS: Final = 3
SAME_AGAIN: Final = timedelta(minutes=15)  # a signal that says the same within it is not told on the timeline again
COVERED: Final = timedelta(hours=1)  # before it opened: what an incident's coverage is told of


class Intake:
    """Makes incidents of signals.

    Ten thousand signals of one story are one incident: they are put on it, and it pages again only when it got worse (`alerting/arrival.py`).
    A signal that nobody can take is pushed forward, and after three attempts dead-lettered.

    Args:
        store: signals in, incidents and planned notifications out.
        settings: routes, policies, people.
        topics: by id.
        tiers: source id -> its weight.
        playbooks: to choose from.
        roster: who can be told, asked anew for each signal because overrides change.
        salt: 16 random bytes for the digest of a piece of evidence.
        muting: what mutes; by default what the settings say, knowing of no topic's own sources.
        listening: where we listen and where nobody can.
        budget: of alarms over all topics; None holds nothing.
        hold: delays the pages of a monitor that has just started; None delays nothing.
        world: "drill" marks everything that comes of it.
        sweep_every: how often to look for what was committed and never announced (rule 1).
    """

    def __init__(
        self,
        store: Store,
        settings: AlertingSettings,
        *,
        topics: Mapping[str, TopicFacts],
        tiers: Mapping[str, Tier],
        playbooks: Sequence[Playbook],
        roster: Callable[[Tx], Roster],
        salt: Callable[[], bytes],
        muting: Muting | None = None,
        listening: Listening = Listening(),  # noqa: B008 - frozen
        budget: Budget | None = None,
        hold: Hold | None = None,
        world: World = "live",
        sweep_every: timedelta = SWEEP_EVERY,
    ) -> None:
        self._store = store
        self._settings = settings
        self._topics = dict(topics)
        self._tiers = dict(tiers)
        self._weigher = Weigher(topics, tiers, budget)
        self._playbooks = tuple(playbooks)
        self._roster = roster
        self._salt = salt
        self._muting = muting or Muting(settings, topics, {}, world)
        self._listening = listening
        self._hold = hold
        self._world = world
        self._sweep_every = sweep_every
        self._swept_at: datetime | None = None

    async def step(self, now: datetime) -> datetime | None:
        """Take what waits; returns `now` where more waits, else when to sweep next."""
        ids = await self._store.signals.take(BATCH)
        if not ids:
            self._swept_at = now
            ids = await self._store.database.read(signals.to_take, BATCH)
        touched = [await self._take_or_push_forward(signal_id, now) for signal_id in ids]
        await self._store.signals.done()
        await self._store.notifications.publish([incident_id for incident_id in touched if incident_id is not None])
        return now if ids else (self._swept_at or now) + self._sweep_every

    async def _take_or_push_forward(self, signal_id: int, now: datetime) -> int | None:
        try:
            return await self._store.database.write(self._take, signal_id, now)
        except DatabaseAway:  # locked, full, gone: no fault of the signal's, which the sweep finds again
            raise
        except Exception as error:  # the others still have to come through
            log.exception("signal not taken", signal=signal_id)
            await self._store.database.write(_push_forward, signal_id, type(error).__name__, now)
            return None

    def _take(self, tx: Tx, signal_id: int, now: datetime) -> int | None:
        """Put one signal on its incident, in one transaction; None where it was taken before."""
        found = signals.get(tx, [signal_id])
        if not found or not signals.is_waiting(tx, signal_id):
            return None
        signal = found[0]
        if signal.kind == PROBE_KIND:
            return pass_on(tx, signal, now)
        if signal.kind == HEARD:
            return self._heard_again(tx, signal, now)
        if signal.kind == ALARM_OVER:
            return self._alarm_over(tx, signal, now)
        before = self._belongs_to(tx, signal, now)
        event = self._arrived(tx, signal, before, now)
        incident = save(tx, before, decide(before, event, now, self._roster(tx)))
        if self._hold is not None:
            self._hold.delay(tx, incident.id, now)
        rose = before is None or severity_rank(incident.severity) > severity_rank(before.severity)
        self._attach(tx, incident, signal, now, rose=rose)
        if before is None and incident.topic_id is not None:
            self._tell_coverage(tx, incident, now)
        if not event.repeated:
            self._turn_stage(tx, incident, now)
        signals.take(tx, signal_id, now, incident_id=incident.id, silence_id=event.silence.id if event.silence else None)
        if event.silence is not None:
            silences.keeps_quiet(tx, event.silence.id, incident.id)
        if before is None:
            log.info("incident opened", incident=incident.id, kind=signal.kind, severity=incident.severity, topic=signal.topic_id)
        return incident.id

    def _heard_again(self, tx: Tx, signal: Signal, now: datetime) -> int | None:
        """Tell the open incident of these sources that they are heard again; where it was closed meanwhile nobody needs to know."""
        beside = incidents.beside(tx, None, incident_key(signal), self._world, now)
        incident = next((one for one in beside if one.is_open), None)
        signals.take(tx, signal.id, now, incident_id=None if incident is None else incident.id)
        if incident is None:
            return None
        names = tuple(str(one["id"]) for one in signal.frozen["sources"])
        change(tx, incident.id, HeardAgain(sources=names, left=signal.frozen["left"]), now, self._roster(tx))
        return incident.id

    def _alarm_over(self, tx: Tx, signal: Signal, now: datetime) -> int | None:
        """Tell the open incident of an alarm that it is over; nobody needs to know where that was closed, or never opened."""
        number = signals.incident_of(tx, ALARM, signal.subject, signal.bucket_start)
        incident = None if number is None else incidents.get(tx, number)
        signals.take(tx, signal.id, now, incident_id=number)
        if incident is None or not incident.is_open:
            return None
        left, alone = left_of(signals.of_incident(tx, incident.id), signal)
        told = signal.words.args
        over = AlarmOver(name=str(told["name"]), at=datetime.fromisoformat(told["at"]), left=left, alone=alone)
        change(tx, incident.id, over, now, self._roster(tx))
        return incident.id

    def _belongs_to(self, tx: Tx, signal: Signal, now: datetime) -> Incident | None:
        """The incident this signal joins, under the key of the cause where that becomes known by it."""
        key = incident_key(signal)
        beside = incidents.beside(tx, signal.topic_id, key, self._world, now - self._settings.reopen_within)
        apart = [one for one in beside if one.merged_into is None]
        found = joins(signal, [one for one in apart if one.is_open or reopens(one, now, self._settings.reopen_within)])
        together = None if found is not None and found.key == key else target_of(tx, key, self._world)
        if together is not None:  # what people have put together stays together
            return together
        if found is None or not is_caused(signal):
            return found
        return replace(found, key=key)

    def _arrived(self, tx: Tx, signal: Signal, before: Incident | None, now: datetime) -> SignalArrived:
        weighed = self._weigher.weigh(tx, signal, before)
        policy = policy_for(
            self._settings,
            severity=weighed.severity,
            topic_id=signal.topic_id,
            kind=signal.kind,
            place_id=signal.place_id,
            risk=signal.risk,
            at=now,
        )
        muted = self._muting.of(tx, signal, before, weighed, now)
        held = self._weigher.hold(tx, signal, before, weighed, now) if pages(policy) and muted.silence is None else None
        if held is not None:
            weighed, policy = held, unpaged(self._settings)
        topic = self._topics.get(signal.topic_id or "")
        facts = playbook_match.Facts(
            severity=weighed.severity,
            kinds=(signal.kind,),
            risks=(signal.risk,) if signal.risk else (),
            topic_kind=None if topic is None else topic.kind,
        )
        chosen = playbook_match.match(self._playbooks, facts)
        if signal.kind in (BLIND, UNANSWERED) and chosen is not None and chosen[0].default:
            chosen = None  # what to say in public fits no broken feed and no chore; a playbook of the operator's that names the kind does
        return SignalArrived(
            signal=signal,
            key=incident_key(signal) if before is None else before.key,
            severity=weighed.severity,
            factors=weighed.factors,
            remarks=(*weighed.remarks, *muted.remarks),
            policy=policy,
            silence=muted.silence,
            playbook_id=None if chosen is None else chosen[0].id,
            playbook_title="" if chosen is None else {str(tag): words for tag, words in chosen[0].title.items()},
            playbook_because=None if chosen is None else chosen[1],
            repeated=before is not None
            and signal.kind not in (BLIND, ALARM)
            and signals.told_since(tx, before.id, signal, now - SAME_AGAIN),
            world=self._world,
        )

    def _turn_stage(self, tx: Tx, incident: Incident, now: datetime) -> None:
        """See at once whether it has come to another stage; that it cools is left to the Tender, who knows what was heard."""
        course = course_of(tx, incident, self._tiers, now) if incident.is_open else None
        turned = None if course is None else stage_of(incident.stage, course)
        if turned is not None:
            change(tx, incident.id, turned, now, self._roster(tx))

    def _tell_coverage(self, tx: Tx, incident: Incident, now: datetime) -> None:
        """Write down what could not be heard when it opened; nothing where all was."""
        coverage = coverage_of(tx, self._listening, now - COVERED, now, now)
        if not coverage.is_whole:
            words = opening_words(coverage)
            entry = TimelineEntry(at=now, kind="heard", actor="intake", words=words, data=as_json(coverage))
            incidents.add_entries(tx, incident.id, [entry])

    def _attach(self, tx: Tx, incident: Incident, signal: Signal, now: datetime, *, rose: bool) -> None:
        """Freeze the mentions that decided, and lay out the playbook's steps."""
        freeze(tx, incident, signal, now, salt=self._salt, rose=rose)
        playbook = next((playbook for playbook in self._playbooks if playbook.id == incident.playbook_id), None)
        if playbook is not None:
            due = [(step.id, incident.opened_at + timedelta(minutes=step.due_min)) for phase, step in playbook.steps() if phase != "after"]
            steps.lay_out(tx, incident.id, due)


def _push_forward(tx: Tx, signal_id: int, error: str, now: datetime) -> None:
    attempts = signals.push_forward(tx, signal_id)
    if attempts >= MAX_ATTEMPTS and signals.take(tx, signal_id, now):
        dead_letters.add(tx, now, "intake", f"signal:{signal_id}", error, {"signal_id": signal_id})
        log.error("signal dead-lettered", signal=signal_id, error=error)
