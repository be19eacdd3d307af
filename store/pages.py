"""A page of mentions into the store: what is new is stored, an edit is a revision, counters read again are a reading.

Nothing is done row by row: one look for what is known, then many rows at once, so that a firehose costs little.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, exists, select, update

from core.records import Author, Engagement, Mention
from store.bulk import insert_rows, next_ids, rows_among, times
from store.schema import (
    authors,
    mention_payloads,
    mention_pictures,
    mention_texts,
    mention_topics,
    mentions,
    pictures,
    readings,
    revisions,
    tombstones,
)

_COUNTERS: Final = ("likes", "replies", "reposts", "views")
_COLUMNS: Final = (
    *("id", "key", "source_id", "native_id", "lang", "kind", "author_id", "arrival", "published_at", "seen_at", "counts_at", "edited_at"),
    *("deleted_at", "reply_to", "repost_of", "likes", "replies", "reposts", "views", "parent_key", "reach", "digest", "enrich_attempts"),
    "accepted_at",
)
_AUTHOR_COLUMNS: Final = ("id", "key", "handle", "name", "followers", "first_seen_at")


class Added(msgspec.Struct, frozen=True):
    """What became of a page: ids of new mentions, ids of those whose text changed, how many were known already; `ids` of the new ones by key.

    `readings`: known ones whose counters had changed.
    """

    new: tuple[int, ...]
    revised: tuple[int, ...]
    known: int
    ids: dict[bytes, int] = {}
    readings: int = 0


def add(tx: Connection, page: Sequence[Mention]) -> Added:
    """Store a page; the same mention twice adds nothing, a changed text becomes a revision, an erased one stays away.

    Mentions of the arrival "backfill" are kept, and enriched like all, but never counted. One that was deleted at its source stays deleted.
    """
    heard = {mention.key: mention for mention in page}
    if not heard:
        return Added(new=(), revised=(), known=0)
    stored = _stored(tx, list(heard))
    erased = {row.key for row in rows_among(tx, tombstones, ("key",), "key", list(heard))}
    fresh = [mention for key, mention in heard.items() if key not in stored and key not in erased]
    again = [(row, heard[key]) for key, row in stored.items() if key not in erased and row.deleted_at is None]
    ids = _store(tx, fresh) if fresh else {}
    revised = _revise(tx, [(row, mention) for row, mention in again if row.digest != _digest(mention)])
    read = _read_again(tx, [(row, mention.engagement, mention.seen_at, mention.source_id) for row, mention in again])
    _accept(tx, [(row.id, mention.accepted_at) for row, mention in again if mention.accepted_at and row.accepted_at is None])
    known = len(heard) - len(ids) - sum(1 for key in erased if key in heard)
    return Added(new=tuple(sorted(ids.values())), revised=tuple(revised), known=known, ids=ids, readings=read)


def read_counters(tx: Connection, told: Mapping[bytes, Engagement], *, at: datetime, by: str) -> int:
    """Counters that a platform told without the words, by the mentions' keys; returns how many had changed. `by` is the source's id."""
    known = _stored(tx, list(told)) if told else {}
    return _read_again(tx, [(row, told[key], at, by) for key, row in known.items() if row.deleted_at is None])


def remove(tx: Connection, keys: Sequence[bytes], now: datetime) -> int:
    """Take the words of mentions away that their source no longer has; returns how many were known and stood there.

    What was counted stays counted, what was understood of them stays in numbers; title, text, address, payload, revisions and quoted words
    go for good, and hearing the mention again brings nothing back.
    """
    gone = update(mentions).where(mentions.c.key.in_(list(keys)), mentions.c.deleted_at.is_(None))
    ids = list(tx.execute(gone.values(deleted_at=now, changed_at=None).returning(mentions.c.id)).scalars())
    if ids:
        for table in (mention_texts, mention_payloads, mention_pictures):
            tx.execute(delete(table).where(table.c.mention_id.in_(ids)))
        tx.execute(delete(pictures).where(~exists().where(mention_pictures.c.sha256 == pictures.c.sha256)))
        tx.execute(update(revisions).where(revisions.c.mention_id.in_(ids)).values(title="", text=""))
        tx.execute(update(mention_topics).where(mention_topics.c.mention_id.in_(ids)).values(terms=[]))
    return len(ids)


def _accept(tx: Connection, taken: Sequence[tuple[int, datetime]]) -> None:
    """Keep when it was first seen that somebody took a post for the answer."""
    if taken:
        accepted = update(mentions).where(mentions.c.id == bindparam("row")).values(accepted_at=bindparam("taken_at"))
        tx.execute(accepted, [{"row": mention_id, "taken_at": at} for mention_id, at in taken])


def _stored(tx: Connection, keys: list[bytes]) -> dict[bytes, Row[Any]]:
    return {row.key: row for row in rows_among(tx, mentions, ("id", "key", "digest", "deleted_at", "accepted_at", *_COUNTERS), "key", keys)}


def _store(tx: Connection, fresh: Sequence[Mention]) -> dict[bytes, int]:
    """New mentions; returns the rows' ids by key, without those that another process was quicker with."""
    author_ids = _author_ids(tx, fresh)
    numbers = next_ids(tx, mentions, len(fresh))
    made = {mention.key: number for mention, number in zip(fresh, numbers, strict=True)}
    fit = times(tx)
    insert_rows(tx, mentions, _COLUMNS, [_row(mention, made[mention.key], author_ids, fit) for mention in fresh], unless=["key"])
    if tx.dialect.name != "sqlite":
        held = {row.key: row.id for row in rows_among(tx, mentions, ("id", "key"), "key", list(made))}
        made = {key: number for key, number in made.items() if held[key] == number}
    texts = [(made[mention.key], mention.url, mention.title, mention.text) for mention in fresh if mention.key in made]
    insert_rows(tx, mention_texts, ("mention_id", "url", "title", "text"), texts)
    return made


