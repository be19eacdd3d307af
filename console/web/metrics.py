"""`/metrics` for Prometheus, filled when it is scraped: what stands in the database, and how the stages are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from console.health import Health
from console.hearing import HeardSource, by_condition, hearing_of
from console.web.visit import Visit
from core.records import SEVERITIES
from store import figures
from store.figures import Figures

_STATES: Final = ("planned", "claimed", "sent", "failed", "cancelled")


async def scrape(visit: Visit) -> web.StreamResponse:
    """All figures, in a registry of its own: nothing is counted twice, nothing global is kept."""
    found = await visit.monitor.store.database.read(figures.taken, visit.now)
    heard = await visit.monitor.store.database.read(hearing_of, visit.monitor.config, visit.now)
    registry = filled(found, heard, visit.hall.health(), visit.monitor.generation, visit.now)
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def filled(found: Figures, heard: Sequence[HeardSource], health: Health, generation: int, now: datetime) -> CollectorRegistry:
    """The registry of one moment; its labels are words of ours and ids of sources. Pure."""
    registry = CollectorRegistry(auto_describe=False)

    def tell(name: str, help: str, value: float) -> None:
        Gauge(f"tocsin_{name}", help, registry=registry).set(value)

    def tell_each(name: str, help: str, label: str, values: Mapping[str, float]) -> None:
        gauge = Gauge(f"tocsin_{name}", help, [label], registry=registry)
        for key, value in values.items():
            gauge.labels(key).set(value)

    tell("mentions", "Mentions stored so far.", found.mentions)
    tell("mentions_waiting", "Mentions that wait to be enriched.", found.mentions_waiting)
    tell("signals_waiting", "Signals that wait to be taken.", found.signals_waiting)
    tell_each("notifications", "Notifications by state.", "state", {**dict.fromkeys(_STATES, 0), **found.notifications})
    tell("notification_oldest_due_seconds", "How long the oldest unsent notification is overdue.", found.oldest_due_s or 0.0)
    tell_each("incidents_open", "Open incidents by severity.", "severity", {**dict.fromkeys(SEVERITIES, 0), **found.open_incidents})
    tell("sources", "Sources known.", found.sources)
    tell("sources_failing", "Sources that do not answer or are paused.", found.sources_failing)
    tell_each("sources_by_state", "Sources by how they are heard.", "state", by_condition(heard))
    last = {one.id: (now - one.health.last_success_at).total_seconds() for one in heard if one.health.last_success_at is not None}
    tell_each("source_last_heard_age_seconds", "Since the source was last heard.", "source", last)
    costs = {one.id: one.today.cost for one in heard if one.today.cost}
    tell_each("source_cost_today", "What the source has cost since midnight UTC, in its platform's units.", "source", costs)
    tell("channels_red", "Channels of people that cannot be relied on.", found.channels_red)
    tell("ill", "Parts of Tocsin itself that the watchman found ill when he last looked.", found.ill)
    if found.probe_age_s is not None:
        tell("probe_age_seconds", "Since the newest probe was said that came through the whole way.", found.probe_age_s)
    tell("dead_letters", "What could not be processed and was not tried again.", found.dead_letters)
    tell("configuration_generation", "Number of the configuration in force.", generation)
    tell("clock_skew_seconds", "How far the system's clock has gone from ours since the start.", health.skew_s)
    tell("loop_lag_seconds", "How late the event loop was in the last five minutes, but for one reading in a hundred.", health.lag_p99_s)
    tell("loop_lag_worst_seconds", "How late it was at worst.", health.lag_worst_s)
    tell("start_time_seconds", "When this process started, since the epoch.", health.started_at.timestamp())
    stages = {stage.name: stage for stage in health.stages}
    tell_each("stage_ready", "1 where the stage works.", "stage", {name: float(stage.is_ready(now)) for name, stage in stages.items()})
    stepped = {name: (now - stage.stepped_at).total_seconds() for name, stage in stages.items() if stage.stepped_at is not None}
    tell_each("stage_last_step_age_seconds", "Since the stage's last step that went well.", "stage", stepped)
    return registry
