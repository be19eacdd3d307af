"""What there is to show of an incident, read from the store: quotes of its evidence, what was heard of all there is, its review."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from alerting.settings import AlertingSettings
from core.records import Incident
from playbooks.load import Library
from playbooks.review import Quote, review
from store import enrichments, evidence, incidents, mentions, notifications, signals
from store.database import Tx

MOST_EVIDENCE: Final = 50


def quotes_of(tx: Tx, incident_id: int, limit: int) -> list[Quote]:
    """The mentions that decided, weightiest first; text that is gone at its source or was erased is None."""
    pieces = evidence.of_incident(tx, incident_id)[:limit]
    heard = {mention.id: mention for mention in mentions.get(tx, [piece.mention_id for piece in pieces])}
    understood = enrichments.get(tx, list(heard))
    found = []
    for piece in pieces:
        mention = heard[piece.mention_id]
        words = " ".join(filter(None, (mention.title, mention.text)))
        author = mention.author
        found.append(
            Quote(
                mention_id=mention.id,
                at=mention.at,
                source_id=mention.source_id,
                author=None if author is None else author.handle or author.name,
                text=words if words and mention.deleted_at is None else None,
                url=mention.url,
                sentiment=understood[mention.id].sentiment.label if mention.id in understood else None,
                sha256=piece.digest,
                role=understood[mention.id].author_role if mention.id in understood else None,
            )
        )
    return found


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
