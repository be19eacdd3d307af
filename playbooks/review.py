"""The after-action review of an incident, told from what was recorded. Pure: the same records give the same Markdown to the letter.

It states facts (times, figures, quotes, who was paged, which steps were done) and asks; it judges nobody. The parts that only people can
write stand as prompts. Sections after the practice of incident reviews: what happened, what went well, what went badly, where we were
lucky, action items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from core.messages import Translator, translator
from core.records import Incident, Notification, Signal, TimelineEntry
from playbooks.counted import counted, named
from playbooks.markdown import inline, link, quoted, table
from playbooks.moments import moments
from playbooks.playbook import PHASES, Phase, Playbook, Step
from playbooks.questions import open_questions, step_ticks
from playbooks.quote import Quote

_MOST_QUOTES = 20  # the deciding ones come first; the rest stands in the evidence
_EMPTY_ROWS = 3  # of the table of action items


@dataclass(frozen=True)
class _Case:
    incident: Incident
    timeline: tuple[TimelineEntry, ...]
    evidence: tuple[Quote, ...]
    notifications: tuple[Notification, ...]
    playbook: Playbook | None
    signals: tuple[Signal, ...]
    names: Mapping[str, str]
    say: Translator
    zone: ZoneInfo

    @property
    def told_at(self) -> datetime:
        return max((entry.at for entry in self.timeline), default=self.incident.opened_at)

    def person(self, id: str) -> str:
        """A person by name, a stage in the reader's words."""
        stage = f"actor.{id}"
        return inline(self.names.get(id) or (self.say(stage) if self.say.knows(stage) else id))

    def moment(self, at: datetime) -> str:
        return self.say("review.moment", at=at)


