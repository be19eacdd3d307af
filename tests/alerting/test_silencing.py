"""A person mutes for a time and for a reason, and may end it early."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting import silencing
from core.errors import NotFound, Refused
from core.silences import Silence
from store import schema, silences
from tests import make

HOUR = timedelta(hours=1)


def wanted(**changes):
    values = {"matches": {"topic": "acme"}, "starts_at": make.NOON, "ends_at": make.NOON + HOUR, "by": "ana", "comment": "our own campaign"}
    return Silence(**{**values, **changes})


def audited(database):
    return [row.action for row in database.read_now(lambda tx: tx.execute(sa.select(schema.audit).order_by(schema.audit.c.id)).all())]


def test_a_silence_is_kept_and_audited_and_so_is_its_early_end(database):
    made = database.write_now(silencing.silence, wanted(), make.NOON, channel="cli")
    assert [one.id for one in database.read_now(silences.active, make.NOON)] == [made]
    database.write_now(silencing.end_silence, made, make.NOON + HOUR / 2, by="ben", channel="web")
    assert database.read_now(silences.active, make.NOON + HOUR / 2) == []
    assert audited(database) == ["silence", "silence_ended"]
    with pytest.raises(NotFound):
        database.write_now(silencing.end_silence, made, make.NOON + HOUR / 2, by="ben", channel="web")


@pytest.mark.parametrize(
    "wrong",
    [
        {"matches": {}},
        {"ends_at": make.NOON - HOUR},
        {"ends_at": make.NOON + timedelta(days=30, minutes=1)},
        {"comment": "  "},
        {"starts_at": make.NOON + 3 * HOUR, "ends_at": make.NOON + 2 * HOUR},
    ],
)
def test_a_silence_that_mutes_everything_or_forever_or_says_no_reason_is_refused(database, wrong):
    with pytest.raises(Refused):
        database.write_now(silencing.silence, wanted(**wrong), make.NOON, channel="cli")
    assert audited(database) == []
