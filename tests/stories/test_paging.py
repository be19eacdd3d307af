"""From a post to a person who has taken it."""

from datetime import timedelta

from alerting.events import Noted, Resolved
from alerting.quotes import quotes_of
from core.silences import Silence
from store import silences

FIRE = "Acme kettle caught fire and burned my son"


async def test_the_second_manager_is_paged_when_the_first_stays_silent(house):
    await house.say("Acme app is so bad, terrible, I hate it", times=15, source="forum", within=timedelta(minutes=8))
    await house.phone("ana").expect("Acme")
    assert house.incident.status == "open"
    await house.forward(minutes=15)
    await house.phone("ben").expect("Acme")
    assert [kind for kind in house.kinds() if kind in ("opened", "notified", "escalated")] == [
        "opened",
        "notified",
        "escalated",
        "notified",
    ]
    await house.acknowledge("ben")
    await house.phone("ana").expect("update")
    await house.forward(minutes=50)  # then an update is owed: tests/stories/test_incident.py


async def test_an_acknowledgement_stops_the_escalation(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    assert await house.acknowledge("ana") == "You have taken incident #1."
    await house.forward(minutes=25)
    await house.phone("ben").expect_nothing()
    assert house.incident.next_step_at == house.incident.acknowledged_until


async def test_the_second_hand_hears_who_was_first(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    assert "Ana has had it since" in await house.acknowledge("ben")
    assert house.incident.acknowledged_by == "ana"


async def test_ten_dozen_posts_of_one_crisis_are_one_page(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    await house.say("Acme kettle on fire, boycott Acme", times=60, within=timedelta(minutes=20))
    await house.respond(Noted(by="ana", text="called the factory"))
    await house.say("Acme kettle on fire, boycott Acme now", times=60, within=timedelta(minutes=20))
    assert len(house.incidents) == 1
    await house.phone("ben").expect_nothing()


async def test_what_people_do_stands_on_the_timeline_in_order(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    await house.respond(Noted(by="ana", text="called the factory"))
    await house.respond(Resolved(by="ana", reason="recall announced"))
    await house.settle()
    kinds = house.kinds()
    assert [kind for kind in kinds if kind != "signal"] == ["opened", "playbook_attached", "notified", "acknowledged", "noted", "resolved"]


async def test_a_silenced_topic_opens_and_pages_nobody(house):
    silence = Silence(
        matches={"topic": "acme"}, starts_at=house.now, ends_at=house.now + timedelta(hours=2), by="ana", comment="our own campaign"
    )
    await house.simulation.store.database.write(silences.add, silence)
    await house.say("Acme app is so bad, terrible, I hate it", times=15, within=timedelta(minutes=8))
    assert "silenced" in house.kinds()
    await house.phone("ana").expect_nothing()


async def test_nobody_stays_forever_without_an_answer(house):
    """The policy's two rounds pass, then the last resort is told, and the timeline says so."""
    await house.say(FIRE)
    for _ in range(2):
        await house.phone("ana").expect("Acme")
        await house.forward(minutes=5)
        await house.phone("ben").expect("Acme")
        await house.forward(minutes=5)
    await house.phone("operator").expect("Acme")
    assert house.incident.status == "open"


async def test_the_evidence_tells_each_story_once(house):
    for _ in range(3):
        await house.say(FIRE)
    await house.say("My Acme kettle exploded in the kitchen")
    await house.phone("ana").expect("Acme")
    quotes = house.simulation.store.database.read_now(quotes_of, house.incident.id, 20)
    assert [quote.text for quote in quotes] == [FIRE, "My Acme kettle exploded in the kitchen"]
