"""What mutes a signal now: a person's silence, a maintenance window, an outage whose echo it is. Reads and writes the store; what decides is pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from alerting import inhibition, maintenance
from alerting.settings import AlertingSettings
from alerting.silence import Told, breaks_through, silenced, told_of
from alerting.weighing import TopicFacts, Weighed
from core.records import Incident, Record, Signal, Words, World
from core.silences import Silence
from store import facts, open_incidents, signals, silences
from store.database import Tx

WINDOWS: Final = "maintenance"  # the fact that is locked while a window is written down
SIGNALS: Final = 20  # of an incident that tell what it is about


class Muted(Record, frozen=True, kw_only=True, gc=False):
    """What mutes a signal, and what the timeline has to say of it; nothing mutes it where it breaks through."""

    silence: Silence | None = None
    remarks: tuple[Words, ...] = ()


class Muting:
    """Asks what mutes, in the transaction that takes a signal.

    Args:
        settings: maintenance windows and what inhibits.
        topics: by id.
        sources: topic id -> the sources that are about it alone.
        world: of the incidents.
    """

    def __init__(
        self, settings: AlertingSettings, topics: Mapping[str, TopicFacts], sources: Mapping[str, frozenset[str]], world: World = "live"
    ) -> None:
        self._settings = settings
        self._topics = dict(topics)
        self._sources = dict(sources)
        self._world = world

    def of(self, tx: Tx, signal: Signal, before: Incident | None, weighed: Weighed, now: datetime) -> Muted:
        """What mutes a signal that would join `before`, or open an incident; a critical of harm to people breaks through whatever it is."""
        self.open_windows(tx, now)
        silence = silenced(signal, silences.active(tx, now), now) or self._inhibited(tx, signal, before, weighed, now)
        factors = (*weighed.factors, *(before.factors if before is not None else ()))
        if silence is None or not breaks_through(weighed.severity, factors):
            return Muted(silence=silence)
        told = {"comment": silence.comment, "until": silence.over_at.isoformat()}
        return Muted(remarks=(Words(key="timeline.broke_through", args=told),))

    def open_windows(self, tx: Tx, now: datetime) -> None:
        """Write down each maintenance window that has begun, once; one that a person ended stays ended."""
        if self.to_open(tx, now):
            facts.take(tx, WINDOWS, None, now)  # one process at a time
            for silence in self.to_open(tx, now):
                silences.add(tx, silence)

    def to_open(self, tx: Tx, now: datetime) -> list[Silence]:
        """The windows that have begun and were not written down by any process."""
        stretches = [(window, *maintenance.stretch(window, now)) for window in self._settings.maintenance]
        return [
            maintenance.as_silence(window, start, end)
            for window, start, end in stretches
            if start <= now and all(one.data.get("window") != window.id for one in silences.begun_at(tx, "maintenance", start))
        ]

    def _inhibited(self, tx: Tx, signal: Signal, before: Incident | None, weighed: Weighed, now: datetime) -> Silence | None:
        """The inhibition by an open incident, written down when it first mutes something; None where a person ended it."""
        if not self._settings.inhibit:
            return None
        known = silences.inhibiting(tx, now)
        echoes = {number for one in known for number in one.muted if one.holds(now)}
        own = {before.id} if before is not None else set()
        found = inhibition.inhibitor(
            self._settings.inhibit,
            self._told(signal),
            weighed.severity,
            partial(open_incidents.open_now, tx, self._world),
            partial(self._told_by, tx),
            but=echoes | own,
        )
        if found is None:
            return None
        rule, source = found
        made = next((one for one in known if (one.data.get("rule"), one.data.get("incident")) == (rule.id, source.id)), None)
        if made is not None:
            return made if made.holds(now) else None
        number = silences.add(tx, inhibition.as_silence(rule, source, now))
        return silences.get(tx, number)

    def _told_by(self, tx: Tx, incident: Incident) -> Told:
        """What an open incident is about: what its first signal and the last few are."""
        told: dict[str, frozenset[str]] = {}
        for signal in signals.some_of(tx, incident.id, SIGNALS):
            for key, values in self._told(signal).items():
                told[key] = told.get(key, frozenset()) | values
        return told

    def _told(self, signal: Signal) -> dict[str, frozenset[str]]:
        """What a signal is about, with what the configuration knows of its topic."""
        told = told_of(signal)
        topic = self._topics.get(signal.topic_id or "")
        if topic is None:
            return told
        sources = told["source"] or self._sources.get(topic.id, frozenset())
        return {**told, "source": sources, "topic_kind": frozenset((topic.kind,)), "industry": frozenset((topic.industry,))}
