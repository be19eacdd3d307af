"""The stage that hears answers: once each, in their order, and never deaf for long."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from core.errors import DeliveryFailed, SourceRejected, SourceUnavailable
from store import dead_letters, replies
from store.database import Database
from tests import make
from tests.alerting.inbox.fake import Answering


@pytest.fixture
async def desk(sqlite_url):
    """Lan and Ana were called for a recall."""
    database = Database(sqlite_url, durable=False)
    built = Answering(database)
    await built.hear(make.signal())
    await built.forward()
    yield built
    await built.inboxes.close()
    database.close()


def state(desk):
    return desk.database.read_now(replies.state, "chat")


async def test_who_answers_takes_it_and_reads_what_comes_first(desk):
    said = await desk.write("lan", "ok em nhận nha")
    assert said.startswith("Em đã ghi: chị Lan nhận #1 lúc 12:00. Bước đầu: ")
    assert desk.incident.acknowledged_by == "lan"
    assert desk.timeline()[-1].words.args["via"] == "chat"


async def test_the_acknowledgement_wakes_the_dispatcher(desk):
    assert len(desk.store.notifications) == 0
    await desk.write("lan", "nhận")
    assert len(desk.store.notifications) == 1
    await desk.forward()
    assert "Lan" in desk.phone("ana").got[-1].body


async def test_the_same_reply_twice_does_nothing_twice(desk):
    reply = desk.reply("lan", "ghi: khách gọi")
    await desk.come(reply)
    desk.now += timedelta(seconds=2)
    await desk.come(reply)
    assert desk.kinds().count("noted") == 1
    assert len(desk.inbox.said) == 1


async def test_the_cursor_is_kept_with_the_last_reply(desk):
    await desk.come(desk.reply("lan", "nhận"), cursor="c1")
    assert state(desk).cursor == "c1"
    desk.now += timedelta(minutes=1)
    await desk.look()
    assert desk.inbox.cursors[-1] == "c1"


async def test_an_inbox_that_is_down_is_backed_off_told_and_heard_again(desk):
    with capture_logs() as lines:
        await desk.come(SourceUnavailable("chat", "no answer"))
        first = state(desk)
        await desk.look()
        assert len(desk.inbox.cursors) == 1
        desk.now += timedelta(seconds=6)
        await desk.come(SourceUnavailable("chat", "no answer"))
        desk.now += timedelta(minutes=1)
        await desk.come(desk.reply("lan", "nhận"))
    assert (first.failing_since, first.because) == (make.NOON, "no answer")
    assert state(desk).failing_since is None
    assert desk.incident.acknowledged_by == "lan"
    told = [line["event"] for line in lines if line["event"].startswith("inbox")]
    assert told == ["inbox not heard", "inbox recovered"]


async def test_what_a_service_asks_to_wait_is_waited(desk):
    await desk.come(SourceUnavailable("chat", "too many", retry_after_s=120))
    desk.now += timedelta(seconds=119)
    await desk.look()
    assert len(desk.inbox.cursors) == 1
    desk.now += timedelta(seconds=2)
    await desk.look()
    assert len(desk.inbox.cursors) == 2


async def test_refused_credentials_wait_a_quarter_of_an_hour(desk):
    await desk.come(SourceRejected("chat", "the token is refused"))
    desk.now += timedelta(minutes=14)
    await desk.look()
    assert len(desk.inbox.cursors) == 1


async def test_an_inbox_of_bugs_does_not_stop_the_stage(desk):
    await desk.come(KeyError("x"))
    assert state(desk).because == "a bug: KeyError"


async def test_a_reply_that_breaks_its_handling_is_a_dead_letter_and_the_next_is_heard(desk, monkeypatch):
    real = desk.handler.handle

    def handle(tx, kind, reply, now):
        if "bomb" in reply.text:
            raise RuntimeError("boom")
        return real(tx, kind, reply, now)

    monkeypatch.setattr(desk.handler, "handle", handle)
    bomb = desk.reply("lan", "bomb")
    await desk.come(bomb, desk.reply("ana", "ack"), cursor="c2")
    assert desk.incident.acknowledged_by == "ana"
    assert state(desk).cursor == "c2"
    (letter,) = desk.database.read_now(dead_letters.listing)
    assert (letter.stage, letter.error) == ("inboxes", "RuntimeError")
    assert "bomb" not in repr(letter)
    assert next(text for reply, text in desk.inbox.said if reply.native_id == bomb.native_id).startswith("Em chưa làm được")


async def test_an_answer_that_cannot_be_said_is_said_later(desk):
    desk.inbox.refuses = [DeliveryFailed("no answer")]
    await desk.write("lan", "nhận")
    assert desk.inbox.said == []
    assert desk.incident.acknowledged_by == "lan"
    desk.now += timedelta(seconds=5)
    await desk.look()
    assert len(desk.inbox.said) == 1


async def test_an_answer_that_never_can_be_said_is_let_go(desk):
    desk.inbox.refuses = [DeliveryFailed("blocked", permanent=True)]
    await desk.write("lan", "nhận")
    desk.now += timedelta(seconds=5)
    await desk.look()
    assert desk.inbox.said == []


async def test_an_answer_too_late_to_matter_is_not_said(desk):
    desk.inbox.refuses = [DeliveryFailed("no answer")]
    await desk.write("lan", "nhận")
    desk.now += timedelta(minutes=11)
    await desk.look()
    assert desk.inbox.said == []


async def test_a_look_outlives_its_step_and_ends_when_the_stage_does(desk):
    desk.inbox.may_end.clear()
    due = await desk.inboxes.step(desk.now)
    assert due == desk.now + timedelta(seconds=30)
    assert desk.inbox.listening.is_set()
    await desk.inboxes.close()
    assert await asyncio.wait_for(desk.inboxes.step(desk.now + timedelta(minutes=1)), 2)
    assert len(desk.inbox.cursors) == 2


async def test_two_processes_do_not_share_an_inbox(desk):
    other = Answering.__new__(Answering)
    other.__dict__ |= desk.__dict__
    other.inbox = type(desk.inbox)()
    other.inboxes = type(desk.inboxes)(desk.store, {"chat": other.inbox}, desk.handler, now=lambda: desk.now)
    desk.inbox.may_end.clear()
    await desk.inboxes.step(desk.now)
    await other.inboxes.step(desk.now)
    assert other.inbox.cursors == []
    await desk.inboxes.close()
    desk.now += timedelta(seconds=31)
    await other.inboxes.step(desk.now)
    assert len(other.inbox.cursors) == 1
    await other.inboxes.close()
