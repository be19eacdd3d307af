"""Which signals are one incident. Pure.

One crisis speaks in many ways: a kettle burns, people are angry, somebody calls for a boycott, a paper asks. That is one incident with one
page, not six. What must stay apart are different *causes*: a poisoning never folds into an outage. So signals of attention (volume, mood) and of
reaction (boycott, exposé, legal threats) join the open incident of their topic and place, whatever its cause; and a cause that becomes
known later joins the incident that attention had opened, and gives it its key. Why so: docs/decisions/0002-one-crisis-is-one-incident.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from alerting.answers import CHORE, UNANSWERED, is_chore
from alerting.blindness import BLIND, is_about_sources
from alerting.quiet import QUIET
from alerting.severity import HARM
from alerting.talk import BREACH
from core.outside import ALARM
from core.records import Incident, Signal, severity_rank

ATTENTION: Final = "attention"
GUIDELINES: Final = "guidelines"  # what moderators have to do is no crisis, and stands by itself
MOSTLY: Final = 0.5  # of what is said about a person names the brand too: it is the brand's own burst
SCANDAL: Final = "ambassador"  # the family of risk that people who stand for a brand bring
REACTIONS: Final = frozenset({"boycott", "expose", "legal", "complaint"})  # families of risk that follow from something else


def incident_key(signal: Signal) -> str:
    """Topic, cause and place; harm to people is one cause, whichever of its families was heard. Blind sources: their group; alarms of one monitor: the monitor; else subject and kind."""
    if is_about_sources(signal.kind) and "group" in signal.frozen:
        return f"sources:{signal.frozen['group']}|{BLIND}|-"
    if signal.topic_id is None and signal.kind == ALARM:  # of one monitor, however many
        return f"{signal.subject.partition('/')[0]}|{ALARM}|-"
    if signal.topic_id is None:
        return f"{signal.subject}|{signal.kind}|{signal.place_id or '-'}"
    return f"topic:{signal.topic_id}|{_cause(signal)}|{signal.place_id or '-'}"


def is_caused(signal: Signal) -> bool:
    """Whether a signal names a cause, rather than attention or a reaction."""
    return signal.topic_id is not None and _cause(signal) != ATTENTION


def is_caused_key(key: str) -> bool:
    """Whether an incident's key names a cause."""
    return f"|{ATTENTION}|" not in key


def joins(signal: Signal, beside: Sequence[Incident]) -> Incident | None:
    """The incident that a signal belongs to, of those on its topic that are open, or closed so lately that it flares up; None opens a new one.

    The one of its own key; else, for attention and reactions, the gravest of its place; else, for a cause, the open one of attention. Open
    ones come before closed ones.
    """
    key = incident_key(signal)
    here = [incident for incident in beside if incident.place_id == signal.place_id and is_chore(incident.key) == is_chore(key)]
    own = [incident for incident in here if incident.key == key]
    if not own and signal.topic_id is not None and signal.kind != BREACH:
        here = [incident for incident in here if f"|{GUIDELINES}|" not in incident.key]
        causeless = _cause(signal) == ATTENTION
        own = here if causeless else [one for one in here if one.is_open and (not is_caused_key(one.key) or _is_one_scandal(one.key, key))]
    return min(own, key=_nearest, default=None)


def _is_one_scandal(key: str, other: str) -> bool:
    """Whether one key names a person of ours, and the other the family of risks that such people bring: the scandal has a name by now, or had one."""
    return any("|person:" in one and f"|{SCANDAL}|" in two for one, two in ((key, other), (other, key)))


def _nearest(incident: Incident) -> tuple[bool, int, datetime, int]:
    return not incident.is_open, -severity_rank(incident.severity), incident.opened_at, incident.id


def _cause(signal: Signal) -> str:
    """What it is about. A person of ours is a cause; not where most of what is said names the brand too, or where they themselves tell of another cause."""
    if signal.kind == BREACH:
        return GUIDELINES
    if signal.kind == UNANSWERED:
        return CHORE
    if signal.kind == QUIET:
        return QUIET
    person, risk = signal.frozen.get("person"), signal.risk
    if person is not None and (risk is None or risk in REACTIONS or "heard_in" in signal.frozen):
        return ATTENTION if person["beside"] >= MOSTLY else f"person:{person['id']}"
    if risk is None or risk in REACTIONS:
        return ATTENTION
    return "harm" if risk in HARM else risk
