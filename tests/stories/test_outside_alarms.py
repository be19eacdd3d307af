"""Another monitor rings: the on-call is paged with the outage playbook, and what people say of it joins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerting.events import Acknowledged
from console.assemble import Monitor
from core.outside import Alarm
from listener.base import Page
from tests import make
from tests.house import House

NIGHT = make.NOON + timedelta(hours=14)  # two in the morning in Hà Nội
TOKEN = "bi-mat-cua-alertmanager"


@pytest.fixture
def house(build_house: Callable[..., House]) -> House:
    return alarmed(build_house)


def alarmed(build_house: Callable[..., House], **source: Any) -> House:
    own = {"id": "alerts", "kind": "alertmanager", "secrets": [TOKEN], "tier": "owned", "topic": "acme", **source}
    return build_house(listening=True, start=NIGHT, language="vi", listener={"sources": [own]})


async def tell(house: House, status: str = "firing", *, at: datetime | None = None, **changes: Any) -> None:
    told = {"id": "a1", "name": "ShopDown", "severity": "critical", "summary": "Trang đặt hàng không trả lời", "risk": "outage", **changes}
    page = Page(alarms=(Alarm(status=status, at=at or house.now, **told),))
    monitor: Monitor = house.simulation.monitor
    await monitor.poller.receive("alerts", page, house.now)
    await house.settle()


async def test_alertmanager_says_the_shop_is_down_at_two_and_the_on_call_is_paged_with_the_outage_playbook(house: House) -> None:
    start = house.now
    await tell(house)
    message = await house.phone("ana").expect("alerts báo: ShopDown: Trang đặt hàng không trả lời")
    assert "hệ thống giám sát xếp mức khẩn cấp" in message.body
    assert (house.incident.severity, house.incident.playbook_id, house.incident.topic_id) == ("critical", "service-outage", "acme")
    await tell(house, at=start)  # Alertmanager repeats itself
    await house.respond(Acknowledged(by="ana", via="command"))
    await tell(house, at=start + timedelta(minutes=1))
    assert house.kinds().count("signal") == 2, "another start is another alarm, the same one is not"


async def test_resolved_is_noted_and_closes_what_holds_nothing_else(house: House) -> None:
    start = house.now
    await tell(house)
    await house.phone("ana").expect("ShopDown")
    await house.respond(Acknowledged(by="ana", via="command"))
    await tell(house, at=start)
    await tell(house, id="a2", name="PaymentsDown", severity="warning", at=start)
    await house.forward(minutes=80)
    await tell(house, "resolved")
    assert "alarm_over" in house.kinds()
    assert house.incident.is_open
    await tell(house, "resolved", id="a2", name="PaymentsDown")
    await house.phone("ana").expect("Hết lúc 03:2")
    assert (house.incident.status, house.incident.close_reason) == ("resolved", "alarm_over")
    await tell(house, "resolved")
    await tell(house, "resolved", id="never-heard-of")
    assert len(house.incidents) == 1


async def test_people_who_complain_of_the_outage_join_it_and_it_stays_open_when_the_alarm_is_over(house: House) -> None:
    await tell(house)
    await house.phone("ana").expect("ShopDown")
    await house.respond(Acknowledged(by="ana", via="command"))
    await house.say("app Acme bị sập rồi, không đăng nhập được", times=12, source="forum")
    assert len(house.incidents) == 1
    assert {signal.kind for signal in house.signals()} > {"outside_alert"}
    await house.forward(minutes=30)
    await tell(house, "resolved")
    assert house.incident.is_open
    assert house.timeline()[-1].kind == "alarm_over"


async def test_three_hundred_alarms_without_a_topic_are_one_incident(build_house: Callable[..., House]) -> None:
    house = alarmed(build_house, topic=None)
    page = tuple(Alarm(id=f"a{number}", name="ShopDown", status="firing", at=house.now, severity="minor") for number in range(300))
    await house.simulation.monitor.poller.receive("alerts", Page(alarms=page), house.now)
    await house.settle()
    assert len(house.incidents) == 1
    assert house.incident.topic_id is None
    await house.phone("ana").expect("ShopDown")
    await house.respond(Acknowledged(by="ana", via="command"))


async def test_a_reminder_is_news_only_where_the_first_message_never_came(house: House) -> None:
    await tell(house, again=True)
    await house.phone("ana").expect("ShopDown")
    await house.respond(Acknowledged(by="ana", via="command"))
    await house.forward(minutes=10)
    await tell(house, again=True)
    assert house.kinds().count("signal") == 1
