"""Builders: a record with everything a test does not care about filled in."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from core.records import Author, Engagement, Mention, Signal, Words
from core.text import mention_key
from store.database import Database
from store.open import Store
from store.streams import MemoryStream

NOON = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)  # noon in Hà Nội
_numbers = itertools.count(1)


def mention(text: str = "Acme kettle", *, source: str = "forum", at: datetime = NOON, author: str | None = None, **changes: Any) -> Mention:
    """A mention of its own: every call is another post by another author."""
    number = next(_numbers)
    native_id = changes.pop("native_id", str(number))
    author = author or f"user{number}"
    values: dict[str, Any] = {
        "key": mention_key("test", source, native_id),
        "source_id": source,
        "native_id": native_id,
        "seen_at": at,
        "published_at": at,
        "author": Author(key=f"{source}/{author}", handle=author),
        "text": text,
        "engagement": Engagement(),
    }
    return Mention(**{**values, **changes})


def config(**changes: Any) -> dict[str, Any]:
    """A configuration as values: one topic, two people who take turns by escalation, English."""
    values: dict[str, Any] = {
        "name": "Acme community",
        "language": "en",
        "timezone": "Asia/Ho_Chi_Minh",
        "topics": [{"id": "acme", "name": "Acme", "kind": "brand", "query": "acme"}],
        "alerting": {
            "people": [
                {"id": "ana", "name": "Ana", "channels": [{"kind": "log", "id": "phone"}]},
                {"id": "ben", "name": "Ben", "channels": [{"kind": "log", "id": "phone"}]},
            ],
            "update_within": {},  # whoever takes an incident is left in peace, unless the story is about that
            "policies": [
                {"id": "default", "steps": [{"notify": ["ana"], "after": "0m"}, {"notify": ["ben"], "after": "15m"}], "repeat": 1}
            ],
        },
    }
    return {**values, **changes}


def signal(*, at: datetime = NOON, kind: str = "single_risk", topic: str | None = "acme", **changes: Any) -> Signal:
    """One mention of a grave risk to Acme, unless told otherwise."""
    values: dict[str, Any] = {
        "kind": kind,
        "subject": f"topic:{topic}",
        "bucket_start": at,
        "topic_id": topic,
        "scale_s": 60,
        "observed": 1.0,
        "expected": None,
        "low": None,
        "high": None,
        "unit": "mentions",
        "score": 0.9,
        "words": Words(key="signal.single_risk", args={"topic": "Acme", "risk": "recall", "term": "recall"}),
        "raised_at": at,
        "risk": "recall",
        "frozen": {"level": 1},
        "generation": 1,
    }
    return Signal(**{**values, **changes})


def store(database: Database) -> Store:
    """A store on this database, with streams in memory."""
    return Store(database, MemoryStream(), MemoryStream(), MemoryStream())
