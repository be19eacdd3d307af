"""What a batch of mentions adds to the series: mentions, stories and authors are three numbers, each new once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from core.records import AuthorRole, Mention, MentionClass
from detectors.enrichment.records import Understood
from store import series
from store.database import Tx

Sighting = tuple[str, str, int, int]  # topic, what, number, hour: see `store.series`


class Counted(NamedTuple):
    """One mention that counts: `kind` is its class, `author_id` None where nobody is named, `story_id` None where it tells nothing."""

    mention: Mention
    said: Understood
    kind: MentionClass
    author_id: int | None
    story_id: int | None
    reach: int | None
    role: AuthorRole | None = None


def count(tx: Tx, batch: Sequence[Counted]) -> None:
    """Add every mention to the cells of its topics, source, class and arrival."""
    series.add(tx, counts_of(batch, partial(series.first_sightings, tx)))


def counts_of(batch: Sequence[Counted], first_sightings: Callable[[Sequence[Sighting]], Sequence[bool]]) -> list[series.Count]:
    """What every mention adds to each of its topics.

    An author whom nobody knows counts as one more voice each time: the feed names none, and none is taken twice. First sightings are kept apart by
    class and arrival, so that an imported copy does not hide the first live one.
    """
    pairs = [(counted, topic.topic_id) for counted in batch for topic in counted.said.topics]
    asked = [
        (topic_id, f"story/{counted.kind}/{counted.mention.arrival}", counted.story_id or 0, series.EVER) for counted, topic_id in pairs
    ]
    voices = [
        (topic_id, f"author/{counted.mention.arrival}", counted.author_id or 0, _hour(counted.mention)) for counted, topic_id in pairs
    ]
    wanted = list(dict.fromkeys(one for one in (*asked, *voices) if one[2]))
    known = dict(zip(wanted, first_sightings(wanted), strict=True))
    return [_count(one, topic_id, known, story, voice) for (one, topic_id), story, voice in zip(pairs, asked, voices, strict=True)]


class Sightings:
    """As `store.series.first_sightings`, kept in memory: for counting that no database has to remember."""

    def __init__(self) -> None:
        self._stories: set[Sighting] = set()
        self._voices: dict[int, set[Sighting]] = {}

    def __call__(self, asked: Sequence[Sighting]) -> list[bool]:
        """Whether each is seen for the first time; asking makes it seen."""
        found = []
        for one in asked:
            seen = self._stories if one[3] == series.EVER else self._voices.setdefault(one[3], set())
            found.append(one not in seen)
            seen.add(one)
        return found

    def forget(self, before: int) -> None:
        """Forget who spoke in hours before this one (seconds since the epoch): nobody counts in them any more."""
        self._voices = {hour: seen for hour, seen in self._voices.items() if hour >= before}


def _count(counted: Counted, topic_id: str, firsts: dict[Sighting, bool], story: Sighting, voice: Sighting) -> series.Count:
    """What one mention adds; a first sighting is used up by the first mention that asks for it."""
    mention, feeling, told = counted.mention, counted.said.sentiment, counted.mention.engagement
    negative = feeling.label == "negative"
    return series.Count(
        topic_id=topic_id,
        at=int(mention.at.timestamp()),
        source_id=mention.source_id,
        kind=counted.kind,
        arrival=mention.arrival,
        stories=int(counted.story_id is None or _used(firsts, story)),
        authors=int(counted.author_id is None or _used(firsts, voice)),
        negative=int(negative),
        confident_negative=int(negative and feeling.confident),
        reach=counted.reach or 0,
        engagement=sum(each or 0 for each in (told.likes, told.replies, told.reposts)),
    )


def _used(firsts: dict[Sighting, bool], asked: Sighting) -> bool:
    was = firsts[asked]
    firsts[asked] = False
    return was


def _hour(mention: Mention) -> int:
    at = int(mention.at.timestamp())
    return at - at % series.HOUR_S
