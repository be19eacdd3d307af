"""What was heard of all there is while an incident was open, and what people saw, as `tocsin incident` tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerting.coverage import coverage_at
from alerting.coverage_words import as_json, coverage_line
from alerting.looks import look_lines, looks_of
from alerting.recounts import series_of
from alerting.roster import roster_of
from console.config import Config
from console.listening import listening_of
from console.shapes import moment, speaker
from core.records import Incident
from store.database import Tx
from store.readings import COUNTERS


def heard_of(tx: Tx, incident: Incident, config: Config, now: datetime) -> dict[str, Any]:
    """What was heard of all there is while an incident was open, and who looked where nothing can be heard; `lines` say it in words."""
    say, roster = speaker(config), roster_of(tx, config.alerting)
    coverage, seen = coverage_at(tx, listening_of(config), incident, now), looks_of(tx, incident.id, roster)
    return {
        "coverage": as_json(coverage),
        "looks": [
            {
                "place": look.place,
                "name": look.name,
                "person": look.person,
                "due_at": moment(look.due_at),
                "done_at": moment(look.done_at),
                "found": look.found,
                "text": look.text,
            }
            for look in seen
        ],
        "lines": [coverage_line(say, coverage), *look_lines(say, seen)],
    }


def flagged_of(tx: Tx, incident: Incident, config: Config) -> list[dict[str, Any]]:
    """The flagged posts of an incident, each with the series of its counters and the hashes of its pictures."""
    return [
        {
            "mention_id": one.flag.mention_id,
            "source_id": one.flag.source_id,
            "title": one.flag.title,
            "place": one.flag.place,
            "by": one.flag.by,
            "at": moment(one.flag.at),
            "deleted_at": moment(one.flag.deleted_at),
            "next_at": moment(one.next_at),
            "pictures": [sha256 for sha256, _ in one.pictures],
            "readings": [
                {"at": moment(read.at), "by": read.by, **{name: getattr(read, name) for name in COUNTERS}} for read in one.readings
            ],
        }
        for one in series_of(tx, incident, roster_of(tx, config.alerting))
    ]
