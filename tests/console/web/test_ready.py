from datetime import timedelta

from msgspec.structs import replace

from alerting.watchman import LOOKED
from console.health import StageHealth
from store import facts, replies, sources
from tests.console.web.place import Place, health


async def test_the_process_says_that_it_is_alive(place: Place) -> None:
    response = await place.client.get("/healthz", headers={"Host": "10.0.0.1"})
    assert response.status == 200
    assert (await response.json())["status"] == "ok"


async def test_it_is_ready_while_every_part_works(place: Place) -> None:
    response = await place.client.get("/readyz", headers={"Host": "10.0.0.1"})
    assert response.status == 200
    told = await response.json()
    assert told["ready"]
    assert told["database"] == {"ok": True}
    assert told["stages"]["intake"]["ok"]


async def test_a_stage_that_fails_or_stands_still_is_named(place: Place) -> None:
    sick = {
        "failing": StageHealth(name="poller", stepped_at=place.now, failing_since=place.now, because="OSError"),
        "stands still": StageHealth(name="poller", stepped_at=place.now - timedelta(minutes=6)),
        "never stepped": StageHealth(name="poller"),
    }
    for name, stage in sick.items():
        place.set_health(replace(health(place.now), stages=(stage,)))
        response = await place.client.get("/readyz")
        assert response.status == 503, name
        assert (await response.json())["stages"]["poller"]["ok"] is False


async def test_a_loop_that_is_late_shows_and_is_no_reason_to_send_people_elsewhere(place: Place) -> None:
    place.set_health(replace(health(place.now), lag_p99_s=0.25, lag_worst_s=1.5))
    response = await place.client.get("/readyz")
    assert (response.status, (await response.json())["loop"]) == (200, {"lag_p99_s": 0.25, "lag_worst_s": 1.5})


async def test_while_it_stops_it_is_not_ready(place: Place) -> None:
    place.set_health(replace(health(place.now), stopping=True))
    assert (await place.client.get("/readyz")).status == 503


async def test_sources_are_counted_and_make_nothing_unready(place: Place) -> None:
    attempt = place.database.read_now(sources.get, "forum").attempt
    await place.database.write(sources.save, "forum", attempt, {"failures": 9, "last_error": "HTTP 503"})
    response = await place.client.get("/readyz")
    counted = (await response.json())["sources"]
    assert response.status == 200
    assert (counted["failing"], counted["refused"], counted["blind"]) == (1, 0, 0)
    assert counted["heard"] == len(place.simulation.monitor.config.listener.sources) - 1


async def test_where_alerts_may_reach_nobody_it_is_not_ready_and_says_why(place: Place) -> None:
    """A sender in another process that does not run is seen here too."""
    place.database.write_now(facts.put, LOOKED, ["disk"], place.now)
    told = await (await place.client.get("/readyz")).json()
    assert (told["ready"], told["watch"]["ill"]) == (True, ["disk"])
    place.database.write_now(facts.put, LOOKED, ["outbox"], place.now)
    assert (await place.client.get("/readyz")).status == 503
    place.database.write_now(facts.put, LOOKED, [], place.now - timedelta(minutes=6))
    assert (await place.client.get("/readyz")).status == 503, "who watches looks no more"


async def test_an_inbox_that_is_not_heard_shows_with_its_reason(place: Place) -> None:
    told = {"failing_since": place.now, "because": "no answer in time"}
    place.simulation.store.database.write_now(replies.change_state, "telegram", place.now, **told)
    response = await place.client.get("/readyz")
    inbox = (await response.json())["inboxes"]["telegram"]
    assert response.status == 200
    assert (inbox["ok"], inbox["because"]) == (False, "no answer in time")
