"""The Dispatcher on both databases, with phones that answer what the test tells them to."""

import asyncio
import itertools
from datetime import timedelta

import pytest
import structlog
from msgspec.structs import replace

from alerting.delivery import BACKOFF_S, GIVE_UP, backoff
from alerting.dispatch import CLAIM
from alerting.events import Acknowledged
from core.errors import DeliveryFailed
from store import incidents, notifications, recover
from tests import make
from tests.alerting.desk import Desk

DOWN = DeliveryFailed("the mail server does not answer")


@pytest.fixture
def desk(database):
    return Desk(database)


@pytest.fixture
async def paged(desk):
    """A desk at which Ana is to be called."""
    await desk.hear(make.signal())
    return desk


def states(desk):
    return [(one.person, one.state, one.attempt) for one in desk.notifications]


async def test_what_was_decided_is_sent_and_its_receipt_stands_on_the_timeline(paged):
    await paged.forward()
    (message,) = paged.phone("ana").got
    assert message.incident_id == paged.incident.id
    assert not message.possible_repeat
    (sent,) = paged.notifications
    assert (sent.state, sent.attempt, sent.receipt, sent.sent_at) == ("sent", 1, "r1 ok", paged.now)
    entry = paged.timeline()[-1]
    assert entry.kind == "notified"
    assert entry.words.args == {"person": "Ana", "channel": "phone", "receipt": "r1 ok"}


async def test_a_message_carries_a_link_that_opens_its_incident(paged):
    await paged.forward()
    (message,) = paged.phone("ana").got
    token = message.link.removeprefix("http://tocsin.example/i/")
    assert paged.signer.read_link(token, paged.now) == paged.notifications[0].link_id


async def test_what_was_sent_is_not_sent_again(paged):
    await paged.forward()
    await paged.forward(minutes=1)
    assert len(paged.phone("ana").got) == 1


async def test_an_incident_that_was_taken_between_claim_and_sending_is_not_sent(paged):
    """Another process claims, then somebody takes the incident, then it would send."""
    claimed = paged.database.write_now(notifications.claim, paged.now, paged.now + CLAIM, 10)
    await paged.respond(Acknowledged(by="ben", via="command"))
    assert not paged.database.write_now(notifications.begin, claimed[0])
    await paged.dispatcher._dispatch(claimed[0], paged.now)
    assert paged.phone("ana").got == []
    assert states(paged)[0] == ("ana", "cancelled", 1)


async def test_what_went_out_while_it_was_being_taken_is_told_all_the_same(paged):
    phone = paged.phone("ana")
    phone.may_answer.clear()
    sending = asyncio.create_task(paged.forward())
    await phone.ringing.wait()
    await paged.respond(Acknowledged(by="ben", via="command"))
    phone.may_answer.set()
    await sending
    assert [one.kind for one in phone.got] == ["page"]
    assert "notified" in paged.kinds()
    assert states(paged)[0] == ("ana", "sent", 1)


async def test_a_lasting_outage_is_tried_again_ever_more_slowly_and_given_up_after_half_an_hour(paged):
    phone = paged.phone("ana")
    phone.answers = [DOWN] * 99
    tried = []
    while (one := paged.notifications[0]).state == "planned":
        paged.now = max(paged.now, one.due_at)
        await paged.dispatcher.step(paged.now)
        tried.append(paged.now)
    waits = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(tried)]
    for wait, planned in zip(waits, [*BACKOFF_S, *[300] * 9], strict=False):
        assert 0.8 * planned <= wait <= 1.2 * planned
    assert len(waits) >= len(BACKOFF_S)
    assert paged.notifications[0].state == "failed"
    assert tried[-1] - tried[0] <= GIVE_UP
    told = [entry.words.args["reason"] for entry in paged.timeline() if entry.kind == "delivery_failed" and entry.data["notification"] == 1]
    assert told == [DOWN.reason] * 2, "once when it begins, once when it is given up"


def test_waiting_is_spread_and_the_same_each_time():
    waits = {backoff(f"key{number}", 2, DOWN) for number in range(50)}
    assert min(waits) >= timedelta(seconds=12)
    assert max(waits) <= timedelta(seconds=18)
    assert len(waits) == 50
    assert backoff("key", 2, DOWN) == backoff("key", 2, DOWN)


def test_what_the_service_asked_for_is_waited_out():
    assert backoff("key", 1, DeliveryFailed("slow down", retry_after_s=600)) == timedelta(minutes=10)


async def test_a_permanent_failure_calls_the_next_person_at_once(paged):
    paged.phone("ana").answers = [DeliveryFailed("no such address", permanent=True)]
    await paged.forward()
    assert states(paged) == [("ana", "failed", 1)]
    await paged.forward()
    assert len(paged.phone("ben").got) == 1
    assert [kind for kind in paged.kinds() if kind != "signal"][-3:] == ["delivery_failed", "escalated", "notified"]


