"""The roster as it is now: the configured people and rotations, with the overrides that stand in the database."""

from __future__ import annotations

import msgspec

from alerting.policy import Roster
from alerting.rotation import Override
from alerting.settings import AlertingSettings
from store import overrides
from store.database import Tx


def roster_of(tx: Tx, settings: AlertingSettings) -> Roster:
    """Everybody who can be told, and whose turn it is."""
    return Roster.of(settings, [msgspec.convert(msgspec.to_builtins(each), Override) for each in overrides.listing(tx)])
