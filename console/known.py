"""What the configuration knows of the world outside: branches, people, campaigns of our own, in the shapes that the detectors take. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from console.config import Config
from core.query import version
from core.records import Tier
from detectors.answers import Answered
from detectors.enrichment.records import PlaceSpec, TopicSpec
from detectors.entities import Name
from detectors.gauge import Counted
from detectors.judging import Topic
from detectors.registry import Campaign, Known, Registry
from detectors.seasons import VIETNAM, Calendar, Event
from detectors.settings import TopicSettings
from detectors.watch import Watched


def topic_versions(config: Config) -> dict[str, str]:
    """The version of each topic's query: counts made with another one are counted again (rule 9)."""
    return {topic.id: version(topic.words, *topic.languages) for topic in config.topics}


def specs_of(config: Config) -> list[TopicSpec]:
    """Every topic as the pipeline finds it."""
    return [TopicSpec(id=topic.id, query=topic.words, languages=topic.languages) for topic in config.topics]


def enriched(config: Config) -> dict[str, Topic]:
    """Every topic as the Enricher needs it, by id."""
    versions = topic_versions(config)
    return {topic.id: Topic(id=topic.id, name=topic.title, kind=topic.kind, version=versions[topic.id]) for topic in config.topics}


def branches(config: Config) -> list[PlaceSpec]:
    """Every place with all its names; the address is one of them."""
    return [PlaceSpec(id=place.id, names=tuple(filter(None, (place.name, *place.aliases, place.address or "")))) for place in config.places]


def watched(config: Config) -> dict[str, Watched]:
    """Every topic as the Watcher needs it, by id."""
    versions = topic_versions(config)
    return {
        topic.id: Watched(
            id=topic.id,
            name=topic.title,
            zone=config.zone_of(topic),
            query=versions[topic.id],
            kind=topic.kind,
            names=names(config, topic),
            calendar=calendar(config, config.zone_of(topic)),
        )
        for topic in config.topics
    }


def calendar(config: Config, zone: str) -> Calendar:
    """The days on which more or less is expected; Tết where people keep it."""
    events = tuple(Event(event.name, event.from_, event.to, event.expect) for event in config.events)
    return Calendar(events=events, tet=config.language == "vi" or zone in VIETNAM)


def names(config: Config, topic: TopicSettings) -> tuple[Name, ...]:
    """What is called by a name: the topic's products, the places, the people whom we know."""
    places = [name for place in config.places for name in (place.name, *place.aliases)]
    people = [name for one in config.authors for name in (one.name, *one.names, *one.accounts) if "/" not in name and ":" not in name]
    kinds: dict[Literal["product", "place", "person"], Sequence[str]] = {"product": topic.products, "place": places, "person": people}
    return tuple(Name(kind, name) for kind, found in kinds.items() for name in found if name)


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


def brand_context(config: Config) -> dict[str, tuple[str, ...]]:
    """Source id -> the topics that everything in it is about."""
    return {source.id: (source.topic,) for source in config.listener.sources if source.topic}


def tiers_of(config: Config) -> dict[str, Tier]:
    """Source id -> its weight."""
    return {source.id: source.tier for source in config.listener.sources}


def answered(config: Config) -> dict[str, Answered]:
    """The topics whose questions are ours to answer: brands, each with the zone of its opening hours."""
    brands = [topic for topic in config.topics if topic.kind == "brand"]
    return {topic.id: Answered(id=topic.id, name=topic.title, zone=ZoneInfo(config.zone_of(topic))) for topic in brands}


def is_staffed(config: Config) -> bool:
    """Whether somebody of our staff is known, so that their answers are known too."""
    return any(one.role == "staff" for one in config.authors)


def counted(config: Config) -> dict[str, Counted]:
    """The sources of numbers, by id; each learns its usual day where its topic does."""
    topics = {topic.id: topic for topic in config.topics}
    found: dict[str, Counted] = {}
    for source in config.listener.sources:
        if source.enabled and source.kind == "counts":
            zone = config.zone_of(topics[source.topic]) if source.topic in topics else config.timezone
            found[source.id] = Counted(topic_id=source.topic, unit=source.options.get("unit", ""), zone=ZoneInfo(zone))
    return found
