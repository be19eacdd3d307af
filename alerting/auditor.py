"""The auditor: every open incident has a next step or a reason for none, and no step waits long (W3).

It looks at open incidents alone, by the index that holds no others: an auditor that grows slow with history is switched off one day, and then nobody
watches (grafana oncall #724). What it finds lost it mends: the incident is escalated at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from alerting.incident import idle_because
from core.records import Incident, Record
from store import incidents, open_incidents, silences
from store.database import Tx

STEP_WAITS: Final = timedelta(minutes=2)
QUIET_FOR: Final = timedelta(minutes=2)  # what a signal has just touched is being decided
UNSURE: Final = "idle.silenced"  # the reason that is only true where something mutes it


class Audit(Record, frozen=True, kw_only=True, gc=False):
    """What is not as it must be: incidents with neither a next step nor a reason, and incidents whose step nobody takes."""

    lost: tuple[Incident, ...] = ()
    late: tuple[Incident, ...] = ()


def audit(tx: Tx, now: datetime) -> Audit:
    """Look at every open incident of ours; drills are nobody's business."""
    idle = open_incidents.idle(tx, "live", now - QUIET_FOR)
    doubtful = [one for one in idle if (because := idle_because(one)) is None or because.key == UNSURE]
    quiet = silences.keeping_quiet(tx, now) if doubtful else set()
    late = open_incidents.overdue(tx, "live", now - STEP_WAITS)
    return Audit(lost=tuple(one for one in doubtful if one.id not in quiet), late=tuple(late))


def mend(tx: Tx, lost: Incident, now: datetime) -> None:
    """Have the Dispatcher page it at once; nothing where somebody changed it meanwhile."""
    incidents.save(tx, replace(lost, next_step_at=now, version=lost.version + 1), lost.version)
