"""Evidence: which mentions an incident rests on, frozen as references with salted digests (rule 12).

The text itself stands in `mention_texts`, where it can be erased; the digest then still proves that what somebody kept elsewhere is what
was seen here, and tells nobody else anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select, update

from core.records import Mention
from store.database import insert
from store.schema import enrichments, evidence, mentions


class Frozen(msgspec.Struct, frozen=True):
    """One piece: the mention, its rank (0 decides most), when it was frozen, the digest."""

    mention_id: int
    rank: int
    frozen_at: datetime
    digest: str


def freeze(
    tx: Connection, incident_id: int, shown: Sequence[Mention], now: datetime, *, signal_id: int | None, salt: Callable[[], bytes]
) -> int:
    """Add mentions to an incident's evidence, after what is there; one that is there already adds nothing. Returns how many were new."""
    ranked = select(func.coalesce(func.max(evidence.c.rank), -1)).where(evidence.c.incident_id == incident_id)
    rank = int(tx.execute(ranked).scalar_one())
    added = 0
    for mention in shown:
        grain = salt()
        row = insert(tx, evidence).values(
            incident_id=incident_id,
            mention_id=mention.id,
            signal_id=signal_id,
            rank=rank + added + 1,
            frozen_at=now,
            salt=grain,
            digest=digest(mention, grain),
        )
        added += tx.execute(row.on_conflict_do_nothing().returning(evidence.c.id)).first() is not None
    return added


def copy(tx: Connection, from_id: int, to_id: int) -> None:
    """Let one incident's evidence stand in another's too, after what is there, as it was frozen; what is there already stays."""
    ranked = select(func.coalesce(func.max(evidence.c.rank), -1)).where(evidence.c.incident_id == to_id)
    rank = int(tx.execute(ranked).scalar_one())
    chosen = select(evidence).where(evidence.c.incident_id == from_id).order_by(evidence.c.rank)
    for number, row in enumerate(tx.execute(chosen).mappings().all(), start=1):
        values = {name: value for name, value in row.items() if name != "id"} | {"incident_id": to_id, "rank": rank + number}
        tx.execute(insert(tx, evidence).values(values).on_conflict_do_nothing())


def move(tx: Connection, from_id: int, to_id: int, mention_ids: Sequence[int]) -> None:
    """Take pieces out of one incident's evidence and put them into another's."""
    chosen = (evidence.c.incident_id == from_id) & evidence.c.mention_id.in_(list(mention_ids))
    tx.execute(update(evidence).where(chosen).values(incident_id=to_id))


def stories(tx: Connection, incident_id: int) -> set[int]:
    """The stories that an incident's evidence tells already."""
    chosen = select(enrichments.c.story_id).join(evidence, evidence.c.mention_id == enrichments.c.mention_id)
    return set(tx.execute(chosen.where(evidence.c.incident_id == incident_id, enrichments.c.story_id.is_not(None))).scalars())


def sources(tx: Connection, incident_id: int) -> set[str]:
    """The sources that an incident's evidence stands in."""
    chosen = select(mentions.c.source_id).distinct().join(evidence, evidence.c.mention_id == mentions.c.id)
    return set(tx.execute(chosen.where(evidence.c.incident_id == incident_id)).scalars())


def digest(mention: Mention, salt: bytes) -> str:
    """SHA-256 in hex over salt, address, title and text."""
    material = "\0".join((mention.url or "", mention.title, mention.text)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(salt + material).hexdigest()


def of_incident(tx: Connection, incident_id: int) -> list[Frozen]:
    """The incident's evidence, the deciding pieces first."""
    chosen = select(evidence.c.mention_id, evidence.c.rank, evidence.c.frozen_at, evidence.c.digest).where(
        evidence.c.incident_id == incident_id
    )
    return [Frozen(*row) for row in tx.execute(chosen.order_by(evidence.c.rank))]
