"""Decisions are saved whole, where nobody changed the incident meanwhile."""

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from alerting.events import Acknowledged, Noted, Resolved
from alerting.incident import decide
from alerting.save import change, save
from core.errors import NotFound, StaleVersion
from store import incidents, notifications
from store.schema_paging import notifications as table
from tests import make
from tests.alerting.desk import Desk


@pytest.fixture
async def desk(database):
    built = Desk(database)
    await built.hear(make.signal())
    return built


def test_what_was_decided_is_saved_together(desk):
    desk.database.write_now(change, 1, Acknowledged(by="ben", via="command"), desk.now, desk.database.read_now(desk.roster))
    assert desk.incident.acknowledged_by == "ben"
    assert desk.kinds()[-1] == "acknowledged"
    assert [(one.kind, one.state) for one in desk.notifications] == [("page", "cancelled"), ("update", "planned")]


def test_a_decision_on_an_old_reading_is_refused_and_leaves_nothing(desk):
    roster = desk.database.read_now(desk.roster)
    before = desk.incident
    mine = decide(before, Noted(by="ana", text="mine"), desk.now, roster)
    desk.database.write_now(change, 1, Noted(by="ben", text="theirs"), desk.now, roster)
    seen = []

    def work(tx):
        seen.append(1)
        save(tx, before, mine)

    with pytest.raises(StaleVersion):
        desk.database.write_now(work)
    assert len(seen) == 5, "it was tried again, each time with what was read before"
    assert desk.kinds().count("noted") == 1


def test_two_who_open_the_same_incident_are_one(desk):
    twin = replace(desk.incident, id=0, version=0)
    assert desk.database.write_now(incidents.create, twin) is None
    with pytest.raises(StaleVersion, match="opened meanwhile"):
        desk.database.write_now(save, None, decide(desk.incident, Noted(by="a", text="-"), desk.now, desk.database.read_now(desk.roster)))
    assert len(desk.incidents) == 1


def test_every_planned_notification_has_a_link_of_its_own(desk):
    desk.database.write_now(change, 1, Acknowledged(by="ben", via="command"), desk.now, desk.database.read_now(desk.roster))
    links = [one.link_id for one in desk.notifications]
    assert len(set(links)) == len(links) == 2
    assert all(len(link) >= 22 for link in links), "128 bits"


def test_resolving_ends_every_link(desk):
    desk.database.write_now(change, 1, Resolved(by="ben", reason="fixed"), desk.now, desk.database.read_now(desk.roster))
    rows = desk.database.read_now(lambda tx: tx.execute(sa.select(table.c.kind, table.c.link_id).order_by(table.c.id)).all())
    assert rows[0] == ("page", None)
    assert desk.database.read_now(notifications.with_link, "") is None


def test_an_incident_that_is_not_there_is_told(desk):
    with pytest.raises(NotFound):
        desk.database.write_now(change, 7, Noted(by="ana", text="-"), desk.now, desk.database.read_now(desk.roster))
