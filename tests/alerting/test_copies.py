"""What was sent follows the incident: copies in chats say who has it, and no phone rings for that."""

import asyncio

import pytest

from alerting.base import Limits
from alerting.events import Acknowledged, Resolved
from core.errors import DeliveryFailed
from store import channels
from tests import make
from tests.alerting.desk import Desk, Phone


async def test_every_copy_says_who_has_it_and_no_phone_rings_for_that(database):
    desk = Desk(database, limits=Limits(edits=True))
    desk.phones = {"ana": Phone(keeps_handles=True), "ben": Phone(keeps_handles=True)}
    await desk.hear(make.signal())
    await desk.forward()
    await desk.forward(minutes=15)
    await desk.respond(Acknowledged(by="ben", via="reply"))
    await desk.forward()
    assert [message.kind for message in desk.phone("ana").got] == ["page"]
    ((said, ref),) = desk.phone("ana").edited
    assert "Ben has had it since" in said.body
    assert ref == {"message": 1}
    assert [ref for _, ref in desk.phone("ben").edited] == [{"message": 1}], "who took it has no button left to press either"
    assert [message.kind for message in desk.phone("ben").got] == ["page"]
    await desk.respond(Resolved(by="ana", reason="fixed"))
    await desk.forward()
    assert [said.kind for said, _ in desk.phone("ana").edited] == ["update", "resolved"]


async def test_a_copy_that_was_under_way_when_somebody_took_it_says_so_too(database):
    desk = Desk(database, limits=Limits(edits=True))
    desk.phones = {"ana": Phone(keeps_handles=True), "ben": Phone(keeps_handles=True)}
    await desk.hear(make.signal())
    desk.phone("ana").may_answer.clear()
    sending = asyncio.create_task(desk.forward())
    await desk.phone("ana").ringing.wait()
    await desk.respond(Acknowledged(by="ben", via="reply"))
    desk.phone("ana").may_answer.set()
    await sending
    await desk.forward()
    ((said, _),) = desk.phone("ana").edited
    assert "Ben has had it since" in said.body


async def test_a_copy_that_cannot_be_changed_any_more_is_followed_by_a_message(database):
    desk = Desk(database, limits=Limits(edits=True))
    desk.phones = {"ana": Phone(keeps_handles=True), "ben": Phone()}
    await desk.hear(make.signal())
    await desk.forward()
    desk.phone("ana").answers = [DeliveryFailed("too old to edit", permanent=True)]
    await desk.respond(Acknowledged(by="ben", via="reply"))
    await desk.forward()
    assert [message.kind for message in desk.phone("ana").got] == ["page", "update"]


async def test_whoever_took_it_gets_no_message_where_their_copy_cannot_be_changed(database):
    desk = Desk(database, limits=Limits(edits=True))
    desk.phones = {"ana": Phone(keeps_handles=True), "ben": Phone()}
    await desk.hear(make.signal())
    await desk.forward()
    desk.phone("ana").answers = [DeliveryFailed("too old to edit", permanent=True)]
    await desk.respond(Acknowledged(by="ana", via="reply"))
    await desk.forward()
    assert [message.kind for message in desk.phone("ana").got] == ["page"]


@pytest.mark.parametrize("by", ["ana", "ben"])
async def test_a_copy_that_cannot_be_changed_is_no_fault_of_the_channel(database, by):
    desk = Desk(database, limits=Limits(edits=True))
    desk.phones = {"ana": Phone(keeps_handles=True), "ben": Phone()}
    await desk.hear(make.signal())
    await desk.forward()
    desk.phone("ana").answers = [DeliveryFailed("too old to edit", permanent=True)]
    await desk.respond(Acknowledged(by=by, via="reply"))
    await desk.forward()
    assert database.read_now(channels.red) == {}
