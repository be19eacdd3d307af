"""Ambassadors in trouble, ambassadors who turn, and customers who wait: through the whole house."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from core.records import Author
from core.text import mention_key
from listener.base import Page
from tests import make
from tests.house import House

AUTHORS = [
    {"id": "ngoc", "name": "Ngọc Vlog", "names": ["Ngọc"], "role": "ambassador", "accounts": ["@ngoc.vlog"], "reach": 300_000},
    {"id": "care", "name": "Acme Care", "role": "staff", "accounts": ["@acme.care"]},
]
GROUP = {"sources": [{"id": "group", "kind": "replay", "path": "group.jsonl", "tier": "owned"}]}


@pytest.fixture
def house(build_house: Callable[..., House]) -> House:
    return build_house(authors=AUTHORS, listener=GROUP)


async def post(house: House, text: str, *, by: str, source: str = "group", **changes: object) -> None:
    """Somebody whose handle we know posts."""
    await house.listen_to(source)
    mention = replace(make.mention(text, source=source, at=house.now, **changes), author=Author(key=f"{source}/{by}", handle=by))
    await house.simulation.monitor.poller.receive(source, Page(mentions=(mention,)), house.now)
    await house.settle()


async def test_anger_about_an_ambassador_is_one_incident_of_the_brand_and_names_her(house):
    await house.say("Ngọc Vlog thái độ quá tệ, thất vọng", times=16, within=timedelta(minutes=16))
    await house.say("Ngọc Vlog ngoại tình, lừa dối fan, quá thất vọng", times=4)
    incident = house.incident
    assert (incident.kind, incident.topic_id, incident.key) == ("ambassador_in_trouble", "acme", "topic:acme|person:ngoc|-")
    assert (incident.words.args["topic"], incident.words.args["person"]) == ("Acme", "Ngọc Vlog")
    message = await house.phone("ana").expect("Ngọc Vlog")
    assert "Acme" in message.subject


async def test_the_fame_of_an_ambassador_wakes_nobody(house):
    await house.say("Ngọc Vlog hát hay quá, concert tuyệt vời", times=16, within=timedelta(minutes=16))
    await house.say("chị Ngọc hàng xóm thái độ quá tệ, thất vọng", times=16, within=timedelta(minutes=16))
    assert house.incidents == []


async def test_an_ambassador_who_turns_pages_at_once(house):
    await post(house, "Mình thất vọng với Acme quá, từ nay không hợp tác nữa, dịch vụ tệ hại", by="ngoc.vlog")
    assert (house.incident.kind, house.incident.severity) == ("ambassador_turned", "major")
    await house.phone("ana").expect("Ngọc Vlog")
    assert "role" in [factor.name for factor in house.incident.factors]


async def test_a_question_that_nobody_answers_is_told_and_an_answer_in_time_is_not(house):
    await post(house, "Cho em hỏi Acme bảo hành ở đâu ạ?", by="lan", native_id="q1")
    await post(house, "Cho em hỏi Acme có trả góp không ạ?", by="minh", native_id="q2")
    await house.forward(minutes=20)
    await post(house, "Acme chào bạn, bảo hành ở quận 1 ạ", by="acme.care", reply_to="q1", parent_key=mention_key("test", "group", "q1"))
    await house.forward(minutes=90)
    (signal,) = house.signals()
    assert (house.incident.kind, house.incident.severity, signal.observed) == ("question_unanswered", "watch", 1.0)
    assert house.phone("ana").messages == []
