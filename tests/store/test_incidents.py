from datetime import timedelta

import pytest
from msgspec.structs import replace

from core.errors import StaleVersion
from core.records import Factor, Incident, TimelineEntry, Words
from store import incidents

HOUR = timedelta(hours=1)


def incident(now, **changes):
    values = {"key": "acme/recall", "kind": "single_risk", "words": Words(key="signal.single_risk"), "severity": "major"}
    return Incident(**{**values, "opened_at": now, "last_signal_at": now, "topic_id": "acme", "version": 1, **changes})


def created(database, new):
    number = database.write_now(incidents.create, new)
    return database.read_now(incidents.get, number)


def test_an_incident_comes_back_as_it_was(database, now):
    whole = incident(
        now,
        factors=(Factor(name="reach", value=None, speaks_for=None), Factor(name="pace", value=2.5, speaks_for="critical")),
        policy={"steps": [{"notify": ["ana"], "after": 0}]},
        playbook_because=Words(key="playbook.because", args={"n": 1}),
        acknowledged_at=now,
        acknowledged_by="Ân",
        next_step_at=now + HOUR,
    )
    back = created(database, whole)
    assert back == replace(whole, id=back.id)
    assert database.read_now(incidents.get, 999_999) is None


def test_of_two_that_open_the_same_incident_one_does(database, now):
    first = created(database, incident(now))
    assert database.write_now(incidents.create, incident(now)) is None
    assert database.write_now(incidents.create, incident(now, world="drill")) is not None
    database.write_now(incidents.save, replace(first, status="resolved", resolved_at=now, version=2), 1)
    assert database.write_now(incidents.create, incident(now)) is not None


def test_who_decided_on_an_old_version_changes_nothing(database, now):
    read = created(database, incident(now))
    database.write_now(incidents.save, replace(read, status="acknowledged", version=2), 1)
    with pytest.raises(StaleVersion):
        database.write_now(incidents.save, replace(read, step=1, version=2), 1)
    back = database.read_now(incidents.get, read.id)
    assert (back.status, back.step, back.version) == ("acknowledged", 0, 2)


def test_beside_stand_the_open_and_the_lately_closed_of_the_topic(database, now):
    def ids(topic="acme", key="acme/recall", world="live"):
        return [one.id for one in database.read_now(incidents.beside, topic, key, world, now - HOUR)]

    old = created(database, incident(now, key="a", status="resolved", resolved_at=now - 2 * HOUR))
    lately = created(database, incident(now, key="b", status="resolved", resolved_at=now - HOUR))
    is_open = created(database, incident(now, key="c"))
    drill = created(database, incident(now, key="c", world="drill"))
    no_topic = created(database, incident(now, key="source:forum", topic_id=None))
    assert ids() == [lately.id, is_open.id]
    assert ids(world="drill") == [drill.id]
    assert ids(topic=None, key="source:forum") == [no_topic.id]
    assert old.id not in ids()


def test_the_newest_are_listed_first(database, now):
    numbers = [
        created(database, incident(now, key=key, status=status)).id for key, status in (("a", "open"), ("b", "resolved"), ("c", "open"))
    ]
    assert [one.id for one in database.read_now(incidents.listing)] == numbers[::-1]
    assert [one.id for one in database.read_now(incidents.listing, statuses=("open",), limit=1)] == numbers[2:]


def test_the_longest_waiting_step_is_escalated_first(database, now):
    assert database.read_now(incidents.next_escalation) is None
    created(database, incident(now, key="none"))
    second = created(database, incident(now, key="b", next_step_at=now))
    first = created(database, incident(now, key="a", next_step_at=now - HOUR))
    created(database, incident(now, key="later", next_step_at=now + HOUR))
    assert [one.id for one in database.read_now(incidents.to_escalate, now, 10)] == [first.id, second.id]
    assert database.read_now(incidents.next_escalation) == now - HOUR


def test_the_timeline_keeps_the_order_in_which_it_was_written(database, now):
    number = created(database, incident(now)).id
    entries = [
        TimelineEntry(at=at, kind=kind, actor="Ân", words=Words(key="timeline.noted", args={"text": "Ấm"}), data={"ids": [1, 2]})
        for at, kind in ((now, "opened"), (now - HOUR, "noted"))
    ]
    database.write_now(incidents.add_entries, number, entries)
    database.write_now(incidents.add_entries, number, [])
    found = database.read_now(incidents.entries, number)
    assert [replace(entry, id=0) for entry in found] == [replace(entry, incident_id=number) for entry in entries]
