"""What goes out by itself and what stands in a digest: storms, nights, what comes too late."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from alerting.delivery import GIVE_UP
from alerting.events import Resolved
from core.errors import DeliveryFailed
from store import incidents, notifications
from tests import make
from tests.alerting.desk import Desk

TOPICS = [f"brand{number}" for number in range(12)]


@pytest.fixture
def desk(database):
    return Desk(database)


async def storm(desk, topics=TOPICS, **changes):
    """Every brand has an incident at the same moment."""
    await desk.hear(*(make.signal(topic=topic, subject=f"topic:{topic}", **changes) for topic in topics))


def why(desk):
    told = [one for incident in desk.incidents for one in desk.database.read_now(notifications.of_incident, incident.id)]
    return [one.error for one in told if one.state == "bundled"]


async def test_five_pages_then_one_digest_that_names_all_others(desk):
    await storm(desk)
    await desk.forward()
    await desk.forward(seconds=61)
    *pages, digest = desk.phone("ana").got
    assert [message.kind for message in pages] == ["page"] * 5
    assert digest.kind == "digest"
    assert [incident.id for incident in desk.incidents if f"#{incident.id} " in digest.body] == list(range(6, 13))
    assert why(desk) == ["why.storm"] * 7


async def test_a_storm_that_goes_on_is_a_digest_every_quarter_of_an_hour(desk):
    for minute in range(20):
        await storm(desk, [f"brand{minute}-{number}" for number in range(10)])
        await desk.forward(minutes=1)
    kinds = [message.kind for message in desk.phone("ana").got]
    assert kinds.count("digest") <= 2
    assert kinds.count("page") <= 10


async def test_the_first_page_of_a_critical_incident_is_never_held_back(desk):
    await storm(desk)
    await desk.forward()
    await desk.hear(make.signal(topic="acme", subject="topic:acme", risk="injury", frozen={"level": 1}))
    critical = desk.incidents[-1]
    desk.database.write_now(_make_critical, critical.id)
    await desk.forward()
    assert desk.phone("ana").got[-1].incident_id == critical.id


async def test_the_night_of_a_person_holds_back_what_is_not_critical(database):
    night = {"hours": "22:00-07:00"}
    people = [{"id": "ana", "language": "en", "quiet_hours": night, "channels": [{"kind": "log", "id": "phone"}]}, {"id": "ben"}]
    desk = Desk(database, people=people)
    desk.now = make.NOON + timedelta(hours=12)  # midnight in Hà Nội
    await desk.hear(make.signal(at=desk.now))
    await desk.forward()
    assert (desk.phone("ana").got, why(desk)) == ([], ["why.quiet_hours"])
    await desk.forward(minutes=15)
    assert len(desk.phone("ben").got) == 1, "the policy goes on, for somebody may be awake"
    await desk.forward(hours=6, minutes=46)
    assert [message.kind for message in desk.phone("ana").got][:1] == ["digest"]
    assert "During your quiet hours" in desk.phone("ana").got[0].body


async def test_a_page_that_comes_half_an_hour_late_wakes_nobody(desk):
    await desk.hear(make.signal())
    desk.now += GIVE_UP + timedelta(minutes=1)  # nobody dispatched: the machine was off
    desk.database.write_now(_no_escalation)
    await desk.forward()
    assert (desk.phone("ana").got, why(desk)) == ([], ["why.stale"])
    await desk.forward(minutes=1)
    assert [message.kind for message in desk.phone("ana").got] == ["digest"]


async def test_a_digest_of_incidents_that_are_closed_by_then_is_not_sent(desk):
    await storm(desk)
    await desk.forward()
    for incident in desk.incidents:
        await desk.respond(Resolved(by="ben", reason="fixed"), incident.id)
    await desk.forward(seconds=61)
    assert [message.kind for message in desk.phone("ana").got if message.kind == "digest"] == []


async def test_a_digest_is_tried_until_it_gets_through(desk):
    await storm(desk)
    await desk.forward()
    desk.phone("ana").answers = [DeliveryFailed("down")] * 30
    for _ in range(60):
        await desk.forward(minutes=2)
    assert "digest" in [message.kind for message in desk.phone("ana").got]


def _make_critical(tx, incident_id):
    _change(tx, incident_id, severity="critical")


def _no_escalation(tx):
    _change(tx, 1, next_step_at=None)


def _change(tx, incident_id, **changes):
    incident = incidents.get(tx, incident_id)
    incidents.save(tx, replace(incident, **changes, version=incident.version + 1), incident.version)
