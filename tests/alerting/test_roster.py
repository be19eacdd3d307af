"""The roster: the configuration with what stands in the database."""

from datetime import timedelta

from alerting.policy import recipients
from alerting.roster import roster_of
from alerting.settings import AlertingSettings
from core.on_call import Absence
from store import absences, overrides
from store.overrides import Override
from tests import make

SETTINGS = AlertingSettings.model_validate(
    {"people": [{"id": "ana"}, {"id": "ben"}], "rotations": [{"id": "line", "people": ["ana"], "timezone": "UTC"}]}
)


def called(database, at):
    roster = database.read_now(roster_of, SETTINGS)
    return [one.person for one in recipients(["line"], at, roster, "major")]


def test_an_override_takes_the_duty_for_its_time(database):
    until = make.NOON + timedelta(hours=1)
    database.write_now(overrides.add, Override(rotation_id="line", person="ben", starts_at=make.NOON, ends_at=until))
    assert called(database, make.NOON - timedelta(seconds=1)) == ["ana"]
    assert called(database, make.NOON) == ["ben"]
    assert called(database, until) == ["ana"]


def test_an_override_by_somebody_who_left_falls_back_to_the_rotation(database):
    over = Override(rotation_id="line", person="gone", starts_at=make.NOON, ends_at=make.NOON + timedelta(hours=1))
    database.write_now(overrides.add, over)
    assert called(database, make.NOON) == ["ana"]


def test_who_is_away_is_on_no_duty(database):
    database.write_now(absences.add, Absence(person="ana", starts_at=make.NOON, ends_at=make.NOON + timedelta(hours=1)))
    assert called(database, make.NOON) == []
    assert called(database, make.NOON + timedelta(hours=1)) == ["ana"]


def test_the_operator_is_always_on_it(database):
    roster = database.read_now(roster_of, AlertingSettings())
    assert [one.person for one in recipients(["operator"], make.NOON, roster, "critical")] == ["operator"]
    assert roster.settings == AlertingSettings()
