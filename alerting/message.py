"""An incident as one message to one person: what, how unusual, why, what people say, what we cannot hear, what to do first, the link.

Everything that strangers wrote goes through `inert`. The text is bounded: what is dropped first are the quotes and the lines in the
middle; the number, the link and the code always stay. A template that fails never keeps a page from going out: then a built-in text of
a few plain lines is sent (R13 of the house's standard).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from alerting.base import Message
from alerting.blindness import is_about_sources
from alerting.burst import BurstShown, burst_lines
from alerting.coverage import Coverage
from alerting.coverage_words import coverage_line
from alerting.finding import finding_lines
from alerting.inert import inert, shorten
from alerting.looks import Look, look_lines
from alerting.severity import is_said
from core.messages import Translator, translator
from core.records import Factor, Incident, Notification, Record, Severity, Signal, Words
from playbooks.counted import named
from playbooks.playbook import Playbook
from playbooks.quote import Quote

log = structlog.get_logger()

MAX_SUBJECT = 200  # characters; longer ones are cut by mail programs anyway
MAX_BODY = 3500  # fits one message of every chat we know but Discord's 2,000, which cuts for itself
MAX_SHORT = 300  # two or three text messages
MAX_QUOTES = 3
MAX_QUOTE = 280
MAX_STEPS = 3
MAX_STEP = 400
_SUBJECTS = {"update": "alert.subject_update", "resolved": "alert.subject_resolved"}


class Reader(Record, frozen=True, kw_only=True, gc=False):
    """Who reads the message: in which language, and in which zone (IANA) times are told."""

    person: str
    name: str
    language: str = "vi"
    timezone: str = "Asia/Ho_Chi_Minh"


@dataclass(frozen=True, slots=True)
class Briefing:
    """What there is to say about an incident, the same for all its readers.

    Args:
        incident: as it stands now.
        signal: the one that decided; None where there is none, as for an incident that a person opened.
        burst: what it is about and how it spreads; None where no signal tells.
        quotes: of the evidence, the weightiest first; those whose text is gone are told as gone.
        coverage: what was heard of all there is; None where that is not known.
        looks: who is asked to look where no program sees, and what came of it.
        playbook: the one attached.
        owner: name of who has it in hand.
        next_people: names of who is called next if nobody takes it.
    """

    incident: Incident
    signal: Signal | None = None
    burst: BurstShown | None = None
    quotes: Sequence[Quote] = ()
    coverage: Coverage | None = None
    looks: Sequence[Look] = ()
    playbook: Playbook | None = None
    owner: str | None = None
    next_people: Sequence[str] = ()


def compose(briefing: Briefing, notification: Notification, reader: Reader, *, link: str | None, ack_code: str = "") -> Message:
    """The message of a page, an update or a closing, in the reader's language. Never raises."""
    incident = briefing.incident
    try:
        say = translator(reader.language, zone=ZoneInfo(reader.timezone))
        subject, body, short = _written(say, briefing, notification, link, ack_code)
    except Exception:  # whatever is wrong with words, the page still has to go out
        log.exception("message not composed, plain text sent instead", incident=incident.id)
        subject, body, short = _plain(incident, link, ack_code)
    return Message(
        kind=notification.kind,
        subject=subject,
        body=body,
        short=short,
        language=reader.language,
        idempotency_key=notification.key,
        thread_key=f"incident-{incident.world}-{incident.id}",
        link=link,
        ack_code=ack_code,
        incident_id=incident.id,
        severity=incident.severity,
        possible_repeat=notification.possible_repeat,
        drill=incident.world == "drill",
    )


