"""What no program sees, told by a person: from the moderator's flag to the series of its counters."""

from datetime import timedelta

import pytest

from alerting import recounts
from alerting.events import Resolved
from core.errors import Refused
from core.flagged import Counted
from core.messages import render
from core.records import Engagement
from listener.base import Page
from listener.collectors.flag import page_of
from listener.flags import read
from store import flags, mentions, readings

FIRE = """nhóm fb: Hội mẹ bỉm HN (12k thành viên)
thích 120, bình luận 45, chia sẻ 12

Ấm Acme nhà mình bốc cháy, con mình bị bỏng phải đi viện."""
PEOPLE = [
    {"id": "ana", "name": "Ana", "channels": [{"kind": "log", "id": "phone"}]},
    {"id": "mai", "name": "Mai", "language": "vi", "channels": [{"kind": "log", "id": "phone"}]},
]
ALERTING = {"people": PEOPLE, "policies": [{"id": "default", "steps": [{"notify": ["ana"], "after": "0m"}], "repeat": 0}]}
MINUTES = timedelta(minutes=1)


@pytest.fixture
def groups(build_house):
    return build_house(alerting=ALERTING, listener={"sources": [{"id": "groups", "kind": "flag", "tier": "social"}]})


async def flag(house, text=FIRE, by="mai"):
    """Somebody flags a post; returns its number."""
    page = page_of(read(text, by=by), source_id="groups", seen_at=house.now)
    await house.simulation.monitor.poller.receive("groups", page, house.now)
    house.simulation.touch()
    await house.settle()
    return house.simulation.store.database.read_now(flags.with_key, page.mentions[0].key).mention_id


async def count(house, mention, by="mai", gone=False, **counted):
    """Somebody answers the question for counters."""
    given = Counted(mention_id=mention, by=by, engagement=Engagement(**counted), gone=gone)
    database = house.simulation.store.database
    roster = await database.read(house.simulation.monitor.roster)
    await database.write(recounts.answer, given, house.now, roster, channel="web")
    house.simulation.touch()
    await house.settle()


def lines(house, *kinds):
    return [render(entry.words, "vi") for entry in house.timeline() if entry.kind in kinds]


async def test_a_moderator_flags_a_closed_groups_post_and_is_asked_for_its_counters_while_the_incident_is_open(groups):
    house = groups
    mention = await flag(house)
    await house.phone("ana").expect("Acme")
    await house.phone("mai").expect_nothing()

    await house.forward(minutes=15)
    asked = await house.phone("mai").expect('Mai ơi, nhờ xem lại bài "Hội mẹ bỉm HN" (nhóm Facebook). Lần trước, lúc 12:00')
    assert "thích 120, bình luận 45 và chia sẻ 12" in asked.body
    assert "/f/" in (asked.link or "")
    await house.phone("ana").expect_nothing()

    await count(house, mention, likes=480, replies=90)
    (told,) = lines(house, "counters_read")
    assert told.startswith(f"Mai xem lại bài #{mention} (nhóm Facebook): thích 120 → 480 và bình luận 45 → 90 trong 20 phút")

    await house.forward(minutes=16)
    await house.phone("mai").expect("thích 480, bình luận 90 và chia sẻ 12")
    await house.respond(Resolved(by="ana", reason="fixed"))
    await house.forward(hours=5)
    messages = [message for message in house.phone("mai").messages if "nhờ xem lại" in message.body]
    assert len(messages) == 2, "nobody asks about an incident that is over"
    series = house.simulation.store.database.read_now(readings.of, [mention])[mention]
    assert [(one.likes, one.replies, one.reposts, one.by) for one in series] == [(120, 45, 12, "mai"), (480, 90, 12, "mai")]
    house._phones.clear()


