"""What people say of incidents and mentions: the one door for the command line, the console and replies.

Each judgement is audited and kept; the newest stands (`store/labels.py`), and the same one given twice by the same person is kept once. Of a mention it
wins over the model at once, and later mentions are read with it in mind (`detectors/learn.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from alerting.arrival import FALSE_ALARMS
from alerting.events import line
from alerting.policy import Roster
from core.errors import NotFound, Refused
from core.records import Words
from store import audit, enrichments, incidents, labels
from store.database import Tx

WHY_FALSE: Final = ("campaign", "spam", "off_topic", "duplicate", "old_news", "other_brand", "known", "other")  # keys of `reason.*`
ALSO_CALLED: Final[Mapping[str, str]] = {"irrelevant": "off_topic"}
OPEN_ENDED: Final = frozenset({"quiet"})  # closed for this, an incident may have been either


def label_incident(tx: Tx, incident_id: int, label: str, reason: str, *, by: str, now: datetime, roster: Roster, channel: str) -> Words:
    """Say whether an incident was "real" or "false", and why: one of `WHY_FALSE`, or the person's own words; returns the answer.

    Raises:
        NotFound: there is no such incident.
        Refused: no such label, or a false alarm without a reason.
    """
    _check(label, labels.INCIDENT)
    if label == "false" and not reason:
        raise Refused("say why it was a false alarm")
    incident = incidents.get(tx, incident_id, lock=True)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id}")
    code, words = _sorted(reason)
    last = labels.of_incident(tx, incident_id)[-1:]
    if not any((each.label, each.by, each.reason, each.comment) == (label, by, code, words) for each in last):
        labels.add(tx, now, by, label, incident_id=incident_id, reason=code, comment=words)
        told = {"person": roster.name(by), "label": label, "reason": code or words}
        key = "labelled" if code or words else "labelled_plainly"
        incidents.add_entries(tx, incident_id, [line(incident, now, "labelled", by, key=key, data={"label": label}, **told)])
        audit.add(tx, now, by, channel, "labelled", f"incident:{incident_id}", {"label": label})
    return Words(key="answer.labelled_incident", args={"incident": incident_id, "label": label})


def label_closing(tx: Tx, incident_id: int, reason: str, *, by: str, now: datetime) -> None:
    """What closing an incident for this reason says of it; nothing where it only went quiet."""
    if reason not in OPEN_ENDED:
        code, words = _sorted(reason)
        label = "false" if reason in FALSE_ALARMS else "real"
        labels.add(tx, now, by, label, incident_id=incident_id, reason=code, comment=words)


def label_mention(tx: Tx, mention_id: int, label: str, *, by: str, now: datetime, channel: str) -> Words:
    """Say how a mention feels ("negative", "neutral", "positive"), or whether it is about us ("relevant", "irrelevant"); returns the answer.

    Raises:
        NotFound: there is no such mention, it was not read yet, or it is about no topic.
        Refused: no such label.
    """
    _check(label, (*labels.SENTIMENTS, *labels.RELEVANCES))
    if not enrichments.get(tx, [mention_id]):
        raise NotFound(f"there is no mention {mention_id} that is about one of the topics")
    question: labels.Question = "relevance" if label in labels.RELEVANCES else "sentiment"
    known = labels.standing(tx, [mention_id]).get(mention_id, {}).get(question)
    if known is None or (known.label, known.by) != (label, by):
        labels.add(tx, now, by, label, mention_id=mention_id)
        enrichments.judged(tx, mention_id)
        audit.add(tx, now, by, channel, "labelled", f"mention:{mention_id}", {"label": label})
    return Words(key=f"answer.labelled_{question}", args={"mention": mention_id, "label": Words(key=f"{question}.{label}")})


def _check(label: str, known: tuple[str, ...]) -> None:
    if label not in known:
        raise Refused(f"{label!r} is no label here; there are: {', '.join(known)}")


def _sorted(reason: str) -> tuple[str | None, str | None]:
    """A reason as one of ours, or as the person's own words."""
    code = ALSO_CALLED.get(reason, reason.replace("-", "_"))
    return (code, None) if code in (*WHY_FALSE, *FALSE_ALARMS, "fixed") else (None, reason or None)
