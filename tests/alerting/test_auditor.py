"""Every open incident has a next step or a true reason; a hundred thousand closed ones cost nothing."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from alerting.auditor import audit, mend
from core.errors import StaleVersion
from core.records import Incident, Words
from core.silences import Silence
from store import incidents, open_incidents, silences
from tests import make

POLICY = {"id": "default", "steps": [{"notify": ["ana"], "after_s": 0.0}], "repeat": 0, "again_after_s": 900.0, "fallback": []}
LATER = make.NOON + timedelta(minutes=10)


def open_incident(database, key, **changes):
    values = {"policy": POLICY, "next_step_at": None, "last_signal_at": make.NOON}
    incident = Incident(key=key, kind="x", words=Words(key="x"), severity="major", opened_at=make.NOON, **{**values, **changes})
    return database.write_now(incidents.create, incident)


def found(database):
    seen = database.read_now(audit, LATER)
    return [one.id for one in seen.lost], [one.id for one in seen.late]


def test_an_incident_that_called_nobody_and_has_no_reason_is_lost_and_is_mended(database):
    number = open_incident(database, "lost")
    assert found(database) == ([number], [])
    (lost,) = database.read_now(audit, LATER).lost
    database.write_now(mend, lost, LATER)
    assert [one.id for one in database.read_now(incidents.to_escalate, LATER, 10)] == [number]
    assert found(database) == ([], [])


def test_a_step_that_nobody_takes_for_two_minutes_is_late(database):
    open_incident(database, "fresh", next_step_at=LATER - timedelta(minutes=2))
    late = open_incident(database, "late", next_step_at=LATER - timedelta(minutes=2, seconds=1))
    assert found(database) == ([], [late])


def test_reasons_that_are_true_are_no_fault(database):
    open_incident(database, "digest", policy={"digest": "daily"})
    open_incident(
        database,
        "told them all",
        policy={**POLICY, "paged": {"at": {"major": make.NOON.isoformat()}, "last": make.NOON.isoformat(), "people": ["ana"]}},
    )
    open_incident(database, "taken", status="acknowledged", acknowledged_at=make.NOON, acknowledged_by="ana")
    open_incident(database, "being decided", last_signal_at=LATER)
    open_incident(database, "drill", world="drill")
    muted = open_incident(database, "muted")
    silence = Silence(
        matches={"topic": "a"}, starts_at=make.NOON, ends_at=LATER + timedelta(hours=1), by="ana", comment="c", data={"muted": [muted]}
    )
    number = database.write_now(silences.add, silence)
    assert found(database) == ([], [])
    database.write_now(silences.end, number, LATER)
    assert found(database) == ([muted], []), "what muted it is over, and nobody decided it again"


def test_it_looks_at_open_incidents_alone_by_their_own_index(database):
    """The trap of grafana oncall #724: the query grew slow with history, was switched off, and an outage went unseen."""
    plans = []

    def explained(tx):
        @sa.event.listens_for(tx.engine, "before_cursor_execute", retval=True)
        def explain(conn, cursor, statement, parameters, context, executemany):
            if "FROM incidents" in statement and not statement.startswith("EXPLAIN"):
                if not database.is_sqlite:
                    cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(("EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN ") + statement, parameters)
                plans.append(" ".join(str(row) for row in cursor.fetchall()))
            return statement, parameters

        try:
            open_incidents.idle(tx, "live", LATER)
            open_incidents.overdue(tx, "live", LATER)
            open_incidents.open_now(tx, "live")
        finally:
            sa.event.remove(tx.engine, "before_cursor_execute", explain)

    database.read_now(explained)
    assert len(plans) == 3
    for plan in plans:
        assert "uq_incidents_open_key" in plan or "ix_incidents_next_step" in plan, plan


def test_who_changed_it_meanwhile_is_not_overwritten(database):
    open_incident(database, "lost")
    (lost,) = database.read_now(audit, LATER).lost
    with pytest.raises(StaleVersion):
        database.write_now(mend, replace(lost, version=lost.version + 5), LATER)
