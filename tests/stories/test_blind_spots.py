"""What we do not hear: told once, in time, as one incident, and never for a place that sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerting.events import Acknowledged, PlaceLooked
from core.errors import SourceRejected, SourceUnavailable
from store import mentions, sources
from tests import forum, make
from tests.house import House

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _every_place_is_up() -> Iterator[None]:
    yield
    forum.shown.clear()
    forum.trouble.clear()


@pytest.fixture
def listening(build_house: Callable[..., House]) -> Callable[..., House]:
    def build(*names: str, start: datetime = make.NOON, every: str = "30m", **tiers: str) -> House:
        own = [{"id": name, "kind": "tests.forum", "place": name, "every": every, "tier": tiers.get(name, "forum")} for name in names]
        return build_house(listening=True, start=start, listener={"sources": own})

    return build


def down(*names: str, reason: str = "HTTP 503") -> None:
    for name in names:
        forum.trouble[name] = SourceUnavailable(name, reason)


async def test_the_forum_dies_at_noon_and_within_the_hour_the_on_call_hears_once_that_we_are_blind_there(listening: Any) -> None:
    house = listening("forum", "press", forum="owned", every="5m")
    await house.forward(minutes=5)
    down("forum")
    await house.forward(minutes=54)
    await house.phone("ana").expect_nothing()
    await house.forward(minutes=7)
    message = await house.phone("ana").expect("Source forum cannot be heard since 2026-11-21 12:05: HTTP 503")
    assert "Heard 1 of 2 sources" in message.body
    await house.respond(Acknowledged(by="ana", via="command"))
    await house.forward(hours=5)
    await house.phone("ana").expect_nothing()
    forum.trouble.clear()
    await house.forward(hours=6)
    await house.phone("ana").expect("Heard again: forum")
    assert (house.incident.status, house.incident.close_reason) == ("resolved", "heard_again")


async def test_refused_credentials_are_told_at_once_with_the_mend(listening: Any) -> None:
    house = listening("page", "press", page="owned", every="5m")
    await house.forward(minutes=20)
    forum.trouble["page"] = SourceRejected("page", "HTTP 401: the token has expired; make a new one")
    await house.forward(minutes=7)
    await house.phone("ana").expect("refuses us since 2026-11-21 12:20: HTTP 401: the token has expired; make a new one")


async def test_our_own_network_dies_and_that_is_one_incident(listening: Any) -> None:
    house = listening(*(f"feed{number}" for number in range(12)), every="5m")
    await house.forward(minutes=15)
    down(*(f"feed{number}" for number in range(12)), reason="cannot resolve host")
    await house.forward(minutes=40)
    await house.phone("ana").expect("sources cannot be heard since 2026-11-21 12:15: our own line may be down")
    await house.phone("ben").expect("our own line may be down")
    assert (house.incident.severity, len(house.incidents)) == ("major", 1)
    forum.trouble.clear()
    await house.forward(hours=2)
    await house.phone("ana").expect("our own line may be down")  # the second round: nobody took it
    await house.phone("ana").expect("Heard again")
    await house.phone("ben").expect("our own line may be down")
    await house.phone("ben").expect("Heard again")
    assert house.incident.status == "resolved"


async def past(house: House, name: str, *, hours: range, days: int = 15) -> None:
    """Days that lie behind: the place spoke every three minutes in these hours (local time) until now, and was heard all along."""
    midnight = house.now - 22 * HOUR
    turns = [hour * HOUR + turn * 3 * MINUTE for hour in hours for turn in range(20)]
    said = [midnight - day * DAY + turn for day in range(days) for turn in turns]
    database = house.simulation.store.database
    await database.write(mentions.add, [make.mention(f"words {at}", source=name, at=at) for at in said])
    state = {"first_poll_at": min(said), "last_success_at": house.now, "last_mention_at": max(said), "usual_gap_s": 180.0}
    await database.write(sources.save, name, 0, state)
    await database.write(sources.heard, name, min(said), house.now)


async def test_night_silence_wakes_nobody_and_a_silent_morning_does(listening: Any) -> None:
    house = listening("forum", "press", forum="owned", start=make.NOON + 10 * HOUR)
    await past(house, "forum", hours=range(8, 22))
    await house.forward(hours=10)  # eight in the morning
    await house.phone("ana").expect_nothing()
    await house.forward(minutes=70)
    message = await house.phone("ana").expect("Source forum is unusually silent since 2026-11-21 21:57")
    assert "cannot be heard" not in message.subject
    await house.respond(Acknowledged(by="ana", via="command"))
    forum.shown["forum"] = [make.mention("here we are", source="forum", at=house.now)]
    await house.forward(minutes=31)
    await house.phone("ana").expect("Heard again: forum")


async def test_what_no_program_may_see_is_named_and_somebody_is_sent_there(build_house: Callable[..., House]) -> None:
    groups = {"id": "fb", "name": "3 nhóm Facebook kín", "person": "ben", "within": "10m"}
    house = build_house(listener={"unseen": [groups, {"id": "live", "name": "TikTok live", "person": "ben", "why": "livestream"}]})
    await house.say("Acme recalls its kettle after a fire", source="press")
    page = await house.phone("ana").expect("Not looked at yet: 3 nhóm Facebook kín and TikTok live; Ben looks, 10 minutes")
    assert "The true figures" not in page.body, "every source is heard"
    await house.phone("ben").expect("please look at 3 nhóm Facebook kín and TikTok live")
    await house.respond(Acknowledged(by="ana", via="command"))
    await house.respond(PlaceLooked(by="ben", place="live", name="", found=True, text="a clip, 40,000 views"))
    await house.phone("ana").expect("Ben looked at TikTok live: there is something. a clip, 40,000 views")
    await house.forward(minutes=11)
    await house.phone("ben").expect("Ben, these were not looked at in time: 3 nhóm Facebook kín.")
    await house.respond(PlaceLooked(by="ben", place="fb", name="", found=False))
    await house.forward(hours=1)
    said = [entry.words.key for entry in house.timeline() if entry.kind.startswith(("look", "place"))]
    assert said == ["timeline.look_asked", "timeline.place_found", "timeline.look_late", "timeline.place_empty"]
