"""Which story each mention of a batch tells: looked up by marks, decided by `detectors/stories.py`, in the order in which they were heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from detectors.sketch import Sketch, pack, unpack
from detectors.stories import WINDOW, best
from store import stories
from store.database import Tx

CROWDED: Final = 24  # stories that one mark may bring up; a mark with more tells nothing
WINDOW_S: Final = WINDOW.total_seconds()
CANDIDATES: Final = 20  # stories that a mention is compared with, those with most marks in common first


class Telling(NamedTuple):
    """One mention as the stories see it; `at` when it counts (aware)."""

    mention_id: int
    source_id: str
    at: datetime
    seen_at: datetime
    sketch: Sketch


class Told(NamedTuple):
    """The story of a mention; `first_source` is where it was first heard, None where this mention is the first."""

    story_id: int
    first_source: str | None


class _Known:
    """The stories that the batch's marks bring up, and those that the batch itself tells."""

    def __init__(self, tx: Tx, batch: Sequence[Telling]) -> None:
        marks = sorted({mark for telling in batch for mark in telling.sketch.marks})
        times = [telling.at for telling in batch]
        self._by_mark = stories.marked(tx, marks, min(times) - WINDOW, max(times) + WINDOW)
        ids = sorted({story_id for found in self._by_mark.values() for story_id, _ in found})
        self._stories = {story.id: (unpack(story.sketch, story.language), story.source_id) for story in stories.get(tx, ids).values()}

    def match(self, telling: Telling) -> tuple[int, str | None] | None:
        """The story that this mention tells too, with its first source."""
        at, shared = telling.at.timestamp(), dict[int, int]()
        exact: int | None = None
        for mark in telling.sketch.marks:
            for story_id, told_at in self._by_mark.get(mark, ()):
                if -WINDOW_S <= at - told_at <= WINDOW_S:
                    shared[story_id] = shared.get(story_id, 0) + 1
                    if mark == telling.sketch.marks[0]:
                        exact = story_id if exact is None else min(exact, story_id)
        if exact is None:
            nearest = sorted(shared, key=lambda story_id: (-shared[story_id], story_id))[:CANDIDATES]
            exact = best(telling.sketch, [(story_id, self._stories[story_id][0]) for story_id in nearest])
        return None if exact is None else (exact, self._stories[exact][1])

    def add(self, story_id: int, telling: Telling) -> tuple[bytes, ...]:
        """A new story; returns the marks that it is looked up by: the one of its very words, and those that are not crowded."""
        self._stories[story_id] = (telling.sketch, telling.source_id)
        kept = []
        for number, mark in enumerate(telling.sketch.marks):
            beside = self._by_mark.setdefault(mark, [])
            if number == 0 or len(beside) < CROWDED:
                beside.append((story_id, int(telling.at.timestamp())))
                kept.append(mark)
        return tuple(kept)


def tell(tx: Tx, batch: Sequence[Telling]) -> dict[int, Told]:
    """The story of each mention, by its id. Stories of copies that come later in the batch are found too."""
    if not batch:
        return {}
    known, new, told = _Known(tx, batch), list[stories.New](), dict[int, Told]()
    numbers = iter(stories.numbers(tx, len(batch)))
    for telling in batch:
        found = known.match(telling)
        if found is None:
            story_id = next(numbers)
            new.append(_new(story_id, telling, known.add(story_id, telling)))
            told[telling.mention_id] = Told(story_id, None)
        else:
            told[telling.mention_id] = Told(*found)
    stories.tell(tx, new)
    return told


def _new(story_id: int, telling: Telling, marks: tuple[bytes, ...]) -> stories.New:
    return stories.New(
        id=story_id,
        mention_id=telling.mention_id,
        seen_at=telling.seen_at,
        at=telling.at,
        language=telling.sketch.language,
        sketch=pack(telling.sketch),
        source_id=telling.source_id,
        marks=marks,
    )
