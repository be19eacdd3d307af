from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from store import meter, sources
from tests.console.web.place import Place


async def figures(place: Place) -> dict[str, float]:
    response = await place.client.get("/metrics")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(await response.text())
    return {
        sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


async def test_an_empty_monitor_shows_zeros(place: Place) -> None:
    found = await figures(place)
    assert found["tocsin_mentions"] == 0
    assert found["tocsin_incidents_open/critical"] == 0
    assert found["tocsin_notifications/planned"] == 0
    assert found["tocsin_notification_oldest_due_seconds"] == 0
    assert found["tocsin_sources_failing"] == 0
    assert found["tocsin_stage_ready/intake"] == 1


async def test_what_waits_and_what_is_open_is_counted_when_it_is_scraped(place: Place, letter: int) -> None:
    incident = await place.incident()
    found = await figures(place)
    assert found["tocsin_mentions"] == 1
    assert found["tocsin_mentions_waiting"] == 1  # no Enricher runs here
    assert found["tocsin_signals_waiting"] == 0
    assert found[f"tocsin_incidents_open/{incident.severity}"] == 1
    assert found["tocsin_notifications/sent"] == 1
    assert found["tocsin_dead_letters"] == 1
    await place.press("escalate", incident.id)
    place.simulation.clock.advance_to(place.now + timedelta(minutes=3))
    assert (await figures(place))["tocsin_notification_oldest_due_seconds"] == 180


async def test_sources_are_told_by_state_and_by_id(place: Place) -> None:
    attempt = place.database.read_now(sources.get, "forum").attempt
    await place.database.write(sources.save, "forum", attempt, {"failures": 2, "last_success_at": place.now - timedelta(minutes=10)})
    await place.database.write(meter.add, [meter.Looked(source_id="forum", day=place.now.date(), looks=1, cost=3.0)])
    found = await figures(place)
    assert found["tocsin_sources_by_state/failing"] == 1
    assert found["tocsin_sources_by_state/blind"] == 0
    assert found["tocsin_source_last_heard_age_seconds/forum"] == 600
    assert found["tocsin_source_cost_today/forum"] == 3.0


async def test_every_figure_is_documented(place: Place) -> None:
    page = (Path(__file__).parents[3] / "docs" / "console.md").read_text("utf-8")
    assert [name for name in await figures(place) if f"`{name.partition('/')[0]}" not in page] == []
