"""Watches: which topics the Watcher has to step, and the detectors' states in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, update

from store.claims import claim_due, next_claimable, still_mine
from store.database import insert
from store.schema import detector_states, watches


class Watch(msgspec.Struct, frozen=True):
    """A topic to step: the version of its query and the attempt of our claim.

    `counted_from`: what was counted before was counted with another query (rule 9); None where the query never changed.
    """

    topic_id: str
    version: str
    attempt: int
    counted_from: datetime | None


class SavedState(msgspec.Struct, frozen=True):
    """A detector's state as it was saved; `version` is the detector's own and its options'."""

    kind: str
    version: str
    stepped_to: datetime
    state: bytes


class Ensured(NamedTuple):
    """Topics that were not watched before, and those whose query changed."""

    new: list[str]
    changed: list[str]


def ensure(tx: Connection, versions: dict[str, str], now: datetime) -> Ensured:
    """Have a row for each configured topic (id -> version of its query); one whose query changed starts anew (rule 9)."""
    known = {row.topic_id: row.version for row in tx.execute(select(watches.c.topic_id, watches.c.version))}
    new = [topic_id for topic_id in sorted(versions) if topic_id not in known]
    for topic_id in new:
        tx.execute(insert(tx, watches).values(topic_id=topic_id, version=versions[topic_id], due_at=now).on_conflict_do_nothing())
    changed = [topic_id for topic_id, version in versions.items() if topic_id in known and known[topic_id] != version]
    for topic_id in changed:
        tx.execute(update(watches).where(watches.c.topic_id == topic_id).values(version=versions[topic_id]))
        learn_anew(tx, topic_id, now, since=now)
    return Ensured(new, changed)


def learn_anew(tx: Connection, topic_id: str, now: datetime, *, since: datetime | None = None) -> None:
    """Let a topic's detectors forget, and learn from what was counted since then, or from all of it. Who is stepping it just now does so in vain."""
    row = update(watches).where(watches.c.topic_id == topic_id)
    tx.execute(row.values(counted_from=since, due_at=now, attempt=watches.c.attempt + 1, claimed_until=None))
    tx.execute(delete(detector_states).where(detector_states.c.topic_id == topic_id))


def correct(tx: Connection, topic_id: str, version: str, told: dict[str, Any] | None) -> bool:
    """Keep what a topic's labels taught: the version of its correction ("" for none) and its figures; whether the version is another than before."""
    row = watches.c.topic_id == topic_id
    before = _learnt(tx, topic_id)
    if told is not None or before:
        tx.execute(update(watches).where(row).values(learnt=before | {"figures": told}))
    other = func.coalesce(watches.c.correction, "") != version
    return tx.execute(update(watches).where(row, other).values(correction=version)).rowcount == 1


def judged_since(tx: Connection, topic_id: str) -> datetime | None:
    """Since when counts of how mentions feel are learnt from, where labels made what was learnt before worthless."""
    since = _learnt(tx, topic_id).get("since")
    return None if since is None else datetime.fromisoformat(since)


def learnt(tx: Connection) -> dict[str, dict[str, Any]]:
    """The figures of what labels taught, by topic; topics without labels are left out."""
    found = tx.execute(select(watches.c.topic_id, watches.c.learnt).where(watches.c.learnt.is_not(None)).order_by(watches.c.topic_id))
    return {row.topic_id: {**row.learnt["figures"], "since": row.learnt.get("since")} for row in found if row.learnt.get("figures")}


def start_again(tx: Connection, topic_id: str, saved: SavedState) -> None:
    """Put a new state in a detector's place. Who is stepping the topic just now does so in vain."""
    told = _learnt(tx, topic_id) | {"since": saved.stepped_to.isoformat()}
    row = update(watches).where(watches.c.topic_id == topic_id)
    tx.execute(row.values(attempt=watches.c.attempt + 1, claimed_until=None, due_at=saved.stepped_to, learnt=told))
    save_state(tx, topic_id, saved)


def changed(tx: Connection, topic_ids: Iterable[str], due_at: datetime) -> None:
    """Mark topics as having new counts: the Watcher steps them at `due_at`, unless they are due sooner."""
    for topic_id in sorted(topic_ids):
        tx.execute(_SOONER, {"topic": topic_id, "at": due_at, "due_at": due_at})
        tx.execute(_CHANGED, {"topic": topic_id, "changed_at": due_at})


_CHANGED = update(watches).where(watches.c.topic_id == bindparam("topic"))
_SOONER = _CHANGED.where(watches.c.due_at.is_(None) | (watches.c.due_at > bindparam("at")))


def claim(tx: Connection, topic_ids: Sequence[str], now: datetime, until: datetime, limit: int) -> list[Watch]:
    """Claim up to `limit` of the given topics that are due at `now`."""
    due = (watches.c.due_at <= now) & watches.c.topic_id.in_(topic_ids)
    rows = claim_due(tx, watches, due=due, order=watches.c.due_at, now=now, until=until, limit=limit)
    return [Watch(row["topic_id"], row["version"], row["attempt"], row["counted_from"]) for row in rows]


def next_due(tx: Connection, topic_ids: Sequence[str]) -> datetime | None:
    """When the next of the given topics wants a step, or the claim on it lapses."""
    return next_claimable(tx, watches, watches.c.due_at, watches.c.topic_id.in_(topic_ids))


def finish(tx: Connection, watch: Watch, *, due_at: datetime | None, stepped_at: datetime) -> bool:
    """End a claim and say when the topic wants its next step, or sooner where counts came in meanwhile; whether the claim was still ours."""
    came_in = update(watches).where(still_mine(watches, watch.topic_id, watch.attempt))
    ended = tx.execute(came_in.values(claimed_until=None, due_at=due_at)).rowcount == 1
    if ended:
        tx.execute(
            update(watches)
            .where(watches.c.topic_id == watch.topic_id, watches.c.changed_at > stepped_at)
            .values(due_at=func.coalesce(watches.c.changed_at, watches.c.due_at))
        )
    return ended


def states(tx: Connection, topic_id: str) -> dict[str, SavedState]:
    """The saved states of a topic's detectors, by kind."""
    found = tx.execute(_STATES, {"topic": topic_id})
    return {row.kind: SavedState(row.kind, row.version, row.stepped_to, row.state) for row in found}


_STATES = select(detector_states).where(detector_states.c.topic_id == bindparam("topic"))


def save_state(tx: Connection, topic_id: str, saved: SavedState) -> None:
    """Keep a detector's state."""
    upsert = insert(tx, detector_states)
    columns = ("version", "stepped_to", "state")
    tx.execute(
        upsert.on_conflict_do_update(index_elements=["topic_id", "kind"], set_={name: upsert.excluded[name] for name in columns}),
        {"topic_id": topic_id, "kind": saved.kind, "version": saved.version, "stepped_to": saved.stepped_to, "state": saved.state},
    )


def _learnt(tx: Connection, topic_id: str) -> dict[str, Any]:
    return tx.execute(select(watches.c.learnt).where(watches.c.topic_id == topic_id)).scalar() or {}
