"""One query on many mentions, without the rest of the pipeline: for trying a query out. Pure but for caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from core.prefilter import Prefilter
from core.records import TopicMatch
from core.text import clean
from detectors.enrichment.doc import Notes, noted
from detectors.enrichment.language import TellLanguage
from detectors.enrichment.records import Heard
from detectors.enrichment.topics import Topics, read_topic

_TOPIC: Final = "asked"


class Asker:
    """Finds the mentions that a query matches.

    Args:
        query: as an operator types it.
        languages: two letters each; texts surely in another do not match.

    Raises:
        QueryError: the query cannot be understood.
    """

    def __init__(self, query: str, languages: Sequence[str] = ()) -> None:
        self.topic = read_topic(_TOPIC, query, languages)
        self._topics = Topics([self.topic])
        self._prefilter = Prefilter([self.topic.query])

    def ask(self, page: Sequence[Heard]) -> Iterator[TopicMatch | None]:
        """For each mention its match, None where it does not match."""
        likely = self._prefilter.candidates([clean(heard.whole) for heard in page])
        for heard, candidates in zip(page, likely, strict=True):
            yield self._match(heard) if candidates else None

    def _match(self, heard: Heard) -> TopicMatch | None:
        asked = read(heard)
        self._topics.judge(asked)
        return asked.topics[0] if asked.topics else None


def read(heard: Heard) -> Notes:
    """A mention with its language told, before anything is looked for in it."""
    asked = noted(heard, clean(heard.whole))
    _language().tell(asked)
    return asked


@cache
def _language() -> TellLanguage:
    return TellLanguage()
