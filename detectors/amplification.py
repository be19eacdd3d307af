"""How a burst spread: copies, new accounts, who and where most of it comes from. Described in numbers, judged by nobody. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from core.bursts import Amplification
from store.voices import Voice

NEW: Final = timedelta(days=7)  # an account heard for the first time within it is new to us


def profile(voices: Sequence[Voice], now: datetime) -> Amplification:
    """The numbers of a burst that ends at `now` (aware).

    An account is new where its first mention came within a week, and of known age only where its source was listened to all that week: on a source
    that is younger everybody would be new (rule 8). A mention that tells no story is a story of its own.

    Example:
        >>> from datetime import UTC
        >>> now = datetime(2026, 11, 21, tzinfo=UTC)
        >>> told = [Voice(1, "forum", "original", 7, 1), Voice(2, "forum", "repost", 8, 1), Voice(3, "group", "original", 7, 2)]
        >>> found = profile(told, now)
        >>> found.mentions, found.stories, found.copies, found.accounts, found.by_top_account, found.top_source, found.aged_accounts
        (3, 2, 1, 2, 2, 'forum', 0)
    """
    since = now - NEW
    authors = Counter(voice.author_id for voice in voices if voice.author_id is not None)
    sources = Counter(voice.source_id for voice in voices)
    told = {voice.story_id for voice in voices if voice.story_id is not None}
    aged = {
        voice.author_id: voice.author_since for voice in voices if voice.author_since and voice.source_since and voice.source_since <= since
    }
    top_source = min(sources, key=lambda source: (-sources[source], source), default="")
    return Amplification(
        mentions=len(voices),
        stories=len(told) + sum(voice.story_id is None for voice in voices),
        reposts=sum(voice.kind == "repost" for voice in voices),
        wires=sum(voice.kind == "wire" for voice in voices),
        accounts=len(authors),
        by_accounts=authors.total(),
        by_top_account=max(authors.values(), default=0),
        new_accounts=sum(first > since for first in aged.values()),
        aged_accounts=len(aged),
        sources=len(sources),
        top_source=top_source,
        by_top_source=sources[top_source],
    )
