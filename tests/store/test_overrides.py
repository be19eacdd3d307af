from datetime import timedelta

from msgspec.structs import replace

from store import overrides
from store.overrides import Override

HOUR = timedelta(hours=1)


def test_overrides_are_listed_in_the_order_they_were_made(database, now):
    later = Override(rotation_id="first", person="ben", starts_at=now + HOUR, ends_at=now + 2 * HOUR, by="ana", comment="nghỉ phép")
    sooner = Override(rotation_id="first", person="cam", starts_at=now, ends_at=now + HOUR)
    ids = [database.write_now(overrides.add, one) for one in (later, sooner)]
    assert database.read_now(overrides.listing) == [replace(later, id=ids[0]), replace(sooner, id=ids[1])]


def test_those_that_are_over_are_left_out(database, now):
    database.write_now(overrides.add, Override(rotation_id="first", person="cam", starts_at=now, ends_at=now + HOUR))
    assert len(database.read_now(overrides.listing, ending_after=now)) == 1
    assert database.read_now(overrides.listing, ending_after=now + HOUR) == []
