"""The quotes of an incident's evidence, read from the store."""

from __future__ import annotations

from playbooks.quote import Quote
from store import enrichments, evidence, labels, mentions
from store.database import Tx


def quotes_of(tx: Tx, incident_id: int, limit: int) -> list[Quote]:
    """The mentions that decided, weightiest first; text that is gone at its source or was erased is None."""
    pieces = evidence.of_incident(tx, incident_id)[:limit]
    heard = {mention.id: mention for mention in mentions.get(tx, [piece.mention_id for piece in pieces])}
    understood, told = enrichments.get(tx, list(heard)), labels.standing(tx, list(heard))
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
                triage=understood[mention.id].triage if mention.id in understood else None,
                risks=tuple(risk.family for risk in understood[mention.id].risks) if mention.id in understood else (),
                judged=tuple((each.by, f"{question}.{each.label}") for question, each in told.get(mention.id, {}).items()),
            )
        )
    return found
