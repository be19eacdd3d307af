"""Replies once each, answers until they are said, inboxes of one process; and what an answer is about. On both databases."""

from datetime import timedelta

from core.records import Notification
from store import notifications, replies, told
from tests import make

NOW = make.NOON


def add(database, native_id, sender="u1", at=NOW):
    return database.write_now(replies.add, "chat", native_id, at, sender)


def test_the_same_reply_is_added_once(database):
    assert add(database, "m1") is not None
    assert add(database, "m1") is None
    assert database.write_now(replies.add, "mail", "m1", NOW, "u1") is not None


def test_an_answer_waits_until_it_is_said(database):
    first, second = add(database, "m1"), add(database, "m2")
    database.write_now(replies.settle, first, {"person": "lan", "answer": {"key": "reply.help", "args": {}}})
    database.write_now(replies.settle, second, {"person": "lan"})
    (row,) = database.read_now(replies.unanswered, "chat", NOW)
    assert (row.id, row.person, row.answer) == (first, "lan", {"key": "reply.help", "args": {}})
    assert database.read_now(replies.unanswered, "chat", NOW + timedelta(seconds=1)) == []
    database.write_now(replies.answered, first, NOW)
    assert database.read_now(replies.unanswered, "chat", NOW) == []


def test_what_somebody_wrote_before(database):
    rows = [add(database, f"m{number}", at=NOW + timedelta(minutes=number)) for number in range(3)]
    add(database, "other", sender="u2")
    found = database.read_now(replies.of_sender, "chat", "u1", NOW + timedelta(minutes=1), before=rows[2])
    assert [row.native_id for row in found] == ["m1"]


def test_an_inbox_belongs_to_one_process_at_a_time(database):
    length = timedelta(minutes=2)
    assert database.write_now(replies.hold, "chat", "a", NOW, length) is not None
    assert database.write_now(replies.hold, "chat", "b", NOW, length) is None
    assert database.write_now(replies.hold, "chat", "a", NOW, length) is not None
    database.write_now(replies.change_state, "chat", NOW, cursor="c1")
    taken = database.write_now(replies.hold, "chat", "b", NOW + length, length)
    assert (taken.cursor, taken.held_by) == ("c1", "b")
    assert set(database.read_now(replies.states)) == {"chat"}


def test_a_message_is_known_by_its_handle_or_part_of_it(database):
    planned = Notification(key="k" * 64, incident_id=None, kind="test", person="lan", channel="chat", due_at=NOW, planned_at=NOW)
    (number,) = database.write_now(notifications.plan, [planned])
    (claimed,) = database.write_now(notifications.claim, NOW, NOW + timedelta(minutes=1), 1)
    database.write_now(notifications.mark_sent, claimed, "", {"chat": 5, "message": 7}, NOW)
    since = NOW - timedelta(days=1)
    assert database.read_now(told.about, {"message": 7}, since) == number
    assert database.read_now(told.about, {"chat": 5, "message": 7}, since) == number
    assert database.read_now(told.about, {"chat": 6, "message": 7}, since) is None
    assert database.read_now(told.about, {"message": 7}, NOW + timedelta(seconds=1)) is None
    assert database.read_now(told.incident_of, number) is None
