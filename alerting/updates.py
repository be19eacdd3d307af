"""What people do about an incident that is no event of its own (a statement, counters read again) counts as an update all the same."""

from __future__ import annotations

from datetime import datetime

from alerting.events import Decision
from alerting.patience import updated
from alerting.policy import Roster
from alerting.save import save
from core.records import Incident
from store.database import Tx


def give_update(tx: Tx, incident: Incident, now: datetime, roster: Roster) -> None:
    """Whoever has the incident in hand owes the next update from now on; nothing is written where they owe none."""
    later = updated(incident, now, roster)
    if later != incident:
        save(tx, incident, Decision(incident=later))
