"""What a page shows of an incident, read in one transaction, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.blindness import is_about_sources
from alerting.burst import BurstShown, ThemeShown, burst_lines, burst_shown, compared_with, meanings, spread_line
from alerting.closing import open_blocking
from alerting.coverage import Coverage, coverage_at
from alerting.coverage_words import coverage_line
from alerting.finding import finding_lines
from alerting.history import history_lines, severity_history
from alerting.incident import idle_because
from alerting.looks import Look, looks_of
from alerting.policy import Roster, recipients
from alerting.quotes import quotes_of
from alerting.recounts import Series, name_of, series_of
from alerting.severity import is_said
from alerting.together import Part, roles_of, timeline_of
from console.assemble import Monitor
from console.listening import listening_of
from core.messages import Translator, translator
from core.records import Incident, Notification, Signal, TimelineEntry
from playbooks.playbook import Playbook, Step
from playbooks.quote import Quote
from store import evidence, incidents, notifications, signals, steps
from store.database import Tx
from store.steps import StepState

MOST_QUOTES = 12


@dataclass(frozen=True)
class Case:
    """An incident and all that hangs on it."""

    incident: Incident
    roster: Roster
    signal: Signal | None
    burst: BurstShown | None
    quotes: tuple[Quote, ...]
    coverage: Coverage
    looks: tuple[Look, ...]
    flagged: tuple[Series, ...]
    playbook: Playbook | None
    ticks: Mapping[str, StepState]
    timeline: tuple[TimelineEntry, ...]
    merged: tuple[Incident, ...]
    parts: tuple[Part, ...]
    evidence: int
    notifications: tuple[Notification, ...]
    next_people: tuple[str, ...]

    def name(self, person: str | None) -> str:
        """How a person is called; empty for nobody."""
        return "" if person is None else self.roster.name(person)

    def reader(self, by: str) -> str:
        """How whoever read counters is called."""
        return name_of(self.roster, by)

    def title(self, say: Translator) -> str:
        """What happened, in one line."""
        return say.render(self.incident.words)

    def unusual(self, say: Translator) -> str:
        """How unusual the deciding signal is, and how many speak; empty where there is none."""
        signal = self.signal
        if signal is None or is_about_sources(signal.kind):
            return ""
        return ". ".join(finding_lines(say, signal))

    def burst_lines(self, say: Translator) -> list[str]:
        """What it is about, and how it spreads, in two lines."""
        return burst_lines(say, self.burst)

    def compared(self, say: Translator) -> str:
        """With what its themes were compared."""
        burst = self.burst.burst if self.burst else None
        if burst is None or burst.past_since is None or burst.past_until is None or not burst.has_past:
            return say("burst.no_past")
        return say("burst.past", before=compared_with(burst.past_since, burst.past_until), people=burst.past_voices)

    def said(self, say: Translator, theme: ThemeShown) -> str:
        """How many say a theme, and said it before."""
        people = self.burst.burst.voices if self.burst else theme.voices
        if theme.before is None:
            return say("burst.said", said=theme.voices, people=people)
        return say("burst.said_before", said=theme.voices, people=people, before=theme.before)

    def spread(self, say: Translator) -> str:
        """How it spreads, in one line of plain numbers."""
        return spread_line(say, self.burst)

    def meanings(self, say: Translator) -> list[str]:
        """What extreme numbers of it mean."""
        return meanings(say, self.burst)

    def reasons(self, say: Translator) -> Iterator[str]:
        """Why this severity: each factor that speaks for more than watching, or for no more than that."""
        for factor in filter(is_said, self.incident.factors):
            yield say(f"factor_said.{factor.name}", value=factor.value, beside=factor.beside)

    def unknown_factors(self, say: Translator) -> list[str]:
        """What could not be weighed."""
        return [say(f"factor.{factor.name}") for factor in self.incident.factors if factor.speaks_for is None]

    def severity_history(self, say: Translator) -> list[tuple[datetime, str]]:
        """How its severity came to be what it is: when, and why."""
        own = [entry for entry in self.timeline if entry.incident_id == self.incident.id]
        return history_lines(say, severity_history(own))

    def part(self, role: str) -> str:
        """Who has a role of the response; empty for nobody."""
        return next((one["name"] for one in self.parts if one["role"] == role and one["person"]), "")

    def heard(self, say: Translator) -> str:
        """The coverage statement in one line."""
        return coverage_line(say, self.coverage)

    def waits(self, say: Translator) -> str:
        """Who is called when, if nobody takes it; or why nobody will be."""
        because = idle_because(self.incident)
        if because is not None:
            return say("console.idle", because=because)
        if self.incident.status != "open" or self.incident.next_step_at is None:
            return ""
        if self.next_people:
            return say("alert.take_it_before", at=self.incident.next_step_at, next=list(self.next_people))
        return say("console.next_step_at", at=self.incident.next_step_at)

    def done(self, steps: Sequence[Step]) -> int:
        """How many of these steps are done."""
        return sum(step.id in self.ticks and self.ticks[step.id].done_at is not None for step in steps)

    @property
    def open_blocking(self) -> int:
        """How many steps are still open that should be done before it is closed."""
        return open_blocking(self.playbook, list(self.ticks.values()))


def case_of(tx: Tx, monitor: Monitor, incident_id: int, now: datetime, say: Translator | None = None) -> Case | None:
    """Everything about one incident, for a reader of `say`'s language; None where there is none."""
    incident = incidents.get(tx, incident_id)
    if incident is None:
        return None
    roster, playbook = monitor.roster(tx), monitor.library.get(incident.playbook_id)
    say = say or translator(monitor.config.language)
    raised = signals.of_incident(tx, incident_id)
    deciding = [signal for signal in raised if signal.words == incident.words] or raised
    ahead = incident.policy.get("steps", [])[incident.step + 1 : incident.step + 2]
    return Case(
        incident=incident,
        roster=roster,
        signal=deciding[-1] if deciding else None,
        burst=burst_shown(tx, raised),
        quotes=tuple(quotes_of(tx, incident_id, MOST_QUOTES)),
        coverage=coverage_at(tx, listening_of(monitor.config), incident, now),
        looks=looks_of(tx, incident_id, roster),
        flagged=series_of(tx, incident, roster),
        playbook=playbook,
        ticks={state.step_id: state for state in steps.of_incident(tx, incident_id)},
        timeline=tuple(timeline_of(tx, incident_id)),
        merged=tuple(incidents.merged_from(tx, incident_id)),
        parts=tuple(roles_of(tx, incident_id, playbook, roster, say)),
        evidence=len(evidence.of_incident(tx, incident_id)),
        notifications=tuple(notifications.of_incident(tx, incident_id)),
        next_people=tuple(one.name for step in ahead for one in recipients(step["notify"], now, roster, incident.severity)),
    )
