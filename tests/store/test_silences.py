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
