"""The people of the registry whose trouble is ours, each as a topic of its own, found by name and nickname. Pure.

Such a topic is called "person:" and the person's id, which no configured topic can be; it stands in no list of topics, and what is found in it is told of the brand
that the person stands for.
"""

from __future__ import annotations

from typing import Final

from console.config import Config
from console.known import calendar
from core.errors import QueryError
from core.query import parse, version
from detectors.enrichment.records import TopicSpec
from detectors.judging import Topic
from detectors.people import CLOSE, Person, person_queries
from detectors.settings import AuthorSettings, TopicSettings
from detectors.signals import ambassador_in_trouble
from detectors.watch import Watched

PREFIX: Final = "person:"


def people_specs(config: Config) -> list[TopicSpec]:
    """How each is found: surely by what is theirs alone, and weakly, beside their brand, by a name that many bear. None where nobody asks for trouble."""
    if ambassador_in_trouble.KIND not in {signal.kind for signal in config.detectors.signals}:
        return []
    specs: list[TopicSpec] = []
    for one in config.authors:
        if one.role in CLOSE:
            brand = _brand(config, one)
            surely, common = person_queries((one.name, *one.names), one.accounts)
            found = [TopicSpec(id=f"{PREFIX}{one.id}", query=surely)] if _is_query(surely) else []
            if brand is not None and _is_query(common):
                found.append(TopicSpec(id=f"{PREFIX}{one.id}", query=common, beside=brand.id))
            specs += found
    return specs


def people_versions(config: Config) -> dict[str, str]:
    """The version of each one's names, by topic id: with others the baseline starts anew."""
    queries: dict[str, list[str]] = {}
    for spec in people_specs(config):
        queries.setdefault(spec.id, []).extend((spec.query, spec.beside or ""))
    return {topic_id: version(*found) for topic_id, found in queries.items()}


def people_topics(config: Config) -> dict[str, Topic]:
    """Each as the Enricher needs it, by topic id."""
    people = _people(config)
    return {
        topic_id: Topic(id=topic_id, name=people[topic_id].name, kind="person", version=known, person=people[topic_id])
        for topic_id, known in people_versions(config).items()
    }


def people_watched(config: Config) -> dict[str, Watched]:
    """Each as the Watcher needs it, by topic id; the usual day is learnt where the brand's is."""
    zones = {topic.id: config.zone_of(topic) for topic in config.topics}
    return {
        topic.id: Watched(
            id=topic.id,
            name=topic.name,
            zone=zones.get(topic.person.topic_id, config.timezone),
            kind="person",
            person=topic.person,
            calendar=calendar(config, zones.get(topic.person.topic_id, config.timezone)),
        )
        for topic in people_topics(config).values()
        if topic.person is not None
    }


def _people(config: Config) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for one in config.authors:
        brand, name, topic_id = _brand(config, one), one.name or next(iter(one.names), one.id), f"{PREFIX}{one.id}"
        found[topic_id] = Person(
            id=one.id,
            name=name,
            role=one.role,
            topic_id=topic_id if brand is None else brand.id,
            brand=name if brand is None else brand.title,
        )
    return found


def _brand(config: Config, author: AuthorSettings) -> TopicSettings | None:
    """The brand that somebody stands for: the one that is named, else the first."""
    brands = [topic for topic in config.topics if (topic.id == author.topic if author.topic else topic.kind == "brand")]
    return next(iter(brands), None)


def _is_query(query: str) -> bool:
    try:
        parse(query)
    except QueryError:
        return False
    return True
