"""What the configuration says of how signals are weighed: the topics beside each other, and the alarm budget. Pure, and light."""

from __future__ import annotations

from alerting.budget import Budget, budget_of
from alerting.weighing import TopicFacts
from console.config import Config
from core.records import World


def topic_facts(config: Config) -> dict[str, TopicFacts]:
    """Every topic as the Intake needs it, by id."""
    return {one.id: TopicFacts(id=one.id, kind=one.kind, name=one.title, industry=one.industry) for one in config.topics}


def alarm_budget(config: Config, world: World) -> Budget | None:
    """The budget of alarms over all topics; none in a drill, where nothing may be held."""
    if world != "live":
        return None
    return budget_of(config.detectors.budget, len(config.topics), [signal.kind for signal in config.detectors.signals])


def topic_sources(config: Config) -> dict[str, frozenset[str]]:
    """The sources that are about one topic alone, by topic: when they are blind, its silence says nothing."""
    bound = {source.topic for source in config.listener.sources if source.topic is not None}
    return {topic: frozenset(source.id for source in config.listener.sources if source.topic == topic) for topic in bound}
