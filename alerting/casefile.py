"""What there is to show of an incident, read from the store: quotes of its evidence, what was heard of all there is, its review."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from alerting.quotes import quotes_of
from alerting.settings import AlertingSettings
from core.records import Incident
from playbooks.load import Library
from playbooks.review import review
from store import incidents, notifications, signals
from store.database import Tx

MOST_EVIDENCE: Final = 50


def review_of(tx: Tx, incident: Incident, settings: AlertingSettings, library: Library, language: str, zone: ZoneInfo) -> str:
    """The after-action review in Markdown, from what stands in the store; the same incident gives the same review."""
    return review(
        incident,
        incidents.entries(tx, incident.id),
        quotes_of(tx, incident.id, MOST_EVIDENCE),
        notifications.of_incident(tx, incident.id),
        library.get(incident.playbook_id),
        language,
        zone,
        signals=signals.of_incident(tx, incident.id),
        names={person.id: person.display_name for person in settings.people},
    )
