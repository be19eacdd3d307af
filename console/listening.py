"""Where we listen and where nobody can, of a configuration, as the coverage statement needs it."""

from __future__ import annotations

from alerting.coverage import ListenedSource, Listening, UnseenPlace
from console.config import Config


def listening_of(config: Config) -> Listening:
    """The enabled sources and the unseen places."""
    listened = {
        source.id: ListenedSource(every_s=source.every.total_seconds(), per_day=source.budget.per_day)
        for source in config.listener.sources
        if source.enabled
    }
    unseen = tuple(
        UnseenPlace(id=one.id, name=one.name, person=one.person, within_s=one.within.total_seconds(), why=one.why, topics=one.topics)
        for one in config.listener.unseen
    )
    return Listening(sources=listened or None, unseen=unseen)
