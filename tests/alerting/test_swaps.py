"""Asking somebody to take one's duty, and taking somebody's place at once."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerting import swaps
from alerting.roster import roster_of
from alerting.settings import AlertingSettings
from core.on_call import Absence
from store import absences, audit, notifications, overrides
from store import swaps as stored
from store.database import Database

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, 12, tzinfo=HANOI)
SETTINGS = AlertingSettings.model_validate(
    {
        "people": [{"id": "lan", "name": "Lan"}, {"id": "minh", "name": "Minh"}, {"id": "ha", "name": "Hà"}],
        "rotations": [
            {"id": "daily", "people": ["lan", "ha"], "handover": "09:00", "starts": "2026-11-23"},
            {"id": "weekly", "people": ["ha", "lan"], "handover": "Mon 09:00", "starts": "2026-11-23"},
        ],
    }
).settled(language="vi", timezone="Asia/Ho_Chi_Minh")


@pytest.fixture
def base(sqlite_url):
    database = Database(sqlite_url, durable=False)
    yield database
    database.close()


def do(database, act, *args, **more):
    def work(tx):
        return act(tx, *args, MONDAY, roster_of(tx, SETTINGS), **more)

    return database.write_now(work)


def on_call(database, rotation, at):
    return database.read_now(roster_of, SETTINGS).on_call(rotation, at)


def told(database):
    return [(one.person, one.words.key) for one in database.read_now(notifications.of_incident, None)]


@pytest.mark.parametrize(
    ("text", "day"),
    [("T7", 28), ("thứ 7", 28), ("chủ nhật", 29), ("CN", 29), ("Sat", 28), ("saturday", 28), ("mai", 24), ("hôm nay", 23), ("28/11", 28), ("28.11.2026", 28),
     ("2026-11-28", 28), ("ngày 28/11", 28), ("T2", 23), ("today", 23)],
)  # fmt: skip
def test_a_day_reads_as_people_say_it(text, day):
    assert swaps.parse_day(text, date(2026, 11, 23)) == date(2026, 11, day)


@pytest.mark.parametrize("text", ["", "money", "T8", "32/11", "minh", "tuần sau", "2026-13-01", "30/02"])
def test_what_is_no_day_is_none(text):
    assert swaps.parse_day(text, date(2026, 11, 23)) is None


def test_a_day_that_has_passed_is_next_years():
    assert swaps.parse_day("1/2", date(2026, 11, 23)) == date(2027, 2, 1)


def test_asking_changes_nothing_until_the_other_agrees(base):
    words = do(base, swaps.ask, "lan", "minh", day=date(2026, 11, 25))
    assert words.key == "swap.asked"
    tuesday = datetime(2026, 11, 25, 12, tzinfo=HANOI)
    assert on_call(base, "daily", tuesday) == "lan"
    assert told(base) == [("minh", "notice.swap_asked")]
    assert do(base, swaps.answer, None, "minh", agreed=True).key == "swap.agreed"
    assert [on_call(base, "daily", tuesday + timedelta(hours=h)) for h in (-4, -3, 20, 21)] == ["ha", "minh", "minh", "ha"]
    assert told(base)[-1] == ("lan", "notice.swap_agreed")
    assert base.read_now(audit.first_broken) is None


def test_a_shift_that_only_runs_through_the_day_is_cut_to_it(base):
    assert do(base, swaps.ask, "ha", "minh", day=date(2026, 11, 26)).args["rotation"] == "daily", (
        "the shift that begins on the day comes first"
    )
    only = SETTINGS.model_copy(update={"rotations": SETTINGS.rotations[1:]})

    def work(tx):
        return swaps.ask(tx, "ha", "minh", MONDAY, roster_of(tx, only), day=date(2026, 11, 26))

    words = base.write_now(work)
    assert (words.args["start"], words.args["end"]) == ("2026-11-25T17:00:00+00:00", "2026-11-26T17:00:00+00:00")


def test_without_a_day_it_is_the_running_shift(base):
    words = do(base, swaps.ask, "lan", "minh")
    assert words.args["rotation"] == "daily"
    assert datetime.fromisoformat(words.args["end"]) == datetime(2026, 11, 24, 9, tzinfo=HANOI)


def test_a_refusal_leaves_it_where_it_is(base):
    do(base, swaps.ask, "lan", "minh")
    assert do(base, swaps.answer, None, "minh", agreed=False).key == "swap.refused"
    assert base.read_now(overrides.listing) == []
    assert told(base)[-1] == ("lan", "notice.swap_refused")
    assert do(base, swaps.answer, None, "minh", agreed=True).key == "swap.none_waiting"


def test_where_several_wait_the_number_decides_and_nobody_answers_for_another(base):
    do(base, swaps.ask, "lan", "minh")
    do(base, swaps.ask, "ha", "minh")
    assert do(base, swaps.answer, None, "minh", agreed=True).args == {"ids": ["#1", "#2"]}
    assert do(base, swaps.answer, 1, "ha", agreed=True).key == "swap.none_waiting"
    assert do(base, swaps.answer, 2, "minh", agreed=True).key == "swap.agreed"
    assert [one.id for one in base.read_now(stored.unanswered, MONDAY)] == [1]


def test_taking_over_is_at_once_and_the_other_is_told(base):
    words = do(base, swaps.take_over, "minh", "ha")
    assert (words.key, words.args["rotation"]) == ("swap.taken_over", ["weekly"])
    assert on_call(base, "weekly", MONDAY) == "minh"
    assert on_call(base, "weekly", MONDAY + timedelta(days=7)) == "lan"
    assert told(base) == [("ha", "notice.taken_over")]


@pytest.mark.parametrize(("act", "args"), [(swaps.take_over, ("minh", "minh")), (swaps.ask, ("lan", "lan"))])
def test_nobody_swaps_with_themselves(base, act, args):
    assert do(base, act, *args).key == "swap.yourself"


def test_who_has_no_duty_has_nothing_to_give(base):
    assert do(base, swaps.ask, "minh", "lan").key == "swap.not_on_duty"
    assert do(base, swaps.take_over, "lan", "minh").key == "swap.not_on_duty"
    assert do(base, swaps.ask, "lan", "minh", day=date(2026, 11, 22)).key == "swap.not_on_duty", "a day that has passed"


def test_asking_somebody_who_is_away_says_so(base):
    off = Absence(person="minh", starts_at=MONDAY - timedelta(days=1), ends_at=MONDAY + timedelta(days=5))
    base.write_now(absences.add, off)
    assert do(base, swaps.ask, "lan", "minh").key == "swap.asked_away"
