"""A mention as evidence shows it."""

from __future__ import annotations

from datetime import datetime

from core.records import Record


class Quote(Record, frozen=True, kw_only=True, gc=False):
    """One mention kept as evidence.

    `text` None where it is gone at its source or was erased; `sha256` is the salted digest kept in its place, in hexadecimal. `sentiment` is
    the label ("negative"), None where unknown. `role` is what the author registry says of the author. `triage`: what it wants of us ("question"), None
    where nothing is sure. `risks` are the families heard in it ("recall", "insult").
    `judged`: what people of ours said of it, as (person, key of the words).
    """

    mention_id: int
    at: datetime
    source_id: str
    author: str | None = None
    text: str | None = None
    url: str | None = None
    sentiment: str | None = None
    sha256: str = ""
    role: str | None = None
    triage: str | None = None
    risks: tuple[str, ...] = ()
    judged: tuple[tuple[str, str], ...] = ()
