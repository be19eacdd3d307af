"""What becomes of a page that does not get through: another channel after a minute, another person, a digest; never twice without need."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from alerting import digest
from alerting.delivery import BACKOFF_S, MOST_COPIES
from alerting.events import Acknowledged
from core.errors import DeliveryFailed
from store import channels, notifications
from tests import make
from tests.alerting.desk import Desk, Phone

DOWN = DeliveryFailed("the mail server does not answer")
GONE = DeliveryFailed("no such address", permanent=True)
LOST = DeliveryFailed("the connection was lost", ambiguous=True)
TROUBLE = DeliveryFailed("status 503", ambiguous=True, answered=True)
CHANNELS = [{"kind": "log", "id": "mail"}, {"kind": "log", "id": "sms", "only": "critical"}]
PEOPLE = [{"id": "ana", "name": "Ana", "language": "en", "channels": CHANNELS}, {"id": "ben", "channels": [{"kind": "log", "id": "phone"}]}]


@pytest.fixture
async def desk(database):
    """A major incident is to be told to Ana, who keeps text messages for critical ones."""
    desk = Desk(database, people=PEOPLE)
    desk.phones |= {"ana/mail": Phone(), "ana/sms": Phone()}
    await desk.hear(make.signal())
    assert desk.incident.severity == "major"
    return desk


def waiting_for(desk, person):
    return [(one.channel, one.state) for one in desk.notifications if one.person == person]


async def test_after_a_minute_the_page_goes_out_on_the_channel_kept_for_graver_things(desk):
    desk.phone("ana/mail").answers = [DOWN] * 9
    await desk.forward()
    await desk.forward(seconds=59)
    assert desk.phone("ana/sms").got == []
    await desk.forward(seconds=2)
    (message,) = desk.phone("ana/sms").got
    assert "Sent here because the channel mail of Ana fails" in message.body
    assert desk.phone("ben").got == [], "Ana is reached"


async def test_a_channel_that_works_again_within_the_minute_needs_no_other(desk):
    desk.phone("ana/mail").answers = [DOWN]
    await desk.forward()
    await desk.forward(seconds=7)
    await desk.forward(minutes=2)
    assert [len(desk.phone(way).got) for way in ("ana/mail", "ana/sms")] == [1, 0]
    assert waiting_for(desk, "ana") == [("mail", "sent"), ("sms", "cancelled")]
    assert [one.error for one in desk.notifications if one.channel == "sms"] == ["why.reached_already"]


async def test_a_channel_that_refuses_for_good_needs_no_minute(desk):
    desk.phone("ana/mail").answers = [GONE]
    await desk.forward()
    await desk.forward()
    assert len(desk.phone("ana/sms").got) == 1


async def test_the_next_person_is_called_after_a_minute_where_no_channel_reaches_the_first(desk):
    desk.phone("ana/mail").answers, desk.phone("ana/sms").answers = [DOWN] * 99, [GONE]
    for _ in range(14):
        await desk.forward(seconds=5)
    assert len(desk.phone("ben").got) == 1
    assert desk.incident.step == 1


async def test_a_page_that_never_got_through_is_a_line_of_a_digest_once_the_channel_works(desk):
    desk.phone("ana/mail").answers, desk.phone("ana/sms").answers = [DOWN] * 99, [GONE] * 99
    desk.phone("ben").answers = [DOWN] * 999
    for _ in range(120):
        await desk.forward(minutes=1)
    desk.phone("ana/mail").answers, desk.phone("ben").answers = [], []
    for _ in range(8):
        await desk.forward(minutes=1)
    (digest,) = desk.phone("ana/mail").got
    assert digest.kind == "digest"
    assert "#1 [MAJOR]" in digest.body
    assert len(desk.phone("ben").got) == 1, "two hours of outage are one message a person and channel (R10)"


async def test_a_message_that_may_have_arrived_twice_is_not_sent_a_third_time(desk):
    desk.phone("ana/mail").answers = [LOST] * 9
    for seconds in (0, *BACKOFF_S):
        await desk.forward(seconds=seconds * 1.3)
    (mail,) = [one for one in desk.notifications if one.channel == "mail"]
    assert (mail.state, mail.attempt, mail.copies) == ("failed", MOST_COPIES, MOST_COPIES)
    assert len(desk.phone("ana/sms").got) == 1


async def test_a_service_that_says_that_it_is_in_trouble_is_tried_on(desk):
    desk.phone("ana/mail").answers = [TROUBLE] * 3
    for seconds in (0, *BACKOFF_S):
        await desk.forward(seconds=seconds * 1.3)
    (message,) = desk.phone("ana/mail").got
    assert message.possible_repeat


async def test_two_crashes_in_the_middle_of_a_message_are_two_copies_at_most(desk):
    for _ in range(MOST_COPIES):
        (begun,) = desk.database.write_now(notifications.claim, desk.now, desk.now + timedelta(seconds=60), 10)
        assert desk.database.write_now(notifications.begin, begun)
        desk.now += timedelta(seconds=61)
    await desk.forward()
    assert desk.phone("ana/mail").got == []
    assert waiting_for(desk, "ana")[0] == ("mail", "failed")
    (failed,) = [one for one in desk.notifications if one.channel == "mail"]
    assert failed.digest_id is not None, "it may never have arrived: a digest says so"
    await desk.forward()
    assert len(desk.phone("ana/sms").got) == 1


async def test_that_a_page_is_not_sent_a_third_time_makes_no_channel_red(desk):
    for _ in range(MOST_COPIES):
        (begun,) = desk.database.write_now(notifications.claim, desk.now, desk.now + timedelta(seconds=60), 10)
        assert desk.database.write_now(notifications.begin, begun)
        desk.now += timedelta(seconds=61)
    await desk.forward()
    assert desk.database.read_now(channels.red) == {}


async def test_a_digest_that_may_have_arrived_twice_outlasts_an_outage(desk):
    """Nothing stands behind a digest: what it lists would be lost with it."""
    desk.phone("ana/mail").answers, desk.phone("ana/sms").answers = [GONE], [DOWN] * 99
    desk.database.write_now(_waiting_digest, desk.now)
    for _ in range(MOST_COPIES):
        (begun,) = [
            one
            for one in desk.database.write_now(notifications.claim, desk.now, desk.now + timedelta(seconds=60), 10)
            if one.kind == "digest"
        ]
        assert desk.database.write_now(notifications.begin, begun)
        desk.now += timedelta(seconds=61)
    for _ in range(3):
        await desk.forward(minutes=6)
    desk.phone("ana/sms").answers = []
    await desk.forward(minutes=6)
    (told,) = [message for message in desk.phone("ana/sms").got if message.kind == "digest"]
    assert told.possible_repeat


async def test_a_red_channel_is_tried_and_not_relied_on(desk):
    for _ in range(channels.MISSES):
        desk.database.write_now(channels.missed, "ana", "mail", desk.now)
    await desk.forward()
    await desk.forward()
    assert [len(desk.phone(way).got) for way in ("ana/mail", "ana/sms")] == [1, 1]


async def test_a_channel_that_proves_to_work_is_red_no_more(desk):
    desk.database.write_now(channels.failed, "ana", "mail", desk.now, "blocked", True)
    await desk.forward()
    await desk.forward()
    assert [len(desk.phone(way).got) for way in ("ana/mail", "ana/sms")] == [1, 0]


async def test_where_all_channels_of_somebody_are_red_the_last_resort_hears_of_it_too(database):
    desk = Desk(database, people=PEOPLE, fallback="ben")
    desk.phones |= {"ana/mail": Phone(), "ana/sms": Phone()}
    for channel in ("mail", "sms"):
        database.write_now(channels.failed, "ana", channel, desk.now, "blocked", True)
    await desk.hear(make.signal())
    await desk.forward()
    await desk.forward()
    assert len(desk.phone("ben").got) == 1


async def test_an_acknowledgement_ends_what_another_channel_was_to_bring(desk):
    desk.phone("ana/mail").answers = [DOWN]
    await desk.forward()
    await desk.respond(Acknowledged(by="ben", via="command"))
    await desk.forward(minutes=2)
    assert [message.kind for message in desk.phone("ana/sms").got] == []


def _waiting_digest(tx, now):
    """A digest by text message that lists Ana's page, due now."""
    (page,) = notifications.of_incident(tx, 1)
    notifications.list_in(tx, page.id, digest.bundle(tx, replace(page, channel="sms"), now))
    notifications.let_go(tx, now + digest.GATHER, now)
