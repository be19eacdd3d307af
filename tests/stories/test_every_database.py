"""The same story, word for word, on SQLite and on PostgreSQL."""

from datetime import timedelta

from alerting.events import Resolved
from tests.house import House


async def test_the_same_story_is_told_on_every_database(database_url):
    house = House(database_url)
    await house.quiet_days(1, per_day=6)
    await house.say("Acme kettle caught fire and burned my hand", source="press")
    await house.phone("ana").expect("Acme")
    await house.say("Ấm Acme bốc cháy, tẩy chay đi mọi người", times=10, within=timedelta(minutes=3))
    await house.phone("ben").expect("Acme")
    await house.acknowledge("ben")
    await house.phone("ana").expect("update")
    await house.respond(Resolved(by="ben", reason="recall announced"))
    await house.phone("ana").expect("closed")
    kinds = [kind for kind in house.kinds() if kind != "signal"]
    assert kinds == ["opened", "playbook_attached", "notified", "escalated", "notified", "acknowledged", "notified", "resolved", "notified"]
    assert len(house.signals()) >= 2
    await house.close()
