"""What the configuration knows of the world outside: branches, people, campaigns of our own, in the shapes that the detectors take. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from console.config import Config
from core.query import version
from detectors.enrichment.records import PlaceSpec
from detectors.gauge import Counted
from detectors.registry import Campaign, Known, Registry


def topic_versions(config: Config) -> dict[str, str]:
    """The version of each topic's query: counts made with another one are counted again (rule 9)."""
    return {topic.id: version(topic.words, *topic.languages) for topic in config.topics}


def branches(config: Config) -> list[PlaceSpec]:
    """Every place with all its names; the address is one of them."""
    return [PlaceSpec(id=place.id, names=tuple(filter(None, (place.name, *place.aliases, place.address or "")))) for place in config.places]


def registry(config: Config) -> Registry:
    """Who is known, and what is our own."""
    people = [
        Known(id=one.id, name=one.name or one.id, role=one.role, accounts=one.accounts, names=one.names, reach=one.reach)
        for one in config.authors
    ]
    campaigns = [
        Campaign(marks=event.marks, since=event.from_, until=event.to, zone=config.timezone) for event in config.events if event.marks
    ]
    return Registry(people, campaigns, {source.id: source.kind for source in config.listener.sources})


def counted(config: Config) -> dict[str, Counted]:
    """The sources of numbers, by id; each learns its usual day where its topic does."""
    topics = {topic.id: topic for topic in config.topics}
    found: dict[str, Counted] = {}
    for source in config.listener.sources:
        if source.enabled and source.kind == "counts":
            zone = config.zone_of(topics[source.topic]) if source.topic in topics else config.timezone
            found[source.id] = Counted(topic_id=source.topic, unit=source.options.get("unit", ""), zone=ZoneInfo(zone))
    return found
