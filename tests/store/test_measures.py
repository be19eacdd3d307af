"""Numbers that somebody else counted."""

from datetime import timedelta

from core.outside import Alarm, Measured
from listener.base import Page
from listener.outside import keep_outside
from store import measures, signals

QUARTER = timedelta(minutes=15)


def test_a_number_told_again_takes_the_place_of_the_first(database, now):
    told = [Measured(name="Hotline", at=now - turn * QUARTER, value=float(turn)) for turn in (2, 1, 1)]
    database.write_now(measures.keep, "pbx", told)
    database.write_now(measures.keep, "pbx", [Measured(name="Hotline", at=now - QUARTER, value=48.0)])
    database.write_now(measures.keep, "desk", [Measured(name="Hotline", at=now - QUARTER, value=3.0)])
    assert database.read_now(measures.series, "pbx", "Hotline", now - 9 * QUARTER, now) == [(now - 2 * QUARTER, 2.0), (now - QUARTER, 48.0)]
    assert database.read_now(measures.newest, ["pbx", "other"]) == {("pbx", "Hotline"): now - QUARTER}


def test_a_firing_told_again_adds_nothing_and_its_end_belongs_to_it(database, now):
    def keep(status="firing", at=now, **changes):
        alarm = Alarm(**{"id": "a1", "name": "ShopDown", "status": status, "at": at, "risk": "outage", **changes})
        return database.write_now(keep_outside, "am", Page(alarms=(alarm,)), "acme", now)

    assert keep("resolved") == [], "nothing was known to fire"
    (first,) = keep()
    assert keep() == []
    assert keep(at=now + QUARTER, again=True) == []
    (over,) = keep("resolved", at=now + QUARTER)
    assert keep("resolved", at=now + QUARTER) == []
    firing, ended = database.read_now(signals.get, [first, over])
    assert (firing.subject, firing.topic_id, firing.risk) == ("source:am/a1", "acme", "outage")
    assert (ended.subject, ended.bucket_start, ended.topic_id) == (firing.subject, firing.bucket_start, "acme")
    assert len(keep(at=now + 2 * QUARTER, again=True)) == 1, "it was over: this is another"