def compose_question(incident: Incident, notification: Notification, reader: Reader, *, link: str | None) -> Message:
    """A message that asks its reader for something that is not the incident itself: its own words, the link, and nothing to take."""
    say = translator(reader.language, zone=ZoneInfo(reader.timezone))
    asked = notification.words or Words(key="unknown")
    drill = say("alert.drill_prefix") if incident.world == "drill" else ""
    told = inert(say.render(asked))
    subject = inert(": ".join(filter(None, (drill, say(f"{asked.key}.subject", **asked.args, id=incident.id)))), MAX_SUBJECT)
    hint = inert(say(f"{asked.key}.hint", **asked.args))
    return Message(
        kind=notification.kind,
        subject=subject,
        body="\n".join(filter(None, (drill, told, link, hint))),
        short=_joined(told, link or ""),
        language=reader.language,
        idempotency_key=notification.key,
        thread_key=f"incident-{incident.world}-{incident.id}-{notification.person}",
        link=link,
        incident_id=incident.id,
        severity=incident.severity,
        possible_repeat=notification.possible_repeat,
        drill=incident.world == "drill",
    )


def compose_test(notification: Notification, reader: Reader, *, link: str | None) -> Message:
    """A message that asks its reader to confirm that the channel works."""
    say = translator(reader.language, zone=ZoneInfo(reader.timezone))
    subject = inert(say("alert.subject_test", person=reader.name), MAX_SUBJECT)
    body = say("alert.test_body", url=link or "-")
    return Message(
        kind="test",
        subject=subject,
        body=body,
        short=body,
        language=reader.language,
        idempotency_key=notification.key,
        thread_key=f"test-{reader.person}",
        link=link,
        possible_repeat=notification.possible_repeat,
    )


def _written(say: Translator, briefing: Briefing, notification: Notification, link: str | None, ack_code: str) -> tuple[str, str, str]:
    incident = briefing.incident
    title = inert(say.render(incident.words), MAX_SUBJECT)
    told = {"severity": incident.severity, "id": incident.id, "title": title}
    drill = say("alert.drill_prefix") if incident.world == "drill" else ""
    subject = shorten(": ".join(filter(None, (drill, say(_SUBJECTS.get(notification.kind, "alert.subject"), **told)))), MAX_SUBJECT)
    head = [drill, say("alert.possible_repeat") if notification.possible_repeat else ""]
    if notification.words is not None:
        head.append(inert(say.render(notification.words)))
    end = _end(say, briefing, notification, link, ack_code)
    middle = [*_facts(say, briefing, title), *_crowd(say, briefing), *_plan(say, briefing)] if notification.kind != "resolved" else []
    short_end = " ".join(filter(None, (link, ack_code)))
    short = ": ".join(filter(None, (drill, say("alert.short", **told))))
    return subject, _bounded(head, middle, end), _joined(short, short_end)


def _facts(say: Translator, briefing: Briefing, title: str) -> list[str]:
    """What it is, since when, how unusual, what they talk about, why this severity, and who has it."""
    incident, signal = briefing.incident, briefing.signal
    lines = [say("alert.what", what=title), say("alert.since", at=incident.opened_at)]
    if signal is not None and not is_about_sources(signal.kind):
        how, *rest = finding_lines(say, signal)
        lines += [say("alert.how_unusual", said=how), *rest]
    lines += map(inert, burst_lines(say, briefing.burst))
    lines.extend(_why(say, incident.severity, incident.factors))
    if briefing.owner is not None and incident.acknowledged_at is not None:
        lines.append(say("alert.taken_by", person=inert(briefing.owner), at=incident.acknowledged_at))
    elif incident.status == "open":
        lines.append(say("alert.nobody_yet"))
    return lines


def _why(say: Translator, severity: Severity, factors: Sequence[Factor]) -> list[str]:
    known = [inert(say(f"factor_said.{one.name}", value=one.value, beside=one.beside)) for one in factors if is_said(one)]
    unknown = [say(f"factor.{one.name}") for one in factors if one.speaks_for is None]
    lines = [say("alert.why", severity=severity, factors=known)] if known else []
    return [*lines, say("alert.unknown_factors", names=unknown)] if unknown else lines