def _row(mention: Mention, number: int, author_ids: Mapping[str, int], fit: Any) -> tuple[Any, ...]:
    counted = mention.engagement
    published, seen = fit(mention.published_at), fit(mention.seen_at)
    return (
        *(number, mention.key, mention.source_id, mention.native_id, mention.lang, mention.kind),
        None if mention.author is None else author_ids[mention.author.key],
        *(mention.arrival, published, seen, published if mention.at is mention.published_at else seen, fit(mention.edited_at)),
        *(fit(mention.deleted_at), mention.reply_to, mention.repost_of),
        *(counted.likes, counted.replies, counted.reposts, counted.views, mention.parent_key, mention.reach, _digest(mention), 0),
        fit(mention.accepted_at),
    )


def _digest(mention: Mention) -> bytes:
    return hashlib.sha256(f"{mention.title}\0{mention.text}".encode("utf-8", "surrogatepass")).digest()[:16]


def _author_ids(tx: Connection, page: Sequence[Mention]) -> dict[str, int]:
    """Row ids of the page's authors, made or brought up to date; what a platform no longer tells is kept."""
    found = {mention.author.key: (mention.author, mention.seen_at) for mention in page if mention.author is not None}
    if not found:
        return {}
    known = {row.key: row for row in rows_among(tx, authors, ("id", "key", "handle", "name", "followers", "erased_at"), "key", list(found))}
    _renew(tx, [(known[key], author) for key, (author, _) in sorted(found.items()) if key in known])
    missing = sorted(key for key in found if key not in known)  # one order for all processes, or they deadlock
    if not missing:
        return {key: row.id for key, row in known.items()}
    numbers = dict(zip(missing, next_ids(tx, authors, len(missing)), strict=True))
    fit = times(tx)
    rows = [
        (numbers[key], key, author.handle, author.name, author.followers, fit(at)) for key, (author, at) in ((k, found[k]) for k in missing)
    ]
    insert_rows(tx, authors, _AUTHOR_COLUMNS, rows, unless=["key"])
    if tx.dialect.name != "sqlite":
        numbers = {row.key: row.id for row in rows_among(tx, authors, ("id", "key"), "key", missing)}
    return {key: row.id for key, row in known.items()} | numbers


def _renew(tx: Connection, pairs: Sequence[tuple[Row[Any], Author]]) -> None:
    """Take in what a platform now tells of an author whom nobody erased."""
    changed = []
    for row, author in pairs:
        newest = tuple(
            before if told is None else told
            for told, before in ((author.handle, row.handle), (author.name, row.name), (author.followers, row.followers))
        )
        if row.erased_at is None and newest != (row.handle, row.name, row.followers):
            changed.append({"row": row.id, "new_handle": newest[0], "new_name": newest[1], "new_followers": newest[2]})
    if changed:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("handle", "name", "followers")}
        tx.execute(update(authors).where(authors.c.id == bindparam("row")).values(**values), changed)


def _revise(tx: Connection, changed: Sequence[tuple[Row[Any], Mention]]) -> list[int]:
    """Keep the former texts and take the new ones in; counts do not move. `changed_at` has the Enricher read them once more."""
    if not changed:
        return []
    ids = [row.id for row, _ in changed]
    former = {row.mention_id: row for row in tx.execute(select(mention_texts).where(mention_texts.c.mention_id.in_(ids)))}
    fit = times(tx)
    kept = [(row.id, fit(mention.seen_at), former[row.id].title, former[row.id].text) for row, mention in changed if row.id in former]
    insert_rows(tx, revisions, ("mention_id", "seen_at", "title", "text"), kept)
    words = [{"row": row.id, "new_title": mention.title, "new_text": mention.text} for row, mention in changed]
    new_words: dict[str, Any] = {"title": bindparam("new_title"), "text": bindparam("new_text")}
    tx.execute(update(mention_texts).where(mention_texts.c.mention_id == bindparam("row")).values(**new_words), words)
    edits = [
        {"row": row.id, "now_digest": _digest(mention), "edited": mention.edited_at or mention.seen_at, "seen": mention.seen_at}
        for row, mention in changed
    ]
    edit: dict[str, Any] = {"digest": bindparam("now_digest"), "edited_at": bindparam("edited"), "changed_at": bindparam("seen")}
    tx.execute(update(mentions).where(mentions.c.id == bindparam("row")).values(**edit), edits)
    return ids


def _read_again(tx: Connection, again: Sequence[tuple[Row[Any], Engagement, datetime, str]]) -> int:
    """Append a reading of each known mention whose counters changed, and keep the newest beside it; what is not told any more is kept."""
    fit, rows, newest = times(tx), [], []
    for row, counted, at, by in again:
        before = tuple(row[-len(_COUNTERS) :])
        told = (counted.likes, counted.replies, counted.reposts, counted.views)
        now = tuple(old if new is None else new for old, new in zip(before, told, strict=True))
        if now != before:
            rows.append((row.id, fit(at), *now, by))
            newest.append({"row": row.id} | {f"new_{name}": value for name, value in zip(_COUNTERS, now, strict=True)})
    if rows:
        insert_rows(tx, readings, ("mention_id", "at", *_COUNTERS, "by"), rows)
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _COUNTERS}
        tx.execute(update(mentions).where(mentions.c.id == bindparam("row")).values(**values), newest)
    return len(rows)