async def test_three_questions_without_an_answer_then_once_an_hour(groups):
    house = groups
    mention = await flag(house)
    await house.phone("ana").expect("Acme")
    await house.forward(hours=4)
    asked = [at for at, to, _, message in house.simulation.sent if to == "mai" and "nhờ xem lại" in message.body]
    begun = asked[0]
    assert [round((at - begun) / MINUTES) for at in asked] == [0, 15, 30, 90, 150, 210]
    assert sum("Ba lần chưa có trả lời" in line for line in lines(house, "counters_asked")) == 1

    await count(house, mention, likes=120)
    assert lines(house, "counters_read") == [f"Mai xem lại bài #{mention} (nhóm Facebook): số chưa thay đổi"]
    await house.forward(minutes=16)
    assert len([1 for _, to, _, message in house.simulation.sent if to == "mai" and "nhờ xem lại" in message.body]) == 7
    house._phones.clear()


async def test_a_post_that_is_gone_is_asked_for_no_more_and_loses_its_words(groups):
    house = groups
    mention = await flag(house)
    await house.phone("ana").expect("Acme")
    await house.forward(minutes=15)
    await house.phone("mai").expect("nhờ xem lại")
    await count(house, mention, gone=True)
    assert "counters_gone" in house.kinds()
    await house.forward(hours=3)
    await house.phone("mai").expect_nothing()
    (stored,) = house.simulation.store.database.read_now(mentions.get, [mention])
    assert (stored.title, stored.text) == ("", "")
    assert stored.deleted_at is not None
    assert stored.engagement.likes == 120, "its counts stay"
    with pytest.raises(Refused):
        await count(house, mention, likes=1)


async def test_whoever_has_the_incident_is_asked_where_the_flagger_is_nobody_that_we_can_reach(groups):
    house = groups
    await flag(house, by="@ban_doc_la")
    await house.phone("ana").expect("Acme")
    await house.forward(minutes=15)
    await house.phone("ana").expect("Counters again")


async def test_the_same_post_flagged_again_is_a_reading_and_no_second_mention(groups):
    house = groups
    first = await flag(house)
    await house.phone("ana").expect("Acme")
    await house.forward(minutes=5)
    assert await flag(house, FIRE.replace("120", "150"), by="ana") == first
    (told,) = lines(house, "counters_read")
    assert told.startswith("Ana xem lại")
    assert "thích 120 → 150" in told
    assert house.simulation.store.database.read_now(mentions.count) == 1
    await house.forward(minutes=11)
    await house.phone("mai").expect_nothing()
    await house.forward(minutes=5)
    await house.phone("mai").expect("thích 150")
    house._phones.clear()


async def test_an_answer_typed_to_the_bot_stands_on_the_timeline_too(groups):
    house = groups
    mention = await flag(house)
    await house.phone("ana").expect("Acme")
    counted = Counted(mention_id=mention, by="mai", engagement=Engagement(likes=200))
    await house.simulation.monitor.poller.receive("groups", Page(counted=(counted,)), house.now)
    house.simulation.touch()
    await house.settle()
    assert "thích 120 → 200" in lines(house, "counters_read")[0]


async def test_switched_off_nobody_is_asked(build_house):
    house = build_house(alerting=ALERTING, listener={"sources": [{"id": "groups", "kind": "flag", "ask_again": "0s"}]})
    await flag(house)
    await house.phone("ana").expect("Acme")
    await house.forward(hours=2)
    await house.phone("mai").expect_nothing()


async def test_a_flag_in_the_topic_of_an_open_incident_is_asked_for_though_it_is_no_evidence(groups):
    house = groups
    await house.say("Ấm Acme bốc cháy, con tôi bị bỏng", source="forum")
    await house.phone("ana").expect("Acme")
    other = await flag(house, "nhóm zalo: cư dân CT3\nthích 3\nMọi người dùng ấm Acme thấy sao ạ?")
    await house.forward(minutes=16)
    await house.phone("mai").expect('cư dân CT3" (nhóm Zalo)')
    assert [str(other)] == [str(one) for one in {entry.data["mention"] for entry in house.timeline() if entry.kind == "counters_asked"}]