def _crowd(say: Translator, briefing: Briefing) -> list[str]:
    """Up to three voices, and what we cannot hear."""
    lines = ["", say("alert.quotes"), *(_quote(say, quote) for quote in briefing.quotes[:MAX_QUOTES])] if briefing.quotes else []
    if briefing.coverage is not None:
        heard = replace(briefing.coverage, unseen=()) if briefing.looks else briefing.coverage  # the looks name them, with who is asked
        lines += ["", coverage_line(say, heard, tame=inert)]
        if not heard.is_whole and briefing.incident.topic_id is not None:
            lines[-1] += f" {say('alert.may_be_more')}"
    return [*lines, *(inert(line) for line in look_lines(say, briefing.looks))]


def _quote(say: Translator, quote: Quote) -> str:
    source = inert(quote.source_id, 60)
    if quote.text is None:
        return say("alert.quote_gone", source=source, at=quote.at)
    author = inert(named(say, quote.author, quote.role) or "?", 60)
    return say("alert.quote", text=inert(quote.text, MAX_QUOTE), author=author, source=source, at=quote.at)


def _plan(say: Translator, briefing: Briefing) -> list[str]:
    """The playbook and its first steps. Operators wrote it, so it is said as it stands."""
    playbook = briefing.playbook
    if playbook is None:
        return _mend(say, briefing.signal)
    because = inert(say.render(briefing.incident.playbook_because or Words(key="because.default")))
    title = playbook.say(playbook.title, say.language)
    lines = ["", say("alert.playbook", playbook=title, because=because), say("alert.first_steps")]
    for number, step in enumerate(playbook.first_15_minutes[:MAX_STEPS], start=1):
        role = playbook.role(step.role)
        who = playbook.say(role.title, say.language) if role else step.role
        lines.append(say("alert.step", n=number, text=shorten(playbook.say(step.text, say.language), MAX_STEP), role=who))
    return lines


def _mend(say: Translator, signal: Signal | None) -> list[str]:
    """What to do about blind sources."""
    blind = signal.frozen.get("sources") if signal is not None and is_about_sources(signal.kind) else None
    if not blind or "why" not in blind[0]:
        return []
    keys = (f"source_mend.{blind[0]['why']}", f"source_mend.blind.{blind[0]['why']}", "source_mend.blind")
    return ["", say("alert.mend", mend=Words(key=next(key for key in keys if say.knows(key))))]


def _end(say: Translator, briefing: Briefing, notification: Notification, link: str | None, ack_code: str) -> list[str]:
    """What never may be cut: the link, who is next, the code."""
    due: datetime | None = briefing.incident.next_step_at
    lines = [""]
    if link:
        lines.append(link if notification.kind == "resolved" else say("alert.take_it", url=link))
    if notification.kind == "page" and briefing.next_people and due is not None:
        lines.append(say("alert.take_it_before", at=due, next=[inert(name, 60) for name in briefing.next_people]))
    if ack_code:
        lines.append(say("alert.code", code=ack_code))
    return lines


def _plain(incident: Incident, link: str | None, ack_code: str) -> tuple[str, str, str]:
    """What goes out where the words fail: no template, no translation, both languages."""
    drill = "DIỄN TẬP / DRILL: " if incident.world == "drill" else ""
    subject = f"{drill}[{incident.severity.upper()}] Sự cố / Incident #{incident.id}"
    rest = "\n".join(filter(None, (inert(f"{incident.kind} {incident.topic_id or ''}"), link, ack_code)))
    return subject, f"{subject}\n{rest}", _joined(subject, " ".join(filter(None, (link, ack_code))))


def _bounded(head: Sequence[str], middle: Sequence[str], end: Sequence[str]) -> str:
    """Head, middle and end, the middle cut so that all fits."""
    first, last = "\n".join(filter(None, head)), "\n".join(end).rstrip()
    room = max(0, MAX_BODY - len(first) - len(last) - 2)
    return "\n".join(filter(None, (first, shorten("\n".join(middle), room), last))).strip()


def _joined(text: str, end: str) -> str:
    """One line of at most `MAX_SHORT` characters that keeps its end whole."""
    return f"{shorten(text, max(20, MAX_SHORT - len(end) - 1))} {end}".strip()
