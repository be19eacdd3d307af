from datetime import date

from store import meter
from store.meter import Looked

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)


def test_every_look_is_added_to_its_source_and_day(database):
    database.write_now(
        meter.add, [Looked(source_id="tube", day=MONDAY, looks=1, mentions=3, cost=1.5), Looked(source_id="tube", day=MONDAY, looks=1)]
    )
    database.write_now(
        meter.add,
        [
            Looked(source_id="tube", day=MONDAY, looks=1, failed=1),
            Looked(source_id="tube", day=TUESDAY, looks=2, unchanged=1, capped=1, cost=2),
            Looked(source_id="press", day=MONDAY, looks=4, unchanged=4),
        ],
    )
    assert database.read_now(meter.days, "tube", MONDAY, WEDNESDAY) == [
        Looked(source_id="tube", day=MONDAY, looks=3, failed=1, mentions=3, cost=1.5),
        Looked(source_id="tube", day=TUESDAY, looks=2, unchanged=1, capped=1, cost=2.0),
    ]


def test_a_month_is_the_sum_of_its_days(database):
    database.write_now(meter.add, [Looked(source_id="tube", day=day, looks=1, cost=0.25) for day in (MONDAY, TUESDAY, WEDNESDAY)])
    assert database.read_now(meter.total, MONDAY, TUESDAY) == {"tube": Looked(source_id="tube", day=MONDAY, looks=2, cost=0.5)}
    assert database.read_now(meter.total, date(2026, 12, 1), date(2026, 12, 31)) == {}


def test_a_budget_is_held_against_what_the_day_has_cost(database):
    database.write_now(
        meter.add, [Looked(source_id="tube", day=MONDAY, looks=1, cost=100.0), Looked(source_id="press", day=MONDAY, looks=1)]
    )
    assert database.read_now(meter.spent, MONDAY) == {"tube": 100.0}
    assert database.read_now(meter.spent, TUESDAY) == {}


def test_nothing_is_no_statement(database):
    database.write_now(meter.add, [])
    assert database.read_now(meter.total, MONDAY, WEDNESDAY) == {}
