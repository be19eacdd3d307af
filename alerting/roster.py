"""The roster as it is now: the configured people and rotations, with the overrides and the time off that stand in the database."""

from __future__ import annotations

from alerting.policy import Roster
from alerting.settings import AlertingSettings
from store import absences, overrides
from store.database import Tx


def roster_of(tx: Tx, settings: AlertingSettings) -> Roster:
    """Everybody who can be told, and whose turn it is."""
    return Roster.of(settings, overrides.listing(tx), absences.listing(tx))
