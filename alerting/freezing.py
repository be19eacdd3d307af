"""Freezes evidence when an incident opens and whenever it gets worse: what decided, and what weighs most of all that is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from core.records import Incident, Mention, Signal
from store import enrichments, evidence, mentions
from store.database import Tx

MOST: Final = 20  # of what weighs most, each time
BEFORE: Final = timedelta(hours=1)  # what was said so long before it opened belongs to it


def freeze(tx: Tx, incident: Incident, signal: Signal, now: datetime, *, salt: Callable[[], bytes], rose: bool) -> None:
    """Add to an incident's evidence, each story once: the signal's mentions, and where it opened or `rose` the heaviest of the topic too."""
    ids = list(signal.evidence)
    if rose and incident.topic_id is not None and signal.evidence:
        ids += [one for one in evidence.loudest(tx, incident.topic_id, incident.opened_at - BEFORE, MOST) if one not in set(ids)]
    told, story = evidence.stories(tx, incident.id), enrichments.story_ids(tx, ids)
    shown: list[Mention] = []
    for mention in mentions.get(tx, ids):
        number = story.get(mention.id)
        if number is None or number not in told:
            shown.append(mention)
            told.update([] if number is None else [number])
    evidence.freeze(tx, incident.id, shown, now, signal_id=signal.id, salt=salt)
