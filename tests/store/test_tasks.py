from msgspec.structs import replace

from core.records import Incident, Words
from store import incidents, tasks
from store.tasks import LOOK, Task


def opened(database, now, **changes):
    words = Words(key="signal.single_risk")
    incident = Incident(
        key="topic:acme|harm|-", kind="single_risk", words=words, severity="major", opened_at=now, last_signal_at=now, **changes
    )
    return database.write_now(incidents.create, incident)


def test_a_task_comes_back_as_it_was_put_in(database, now):
    task = Task(
        incident_id=opened(database, now),
        kind=LOOK,
        what="3 nhóm",
        created_at=now,
        created_by="looks",
        owner="mai",
        due_at=now,
        data={"why": "closed"},
    )
    (number,) = database.write_now(tasks.add, [task])
    assert database.read_now(tasks.of_incident, task.incident_id, LOOK) == [replace(task, id=number)]
    assert database.read_now(tasks.of_incident, task.incident_id, "hand-off") == []
    assert database.write_now(tasks.add, []) == []


def test_what_is_done_or_belongs_to_a_closed_incident_waits_no_more(database, now):
    number = opened(database, now)
    database.write_now(tasks.add, [Task(incident_id=number, kind=LOOK, what=what, created_at=now, created_by="x") for what in "ab"])
    first, second = database.read_now(tasks.waiting, LOOK)
    database.write_now(tasks.change, first, {"done_at": now, "outcome": "nothing"})
    assert database.read_now(tasks.waiting, LOOK) == [second]
    incident = database.read_now(incidents.get, number)
    database.write_now(incidents.save, replace(incident, status="resolved", version=1), incident.version)
    assert database.read_now(tasks.waiting, LOOK) == []
