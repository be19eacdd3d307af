"""Two configurations over one history: which incidents only the one has, who is called more, what people said of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from console.forecast import share
from core.records import severity_rank

SAME_WITHIN: Final = timedelta(hours=2)  # incidents of one topic that open so close together are one
Told = Mapping[str, Any]


class Fact(NamedTuple):
    """An incident of which people know what it was: `real`, or a false alarm; what no detector raised is real."""

    incident_id: int
    topic_id: str | None
    opened_at: datetime
    real: bool


def pairs(ours: Sequence[Told], theirs: Sequence[Told]) -> list[tuple[Told | None, Told | None]]:
    """Incidents of both beside each other where they are the same, by topic and time; None where only the one has it. In order of time."""
    left = list(theirs)
    found: list[tuple[Told | None, Told | None]] = []
    for one in ours:
        near = [other for other in left if other["topic_id"] == one["topic_id"] and _apart(one, other) <= SAME_WITHIN]
        other = min(near, key=lambda each: _apart(one, each), default=None)
        if other is not None:
            left.remove(other)
        found.append((one, other))
    found += [(None, other) for other in left]
    return sorted(found, key=lambda pair: (pair[0] or pair[1] or {})["opened_at"])


def compare(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """What changes from A (`ours`) to B (`theirs`), both as `backtest --json` prints them."""
    beside = pairs(ours["incidents"], theirs["incidents"])
    both = [(one, other) for one, other in beside if one is not None and other is not None]
    moved = [(one, other) for one, other in both if one["severity"] != other["severity"]]
    people = sorted({*ours["forecast"]["pages_per_person_week"], *theirs["forecast"]["pages_per_person_week"]})
    a, b = ours["forecast"], theirs["forecast"]
    return {
        "only_a": [one for one, other in beside if other is None],
        "only_b": [other for one, other in beside if one is None],
        "both": [{"a": one["id"], "b": other["id"], "topic_id": one["topic_id"], "opened_at": one["opened_at"]} for one, other in both],
        "severity": [
            {
                "a": one["id"],
                "b": other["id"],
                "from": one["severity"],
                "to": other["severity"],
                "rises": _rises(one, other),
                "title": other["title"],
            }
            for one, other in moved
        ],
        "pages_per_week": [a["pages_per_week"], b["pages_per_week"]],
        "pages_per_person_week": {
            person: [a["pages_per_person_week"].get(person, 0.0), b["pages_per_person_week"].get(person, 0.0)] for person in people
        },
        "night": [a["night"], b["night"]],
        "nights": [a["nights"], b["nights"]],
        "weekend": [a["weekend"], b["weekend"]],
        "precision": [a["precision"], b["precision"]],
        "recall": [a["recall"], b["recall"]],
        "lead_min": [a["lead"]["median_min"], b["lead"]["median_min"]],
    }


def judge(incidents: Sequence[Told], facts: Sequence[Fact]) -> tuple[dict[int, bool], dict[str, Any]]:
    """Which of these incidents people called real or false, by number; precision and recall with their intervals, None where nobody said anything."""
    judged: dict[int, bool] = {}
    met: set[int] = set()
    for one in incidents:
        opened = datetime.fromisoformat(one["opened_at"])
        near = [fact for fact in facts if fact.topic_id == one["topic_id"] and abs(opened - fact.opened_at) <= SAME_WITHIN]
        if near:
            judged[one["id"]] = any(fact.real for fact in near)
            met.update(fact.incident_id for fact in near)
    real = [fact.incident_id for fact in facts if fact.real]
    return judged, {
        "precision": share(sum(judged.values()), len(judged)),
        "recall": share(sum(number in met for number in real), len(real)),
        "labels": len(facts),
    }


def _apart(one: Told, other: Told) -> timedelta:
    return abs(datetime.fromisoformat(one["opened_at"]) - datetime.fromisoformat(other["opened_at"]))


def _rises(one: Told, other: Told) -> bool:
    return severity_rank(other["severity"]) > severity_rank(one["severity"])
