"""What a playbook is: when it applies, who does what by when, what to say first, what never to do, and when it is over.

A playbook is one YAML file (`library/<id>.yaml`), read by `load.py` into the frozen models below. Everything a person reads stands in each of
the playbook's languages. The crisis cluster and the posture follow Coombs' situational crisis communication theory: W. T. Coombs,
"Protecting Organization Reputations During a Crisis", Corporate Reputation Review 10 (2007).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from core.durations import Duration
from core.records import Severity, TopicKind, severity_rank
from playbooks.blanks import Blank, blanks_of
from playbooks.sections import (
    Approval,
    Id,
    Language,
    Monitoring,
    Notice,
    Part,
    Question,
    Speaking,
    SpeechChannel,
    Stakeholder,
    Text,
    Texts,
)

Cluster = Literal["victim", "accidental", "preventable"]
Posture = Literal["inform", "deny", "diminish", "rebuild"]
Evidence = Literal["none", "note", "link", "screenshot"]
Phase = Literal["first_15_minutes", "first_hour", "first_day", "after"]

PHASES: tuple[Phase, ...] = ("first_15_minutes", "first_hour", "first_day", "after")
_LATEST_MIN: dict[Phase, int] = {"first_15_minutes": 15, "first_hour": 60, "first_day": 1_440, "after": 90 * 1_440}


class Triggers(Part):
    """When the playbook applies. Each list that is not empty must hold one of the incident's; an empty one asks nothing.

    `risks` are families of risk ("recall"), `kinds` kinds of signal ("volume_spike"), `topics` kinds of topic, `severity_from` the mildest.
    `or_kinds`: kinds of signal that stand in for a risk: one of them is enough where none of `risks` is heard.
    """

    risks: tuple[Id, ...] = ()
    kinds: tuple[str, ...] = ()
    or_kinds: tuple[str, ...] = ()
    topics: tuple[TopicKind, ...] = ()
    severity_from: Severity = "watch"


class Role(Part):
    """Who acts. `primary` and `backup` are ids of people in `config.yaml`; the library leaves them open, a local copy fills them in."""

    id: Id
    title: Text
    does: Text
    primary: str | None = None
    backup: str | None = None
    phone: str | None = None


class Step(Part):
    """One action.

    `due_min`: minutes after the incident opened (in `after`: after it was resolved). `evidence`: what to leave when it is done. `blocking`: the
    incident should not be resolved while it is open. `after`: ids of steps that come first.
    """

    id: Id
    text: Text
    role: Id
    due_min: Annotated[int, Field(ge=0)]
    evidence: Evidence = "none"
    blocking: bool = False
    after: tuple[Id, ...] = ()


class Statement(Part):
    """First public words in one language for one channel, with blanks as `{{ product }}`.

    `approver`: the role that approves it. `valid_until`: the day its pre-approval ends, that day included. `use_within`: how long after the
    incident opened it may still be the *first* words.
    """

    id: Id
    language: Language
    channel: SpeechChannel
    posture: Posture
    text: Annotated[str, Field(min_length=20, max_length=65_536)]
    approver: Id
    valid_until: date
    use_within: Duration = timedelta(hours=24)


class Playbook(Part):
    """A plan for one sort of crisis.

    `default`: the one taken where no other fits. `drill`: the id of the drill that practises it. `history`: what in our past makes it graver (Coombs' modifiers:
    crisis history, prior reputation). `verifier`: the role that answers `verify_first`. `evidence_threshold`: what has to be known before anything is said
    about the cause.
    """

    id: Id
    version: Annotated[int, Field(ge=1)]
    owner: str
    last_reviewed: date
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    title: Text
    default: bool = False
    triggers: Triggers
    do_not_use_when: Texts = ()
    cluster: Cluster
    history: Texts = ()
    posture: Posture
    verify_first: Annotated[Texts, Field(min_length=1)]
    verifier: Id | None = None
    evidence_threshold: Text | None = None
    notify: tuple[Notice, ...] = ()
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    first_15_minutes: Annotated[tuple[Step, ...], Field(min_length=1)]
    first_hour: tuple[Step, ...] = ()
    first_day: tuple[Step, ...] = ()
    blanks: dict[str, Blank] = Field(default_factory=dict)
    holding_statements: Annotated[tuple[Statement, ...], Field(min_length=1)]
    approval: tuple[Approval, ...] = ()
    key_messages: Texts = ()
    q_and_a: tuple[Question, ...] = ()
    cannot_share: Texts = ()
    speaking: Speaking = Speaking()
    stakeholders: tuple[Stakeholder, ...] = ()
    monitoring: Monitoring = Monitoring()
    do_not: Annotated[Texts, Field(min_length=1)]
    escalate_when: Texts = ()
    de_escalate_when: Texts = ()
    close_criteria: Annotated[Texts, Field(min_length=1)]
    after: tuple[Step, ...] = ()
    drill: Id | None = None
    last_drilled: date | None = None

    @model_validator(mode="after")
    def _check(self) -> Playbook:
        problem = next(_problems(self), None)
        if problem is not None:
            raise ValueError(problem)
        return self

    def steps(self) -> Iterator[tuple[Phase, Step]]:
        """All steps in the order in which they stand, each with its phase."""
        for phase in PHASES:
            for step in getattr(self, phase):
                yield phase, step

    def step(self, id: str) -> Step | None:
        """The step of that id, or None."""
        return next((step for _, step in self.steps() if step.id == id), None)

    def statement(self, id: str) -> Statement | None:
        """The holding statement of that id, or None."""
        return next((statement for statement in self.holding_statements if statement.id == id), None)

    def role(self, id: str) -> Role | None:
        """The role of that id, or None."""
        return next((role for role in self.roles if role.id == id), None)

    def approval_of(self, severity: Severity) -> Approval | None:
        """Who approves public words at this severity: the entry that asks for the gravest one not above it; None where the playbook names nobody."""
        fitting = [one for one in self.approval if severity_rank(one.severity_from) <= severity_rank(severity)]
        return max(fitting, key=lambda one: severity_rank(one.severity_from), default=None)

    def say(self, text: Text, language: str) -> str:
        """`text` in the language, or in the playbook's first language where it has no other."""
        return {str(tag): words for tag, words in text.items()}.get(language) or text[self.languages[0]]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a playbook file, for editors."""
    return Playbook.model_json_schema()


def _problems(playbook: Playbook) -> Iterator[str]:
    """What no single field can tell, most basic first; each problem names its place as `a.b.c: what`."""
    yield from _missing_languages(playbook, playbook.languages)
    yield from _repeated([(f"roles.{at}.id", role.id) for at, role in enumerate(playbook.roles)])
    yield from _repeated([(f"{_place(playbook, phase, step)}.id", step.id) for phase, step in playbook.steps()])
    yield from _repeated([(f"holding_statements.{at}.id", one.id) for at, one in enumerate(playbook.holding_statements)])
    yield from _unknown_roles(playbook)
    yield from _impossible_steps(playbook)
    yield from _open_blanks(playbook)


def _missing_languages(part: Part, languages: tuple[Language, ...], place: str = "") -> Iterator[str]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        for at, item in enumerate(value) if isinstance(value, tuple) else [(None, value)]:
            here = f"{place}{name}" if at is None else f"{place}{name}.{at}"
            if isinstance(item, Part):
                yield from _missing_languages(item, languages, f"{here}.")
            elif isinstance(item, dict) and name != "blanks":
                yield from (f"{here}: the language {tag!r} is missing" for tag in languages if tag not in item)
    if isinstance(part, Playbook):
        spoken = {statement.language for statement in part.holding_statements}
        yield from (f"holding_statements: none in the language {tag!r}" for tag in languages if tag not in spoken)
        for name, blank in part.blanks.items():
            yield from (f"blanks.{name}.label: the language {tag!r} is missing" for tag in languages if tag not in blank.label)


def _repeated(ids: list[tuple[str, str]]) -> Iterator[str]:
    seen: set[str] = set()
    for place, name in ids:
        if name in seen:
            yield f"{place}: the id {name!r} stands twice"
        seen.add(name)


def _unknown_roles(playbook: Playbook) -> Iterator[str]:
    known = {role.id for role in playbook.roles}
    for phase, step in playbook.steps():
        if step.role not in known:
            yield f"{_place(playbook, phase, step)}.role: {step.role!r} is no role of this playbook"
    named = [(f"holding_statements.{at}.approver", one.approver) for at, one in enumerate(playbook.holding_statements)]
    named += [("verifier", playbook.verifier)] if playbook.verifier else []
    named += [(f"notify.{at}.role", one.role) for at, one in enumerate(playbook.notify)]
    named += [(f"stakeholders.{at}.role", one.role) for at, one in enumerate(playbook.stakeholders)]
    named += [(f"approval.{at}.{part}", getattr(one, part)) for at, one in enumerate(playbook.approval) for part in ("approver", "backup")]
    yield from (f"{place}: {role!r} is no role of this playbook" for place, role in named if role not in known)


def _impossible_steps(playbook: Playbook) -> Iterator[str]:
    needs = {step.id: step.after for _, step in playbook.steps()}
    for phase, step in playbook.steps():
        place = _place(playbook, phase, step)
        if step.due_min > _LATEST_MIN[phase]:
            yield f"{place}.due_min: {step.due_min} is later than {phase} lasts ({_LATEST_MIN[phase]} minutes)"
        unknown = [other for other in step.after if other not in needs]
        if unknown:
            yield f"{place}.after: {unknown[0]!r} is no step of this playbook"
        elif _leads_back(step.id, needs):
            yield f"{place}.after: the step {step.id!r} waits for itself"


def _leads_back(start: str, needs: dict[str, tuple[str, ...]]) -> bool:
    seen: set[str] = set()
    ahead = list(needs[start])
    while ahead:
        step = ahead.pop()
        if step == start:
            return True
        if step not in seen:
            seen.add(step)
            ahead += needs.get(step, ())
    return False


def _open_blanks(playbook: Playbook) -> Iterator[str]:
    used: set[str] = set()
    for at, statement in enumerate(playbook.holding_statements):
        try:
            names = blanks_of(statement.text)
        except ValueError as error:
            yield f"holding_statements.{at}.text: {error}"
            continue
        used.update(names)
        yield from (f"holding_statements.{at}.text: the blank {name!r} is not declared" for name in names if name not in playbook.blanks)
    yield from (f"blanks.{name}: no statement uses this blank" for name in playbook.blanks if name not in used)


def _place(playbook: Playbook, phase: Phase, step: Step) -> str:
    return f"{phase}.{next(at for at, one in enumerate(getattr(playbook, phase)) if one is step)}"
