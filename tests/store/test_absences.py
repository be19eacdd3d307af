"""Time off: what people say, and what calendars say in place of what they said before."""

from datetime import timedelta

from core.on_call import Absence
from store import absences
from tests import make


def off(person="lan", days=1, **more):
    return Absence(
        person=person, starts_at=make.NOON + timedelta(days=more.pop("after", 0)), ends_at=make.NOON + timedelta(days=days), **more
    )


def test_what_was_said_reads_back(database):
    made = database.write_now(absences.add, off(by="lan", comment="a wedding"))
    (found,) = database.read_now(absences.listing)
    assert (found.id, found.person, found.comment, found.starts_at) == (made, "lan", "a wedding", make.NOON)
    assert database.read_now(absences.listing, ending_after=make.NOON + timedelta(days=1)) == []


def test_a_calendar_replaces_what_it_said_before_and_nobody_elses_word(database):
    database.write_now(absences.add, off())
    database.write_now(
        absences.replace, "calendar:lan", [off(days=2, origin="calendar:lan", uid="a"), off(days=3, origin="calendar:lan", uid="b")]
    )
    database.write_now(absences.replace, "calendar:lan", [off(days=4, origin="calendar:lan", uid="a")])
    assert [one.uid for one in database.read_now(absences.listing)] == [None, "a"]
    database.write_now(absences.drop_others, ["calendar:minh"])
    assert [one.uid for one in database.read_now(absences.listing)] == [None]


def test_coming_back_ends_what_runs_and_takes_back_what_is_to_come(database):
    now = make.NOON + timedelta(hours=1)
    database.write_now(absences.add, off())
    database.write_now(absences.add, off(after=3, days=5))
    database.write_now(absences.replace, "calendar:lan", [off(days=2, origin="calendar:lan", uid="a")])
    assert len(database.write_now(absences.end, "lan", now)) == 2
    assert sorted(one.ends_at for one in database.read_now(absences.listing)) == [now, make.NOON + timedelta(days=2)]
    assert database.write_now(absences.end, "lan", now) == []
