"""The rows of a configuration that begins to hold: its sources, its topics and people, its generation."""

from __future__ import annotations

from datetime import datetime

import structlog

from console.config import Config
from console.known import topic_versions
from console.people import people_versions
from core.probe import KIND, PROBE
from store import configurations, recounts, sources, watches
from store.database import Tx

log = structlog.get_logger()


def adopt(tx: Tx, config: Config, now: datetime, *, probing: bool = False) -> int:
    """Bring the rows into line with the configuration; returns its generation. `probing`: the probe's source has a row too.

    The history of a new or changed topic is counted again. A person's is not: two hundred of them would be two hundred readings of all there is.
    """
    probe = {PROBE: KIND} if probing else {}
    sources.ensure(tx, {source.id: source.kind for source in config.listener.sources if source.enabled} | probe, now)
    versions, people = topic_versions(config), people_versions(config)
    new, changed = watches.ensure(tx, versions | people, now)
    for topic_id in recounts.begin(tx, {topic_id: versions[topic_id] for topic_id in (*new, *changed) if topic_id in versions}, now):
        log.warning("new query, history is counted again and the baseline starts anew until it is", topic=topic_id)
    for topic_id in set(changed) & set(people):
        log.warning("new names of a person, their baseline starts anew", topic=topic_id)
    summary = {"topics": [topic.id for topic in config.topics], "sources": [source.id for source in config.listener.sources]}
    return configurations.adopt(tx, config.digest, summary, now)