async def test_the_next_person_is_not_called_while_another_channel_may_still_reach_the_first(database):
    both = [{"kind": "log", "id": "mail"}, {"kind": "log", "id": "phone"}]
    desk = Desk(database, people=[{"id": "ana", "channels": both}, {"id": "ben"}])
    await desk.hear(make.signal())
    desk.phone("ana").answers = [DeliveryFailed("no such address", permanent=True)]
    await desk.forward()
    await desk.forward()
    assert sorted(one.state for one in desk.notifications) == ["failed", "sent"]
    assert desk.phone("ben").got == []


async def test_an_ambiguous_failure_flags_the_repeat(paged):
    paged.phone("ana").answers = [DeliveryFailed("connection lost", ambiguous=True)]
    await paged.forward()
    await paged.forward(seconds=6)
    (message,) = paged.phone("ana").got
    assert message.possible_repeat
    assert paged.timeline()[-1].words.key == "timeline.notified_again"


async def test_a_plain_failure_is_no_repeat(paged):
    paged.phone("ana").answers = [DOWN]
    await paged.forward()
    await paged.forward(seconds=6)
    assert [message.possible_repeat for message in paged.phone("ana").got] == [False]


async def test_a_notifiers_bug_is_told_and_tried_again(paged):
    paged.phone("ana").answers = [KeyError("secret-token")]
    with structlog.testing.capture_logs() as logs:
        await paged.forward()
    assert "notifier failed" in [entry["event"] for entry in logs]
    assert paged.timeline()[-1].words.args["reason"] == "a bug: KeyError"
    await paged.forward(seconds=6)
    assert len(paged.phone("ana").got) == 1


async def test_a_hanging_notifier_times_out_and_keeps_nobody_waiting(database):
    policies = [{"id": "all", "steps": [{"notify": ["ana", "ben"]}]}]
    desk = Desk(database, send_timeout_s=0.05, policies=policies)
    await desk.hear(make.signal())
    desk.phone("ana").may_answer.clear()
    await desk.forward()
    assert states(desk) == [("ana", "planned", 1), ("ben", "sent", 1)]
    assert desk.notifications[0].possible_repeat, "it may have arrived"


async def test_an_incident_that_cannot_be_told_keeps_no_other(desk):
    """Its policy was damaged by hand; the message cannot be made, which is told and tried again, and the other goes out."""
    await desk.hear(make.signal(), make.signal(risk="outage", subject="topic:acme/outage"))

    def damage(tx):
        broken = incidents.get(tx, 1)
        incidents.save(tx, replace(broken, policy={**broken.policy, "steps": [{}, {}]}, version=9), broken.version)

    desk.database.write_now(damage)
    await desk.forward()
    assert [message.incident_id for message in desk.phone("ana").got] == [2]
    assert desk.timeline(1)[-1].words.args["reason"] == "a bug: KeyError"


async def test_a_person_who_left_is_not_written_to(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    reloaded = Desk(database, people=[{"id": "ben"}], policies=[{"id": "default", "steps": [{"notify": ["ben"]}]}])
    await reloaded.forward()
    (one,) = desk.notifications
    assert (one.state, one.error) == ("cancelled", "why.not_configured")


async def test_what_a_predecessor_began_to_send_goes_out_once_more_flagged(paged):
    (begun,) = paged.database.write_now(notifications.claim, paged.now, paged.now + CLAIM, 10)
    assert paged.database.write_now(notifications.begin, begun)  # and then it was killed
    await paged.forward(seconds=1)
    assert paged.phone("ana").got == []
    paged.database.write_now(recover.lapse_claims, paged.now)
    await paged.forward()
    assert [message.possible_repeat for message in paged.phone("ana").got] == [True]


async def test_what_a_predecessor_claimed_and_never_began_is_no_repeat(paged):
    paged.database.write_now(notifications.claim, paged.now, paged.now + CLAIM, 10)  # and then it was killed
    paged.database.write_now(recover.lapse_claims, paged.now)
    await paged.forward()
    assert [message.possible_repeat for message in paged.phone("ana").got] == [False]


async def test_a_slow_owner_cannot_overwrite_its_successor(paged):
    (slow,) = paged.database.write_now(notifications.claim, paged.now, paged.now + CLAIM, 10)
    await paged.forward(minutes=2)
    assert paged.notifications[0].state == "sent"
    assert not paged.database.write_now(notifications.mark, slow, {"state": "failed", "error": "late"})
    assert paged.notifications[0].state == "sent"


async def test_nobody_answers_and_the_next_step_is_called_when_due(paged):
    await paged.forward()
    due = await paged.dispatcher.step(paged.now)
    assert due == paged.now + timedelta(seconds=5), "it sweeps, for another process may have planned something"
    await paged.forward(minutes=14, seconds=59)
    assert paged.phone("ben").got == []
    await paged.forward(seconds=1)
    assert len(paged.phone("ben").got) == 1
