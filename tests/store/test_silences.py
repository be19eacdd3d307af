from datetime import timedelta

from msgspec.structs import replace

from core.silences import Silence
from store import silences

HOUR = timedelta(hours=1)


def silence(now, **changes):
    values = {"matches": {"topic": "acme", "source": "ấm"}, "starts_at": now, "ends_at": now + HOUR, "by": "ana", "comment": "chiến dịch"}
    return Silence(**{**values, **changes})


def test_a_silence_is_in_force_from_its_start_to_before_its_end(database, now):
    number = database.write_now(silences.add, silence(now))
    assert database.read_now(silences.active, now) == [replace(silence(now), id=number)]
    assert database.read_now(silences.active, now - HOUR) == []
    assert database.read_now(silences.active, now + HOUR) == []


def test_a_silence_ended_early_is_over_at_once(database, now):
    number = database.write_now(silences.add, silence(now))
    assert database.write_now(silences.end, number, now + HOUR / 2)
    assert not database.write_now(silences.end, number, now + HOUR / 2)
    assert database.read_now(silences.active, now + HOUR / 2) == []
    assert len(database.read_now(silences.active, now)) == 1


def test_one_that_does_not_exist_cannot_be_ended(database, now):
    assert not database.write_now(silences.end, 99, now)


def test_one_ended_early_leaves_its_planned_end_standing(database, now):
    number = database.write_now(silences.add, silence(now))
    database.write_now(silences.end, number, now + HOUR / 2)
    ended = database.read_now(silences.get, number)
    assert (ended.ends_at, ended.cancelled_at, ended.over_at) == (now + HOUR, now + HOUR / 2, now + HOUR / 2)


def test_what_it_keeps_quiet_is_known_once_and_settled_at_its_end(database, now):
    number = database.write_now(silences.add, silence(now, matches={"source": ("a", "b")}))
    for incident in (7, 7, 8):
        database.write_now(silences.keeps_quiet, number, incident)
    assert database.read_now(silences.get, number).muted == (7, 8)
    assert database.read_now(silences.to_settle, now) == []
    assert database.read_now(silences.next_end) == now + HOUR
    assert [one.id for one in database.read_now(silences.to_settle, now + HOUR)] == [number]
    database.write_now(silences.settle, number, now + HOUR)
    assert database.read_now(silences.to_settle, now + HOUR) == []
    assert database.read_now(silences.next_end) is None


def test_one_that_begins_later_is_ahead_and_not_in_force(database, now):
    database.write_now(silences.add, silence(now + HOUR, ends_at=now + 2 * HOUR, kind="maintenance"))
    assert database.read_now(silences.active, now) == []
    assert len(database.read_now(silences.ahead, now)) == 1
    assert len(database.read_now(silences.begun_at, "maintenance", now + HOUR)) == 1
