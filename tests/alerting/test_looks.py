"""Looks where no program sees: asked when it is grave, once more when late, and what came of them."""

from datetime import timedelta

import pytest

from alerting.coverage import Listening, UnseenPlace
from alerting.events import Acknowledged, PlaceLooked, Resolved, SeveritySet
from core.errors import NotFound
from tests import make
from tests.alerting.desk import SETTINGS, Desk

GROUPS = UnseenPlace(id="fb", name="3 nhóm Facebook kín", person="mai", within_s=600)
TIKTOK = UnseenPlace(id="tiktok", name="TikTok", person="mai", within_s=300, why="livestream")
RIVALS = UnseenPlace(id="rivals", name="nhóm đối thủ", person="mai", within_s=600, topics=("rival",))
MAI = {"id": "mai", "name": "Mai", "language": "vi", "channels": [{"kind": "log", "id": "phone"}]}
WATCH_ONLY = {"risk": "complaint", "frozen": {"level": 3}}


def build(database, *places, **settings):
    desk = Desk(database, people=[*SETTINGS["people"], MAI], **settings)
    desk.intake._listening = desk.dispatcher._listening = Listening(unseen=places or (GROUPS, TIKTOK, RIVALS))
    return desk


@pytest.fixture
def desk(database):
    return build(database)


def looked(**changes):
    return PlaceLooked(**{"by": "mai", "place": "fb", "name": "", "found": False, **changes})


async def test_a_grave_incident_names_the_unseen_places_and_asks_a_person_by_a_time(desk):
    await desk.hear(make.signal())
    await desk.forward(seconds=1)
    (page,) = desk.phone("ana").got
    assert "Not looked at yet: 3 nhóm Facebook kín and TikTok; Mai looks, 10 minutes" in page.body
    (asked,) = desk.phone("mai").got
    assert asked.kind == "update"
    assert "Nhờ Mai xem giúp 3 nhóm Facebook kín và TikTok trước 12:10" in asked.body
    assert "Chưa xem: 3 nhóm Facebook kín và TikTok; giao Mai, 10 phút" in asked.body
    assert asked.link
    assert desk.kinds().count("look_asked") == 1


async def test_what_pages_nobody_and_is_not_grave_sends_nobody_looking(database):
    desk = build(database, routes=[{"match": {}, "digest": "daily"}])
    await desk.hear(make.signal(**WATCH_ONLY))
    await desk.forward(seconds=1)
    assert "look_asked" not in desk.kinds()


async def test_when_a_person_says_that_it_is_grave_somebody_is_sent(database):
    desk = build(database, routes=[{"match": {}, "digest": "daily"}])
    await desk.hear(make.signal(**WATCH_ONLY))
    await desk.respond(SeveritySet(by="ana", severity="major", because="a child was hurt"))
    await desk.forward(seconds=1)
    assert "look_asked" in desk.kinds()


async def test_who_is_paged_anyway_is_told_once(database):
    desk = build(database, UnseenPlace(id="fb", name="3 nhóm", person="ana", within_s=600))
    await desk.hear(make.signal())
    await desk.forward(seconds=1)
    (page,) = desk.phone("ana").got
    assert "3 nhóm; Ana looks" in page.body


async def test_a_second_signal_asks_nobody_again(desk):
    await desk.hear(make.signal(), make.signal(at=make.NOON + timedelta(minutes=1)))
    await desk.forward(seconds=1)
    assert (desk.kinds().count("look_asked"), len(desk.phone("mai").got)) == (1, 1)


async def test_who_is_late_is_asked_once_again(desk):
    await desk.hear(make.signal())
    await desk.forward(seconds=1)
    await desk.respond(Acknowledged(by="ana", via="command"))
    await desk.forward(minutes=4)
    assert len(desk.phone("mai").got) == 1
    await desk.forward(minutes=7)
    assert "quá giờ rồi mà chưa xem: 3 nhóm Facebook kín và TikTok" in desk.phone("mai").got[-1].body
    await desk.forward(hours=2)
    assert len(desk.phone("mai").got) == 2
    assert desk.kinds().count("look_late") == 1


async def test_the_dispatcher_wakes_when_a_look_becomes_late(desk):
    await desk.hear(make.signal())
    await desk.forward(seconds=1)
    await desk.respond(Acknowledged(by="ana", via="command"))
    await desk.forward(seconds=1)
    desk.dispatcher._sweep_every = timedelta(days=1)
    assert await desk.dispatcher.step(desk.now) == make.NOON + timedelta(minutes=5, seconds=1)


async def test_what_was_seen_stands_on_the_timeline_and_whoever_has_it_hears_of_a_find(desk):
    await desk.hear(make.signal())
    await desk.forward(seconds=1)
    await desk.respond(Acknowledged(by="ben", via="command"))
    response = await desk.respond(looked())
    assert response.answer.args == {"place": "3 nhóm Facebook kín"}
    await desk.respond(looked(place="tiktok", found=True, text="two clips, 40k views"))
    await desk.forward(seconds=1)
    kinds = [(entry.kind, entry.words.key) for entry in desk.timeline()]
    assert ("place_looked", "timeline.place_empty") in kinds
    assert ("place_looked", "timeline.place_found") in kinds
    news = [message.body for message in desk.phone("ben").got if "two clips" in message.body]
    assert len(news) == 1
    assert "Đã xem 3 nhóm Facebook kín lúc 12:00 (Mai): không có gì." in news[0]
    assert "Chưa xem" not in news[0]
    await desk.forward(hours=1)
    assert "look_late" not in desk.kinds()


async def test_a_place_may_be_looked_at_again_also_after_the_end(desk):
    await desk.hear(make.signal())
    await desk.forward(seconds=1)
    await desk.respond(looked())
    await desk.respond(Resolved(by="ana", reason="fixed"))
    await desk.respond(looked(found=True, text="now there is"))
    assert [entry.words.key for entry in desk.timeline()][-1] == "timeline.place_found"


async def test_a_place_that_is_not_on_the_list_is_told(desk):
    await desk.hear(make.signal())
    await desk.forward(seconds=1)
    with pytest.raises(NotFound, match="no unseen place 'zalo'; it has: fb, tiktok"):
        await desk.respond(looked(place="zalo"))


async def test_a_silenced_signal_sends_nobody_looking(desk):
    from core.silences import Silence
    from store import silences

    silence = Silence(matches={"topic": "acme"}, starts_at=make.NOON, ends_at=make.NOON + timedelta(hours=1), by="ana", comment="known")
    desk.database.write_now(silences.add, silence)
    await desk.hear(make.signal())
    await desk.forward(seconds=1)
    assert "look_asked" not in desk.kinds()


async def test_blind_sources_have_no_unseen_places(desk):
    await desk.hear(make.signal(kind="source_blind", topic=None, risk=None, frozen={"group": 1, "unseen": 0.9, "blind": 1, "all": 1}))
    await desk.forward(seconds=1)
    assert "look_asked" not in desk.kinds()
