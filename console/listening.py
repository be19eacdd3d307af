"""Where we listen and where nobody can, of a configuration, as the coverage statement needs it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerting.coverage import ListenedSource, Listening, UnseenPlace
from console.config import Config
from core.durations import parse_duration

FLAG: Final = "flag"
ASK_AGAIN: Final = "15m"


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


def flag_sources(config: Config) -> tuple[str, ...]:
    """The sources to which people report what no program sees."""
    return tuple(source.id for source in config.listener.sources if source.enabled and source.kind == FLAG)


def ask_again_of(config: Config) -> dict[str, timedelta]:
    """By source of flags, how often their counters are asked for again; none where never. Loads no collector: alerting runs without them."""
    given = {
        source.id: source.options.get("ask_again", ASK_AGAIN) for source in config.listener.sources if source.id in flag_sources(config)
    }
    found = {name: value if isinstance(value, timedelta) else parse_duration(str(value)) for name, value in given.items()}
    return {name: wait for name, wait in found.items() if wait}