def review(
    incident: Incident,
    timeline: Sequence[TimelineEntry],
    evidence: Sequence[Quote],
    notifications: Sequence[Notification],
    playbook: Playbook | None,
    language: str,
    zone: ZoneInfo,
    *,
    signals: Sequence[Signal] = (),
    names: Mapping[str, str] | None = None,
) -> str:
    """The review in Markdown.

    Args:
        incident: as it stands now; a drill says so at the top.
        timeline: its entries, in any order.
        evidence: its mentions, the deciding ones first.
        notifications: all that were planned for it.
        playbook: the one attached, or None.
        language: "vi" or "en".
        zone: in which times are told; named in the text.
        signals: its signals, for their figures.
        names: people's names by id; an id that has none stands for itself.
    """
    case = _Case(
        incident=incident,
        timeline=tuple(sorted(timeline, key=lambda entry: (entry.at, entry.id))),
        evidence=tuple(evidence),
        notifications=tuple(sorted(notifications, key=lambda one: (one.due_at, one.planned_at, one.id, one.key))),
        playbook=playbook,
        signals=tuple(sorted(signals, key=lambda signal: (signal.raised_at, signal.id, signal.kind))),
        names=names or {},
        say=translator(language, zone=zone),
        zone=zone,
    )
    parts = [
        _head(case), _overview(case), _numbers(case), _what_happened(case), _signals(case), _quotes(case), _paged(case), _steps(case),
        _questions(case), _lessons(case), _actions(case),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(case: _Case) -> str:
    title = f"# {case.say('review.title', id=case.incident.id)}"
    return f"{title}\n\n> **{case.say('review.drill')}**" if case.incident.world == "drill" else title


def _overview(case: _Case) -> str:
    incident, say = case.incident, case.say
    title = {"key": incident.words.key, "args": incident.words.args}
    lines = [say("review.summary", title=title, severity=incident.severity, status=incident.status, at=incident.opened_at)]
    if incident.resolved_at is None:
        lines.append(say("review.not_resolved"))
    else:
        lines.append(say("review.summary_resolved", at=incident.resolved_at, reason=incident.close_reason))
    if incident.playbook_because is not None and case.playbook is not None:
        playbook = case.playbook.say(case.playbook.title, say.language)
        because = {"key": incident.playbook_because.key, "args": incident.playbook_because.args}
        lines.append(say("timeline.playbook_attached", playbook=playbook, because=because))
    return _section(case, "overview", *(inline(line) for line in lines))


def _numbers(case: _Case) -> str:
    earliest = min((quote.at for quote in case.evidence), default=None)
    marks = moments(case.incident, case.timeline, case.notifications, case.signals, first_mention=earliest)
    rows = [
        [
            case.say(f"review.mark.{before}"),
            case.say(f"review.mark.{after}"),
            case.moment(until),
            case.say("review.length", took=until - since),
        ]
        for (before, since), (after, until) in pairwise(marks)
    ]
    if not rows:
        return ""
    first, since = marks[0]
    last, until = marks[-1]
    if len(rows) > 1:
        whole = case.say("review.length", took=until - since)
        rows.append([case.say(f"review.mark.{first}"), case.say(f"review.mark.{last}"), case.moment(until), f"**{whole}**"])
    head = [case.say(f"review.{column}") for column in ("from", "to", "at", "took")]
    return _section(case, "numbers", table(head, rows), case.say("review.times_in", zone=case.zone.key))


def _what_happened(case: _Case) -> str:
    say = case.say
    rows = [
        [case.moment(entry.at), inline(say.render(entry.words)), case.person(entry.actor), _source_of(entry)] for entry in case.timeline
    ]
    return _section(
        case, "what_happened", table([say(f"console.{name}") for name in ("when", "what", "who")] + [say("review.entry_id")], rows)
    )


def _source_of(entry: TimelineEntry) -> str:
    """Where the line comes from: its own number, and the ids of what it tells of."""
    ids = [f"{name} {value}" for name, value in sorted(entry.data.items()) if name in ("signal", "notification", "mention") and value]
    return inline(", ".join([f"#{entry.id}", *ids]))


def _signals(case: _Case) -> str:
    say = case.say
    if not case.signals:
        return _section(case, "signals", say("review.no_signals"))
    rows = [
        [
            case.moment(signal.raised_at),
            inline(". ".join(filter(None, (say.render(signal.words), counted(say, signal))))),
            inline(say("review.figure", value=signal.observed, unit=signal.unit)),
            inline(say("review.figure", value=signal.expected, unit=signal.unit)) if signal.expected is not None else say("unknown"),
            f"{signal.score:.3f}",
        ]
        for signal in case.signals
    ]
    return _section(
        case,
        "signals",
        table([say("console.when"), *(say(f"review.{name}") for name in ("signal", "observed", "expected", "score"))], rows),
    )


def _quotes(case: _Case) -> str:
    say = case.say
    if not case.evidence:
        return _section(case, "evidence", say("review.no_evidence"))
    said = [_quote(case, quote) for quote in case.evidence[:_MOST_QUOTES]]
    rest = len(case.evidence) - len(said)
    return _section(case, "evidence", *said, *([say("review.more_evidence", count=rest)] if rest else []))


def _quote(case: _Case, quote: Quote) -> str:
    say = case.say
    words = quoted(quote.text) if quote.text is not None else f"> {inline(say('review.deleted'))}"
    tone = [say(f"sentiment.{quote.sentiment}")] if quote.sentiment else []
    author = [inline(named(say, quote.author, quote.role) or "")] if (quote.author or quote.role) and quote.text is not None else []
    origin = link(say("review.source_link"), quote.url) if quote.text is not None else ""
    facts = [case.moment(quote.at), inline(quote.source_id), *author, *tone, *([origin] if origin else [])]
    facts += [f"{say('review.digest')} `{quote.sha256[:12]}`"] if quote.sha256.isalnum() else []
    return f"{words}\n>\n> {' · '.join(facts)} · #{quote.mention_id}"


def _paged(case: _Case) -> str:
    say = case.say
    if not case.notifications:
        return _section(case, "paged", say("review.nobody_paged"))
    rows = [
        [
            case.moment(one.sent_at or one.due_at),
            case.person(one.person),
            inline(one.channel),
            say(f"notification.{one.kind}"),
            inline(say(f"outcome.{one.state}") + (f": {one.error}" if one.error else "")),
        ]
        for one in case.notifications
    ]
    head = [say(key) for key in ("console.when", "console.who", "review.channel", "review.sort", "review.state")]
    return _section(case, "paged", table(head, rows))


def _steps(case: _Case) -> str:
    say, playbook = case.say, case.playbook
    if playbook is None:
        return _section(case, "steps", say("review.no_playbook"))
    ticks = step_ticks(case.timeline)
    blocks = [inline(say("review.playbook", title=playbook.say(playbook.title, say.language), id=playbook.id, version=playbook.version))]
    for phase in PHASES:
        steps = getattr(playbook, phase)
        if steps:
            lines = [_step(case, playbook, phase, step, ticks.get(step.id)) for step in steps]
            blocks.append(f"### {say(f'review.phase.{phase}')}\n\n" + "\n".join(lines))
    return _section(case, "steps", *blocks)


def _step(case: _Case, playbook: Playbook, phase: Phase, step: Step, tick: TimelineEntry | None) -> str:
    say, incident = case.say, case.incident
    role = playbook.role(step.role)
    start = incident.resolved_at if phase == "after" else incident.opened_at
    due = None if start is None else start + timedelta(minutes=step.due_min)
    notes = [inline(playbook.say(role.title, say.language))] if role is not None else []
    notes += [say("review.blocking")] if step.blocking else []
    if tick is None:
        notes += [say("review.due_at", at=due)] if due is not None else []
        notes.append(say("review.not_due" if phase == "after" and (due is None or due > case.told_at) else "review.not_done"))
    else:
        late = None if due is None or tick.at <= due else tick.at - due
        key = "review.done_by" if late is None or late < timedelta(minutes=1) else "review.done_late"
        notes.append(inline(say(key, person=case.names.get(tick.actor, tick.actor), at=tick.at, late=late)))
    return f"- [{'x' if tick else ' '}] {inline(playbook.say(step.text, say.language))} ({'; '.join(notes)})"


def _questions(case: _Case) -> str:
    gone = sum(quote.text is None for quote in case.evidence)
    asked = open_questions(case.incident, case.timeline, case.notifications, case.playbook, gone=gone)
    return _section(case, "questions", "\n".join(f"- {inline(case.say.render(question))}" for question in asked))


def _lessons(case: _Case) -> str:
    parts = [_section(case, name, f"*{case.say(f'review.{name}_hint')}*", "- ") for name in ("went_well", "went_badly", "lucky")]
    return "\n\n".join(part.rstrip() for part in parts)


def _actions(case: _Case) -> str:
    head = [case.say(f"review.{name}") for name in ("action", "action_kind", "action_owner", "action_due")]
    return _section(case, "actions", table(head, [[" "] * 4] * _EMPTY_ROWS), case.say("review.written", at=case.told_at))


def _section(case: _Case, name: str, *blocks: str) -> str:
    return "\n\n".join([f"## {case.say(f'review.{name}')}", *blocks])
