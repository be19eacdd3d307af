"""A message that is about no incident is planned once, and told in its reader's language."""

import pytest

from alerting.message import Reader
from alerting.notice import compose_notice, is_notice, plan_notice
from alerting.policy import Roster
from alerting.settings import AlertingSettings
from core.messages import catalogue
from core.records import Words
from store import notifications
from store.database import Database
from tests import make
from tests.alerting.desk import Desk

SETTINGS = AlertingSettings.model_validate(
    {"people": [{"id": "lan", "channels": [{"kind": "log", "id": "a"}, {"kind": "log", "id": "b", "only": "critical"}]}]}
)
ROSTER = Roster.of(SETTINGS)
GAP = Words(key="gap.whole", args={"policy": "default", "start": make.NOON.isoformat(), "end": make.NOON.isoformat()})
WORDS = Words(key="notice.gaps", args={"ahead": 86_400.0, "n": 1, "lines": [{"key": GAP.key, "args": GAP.args}]})


@pytest.fixture
def base(sqlite_url):
    database = Database(sqlite_url, durable=False)
    yield database
    database.close()


def test_the_same_notice_is_planned_once_on_the_channels_of_its_severity(base):
    planned = [base.write_now(plan_notice, ["lan"], WORDS, subject, make.NOON, ROSTER) for subject in ("x", "x", "y")]
    assert [len(each) for each in planned] == [1, 0, 1]
    assert {one.channel for one in base.read_now(notifications.of_incident, None)} == {"a"}


@pytest.mark.parametrize(("language", "words"), [("vi", "không có ai từ 12:00 21/11/2026"), ("en", "nobody at all from 2026-11-21 12:00")])
def test_a_notice_reads_back_from_the_store_in_both_languages(base, language, words):
    base.write_now(plan_notice, ["lan"], WORDS, "x", make.NOON, ROSTER)
    (stored,) = base.read_now(notifications.of_incident, None)
    message = compose_notice(stored, Reader(person="lan", name="Lan", language=language))
    assert is_notice(stored)
    assert words in message.body
    assert "tocsin override" in message.body, "what to do about it"
    assert (message.incident_id, message.idempotency_key) == (None, stored.key)


def test_every_notice_has_its_subject():
    for language in ("vi", "en"):
        keys = {key for key in catalogue(language) if key.startswith("notice.")}
        assert all(f"{key}.subject" in keys for key in keys if key.count(".") == 1)


def test_what_can_wait_wakes_nobody(base):
    night = make.NOON.replace(hour=20)  # 20:00 UTC, on the clock of somebody who lives there 22:00 has not come
    for at, due in ((night, night), (make.NOON.replace(hour=23), make.NOON.replace(day=22, hour=7))):
        base.write_now(plan_notice, ["lan"], WORDS, at.isoformat(), at, ROSTER, by_day=True)
        assert base.read_now(notifications.of_incident, None)[-1].due_at == due


async def test_the_dispatcher_sends_it(base):
    desk = Desk(base)
    base.write_now(plan_notice, ["ana"], WORDS, "x", desk.now, Roster.of(desk.settings))
    await desk.forward(minutes=1)
    (message,) = desk.phone("ana").got
    assert message.subject == "On call: nobody would be reached"
