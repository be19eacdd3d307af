"""How heavy the pager was: a page once on however many channels, night and weekend on each person's own clock."""

from datetime import UTC, datetime, timedelta

from alerting.load import load
from alerting.policy import Roster
from alerting.settings import AlertingSettings
from core.records import Notification

SETTINGS = AlertingSettings.model_validate(
    {"people": [{"id": "lan"}, {"id": "john", "timezone": "America/New_York"}, {"id": "minh", "quiet_hours": "12:00-14:00"}]}
).settled(language="vi", timezone="Asia/Ho_Chi_Minh")
ROSTER = Roster.of(SETTINGS)
NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)  # a Friday in Hà Nội


def sent(person: str, at: datetime = NOON, incident: int = 1, **more: object) -> Notification:
    values = {"key": f"{person}{at}{more}", "incident_id": incident, "kind": "page", "channel": "a", "due_at": at, "planned_at": at}
    return Notification(**{**values, "person": person, "sent_at": at, "state": "sent", **more})  # type: ignore[arg-type]


def of(person: str, *pages: Notification):  # type: ignore[no-untyped-def]
    return next(one for one in load(pages, ROSTER) if one.person == person)


def test_a_page_on_two_channels_and_its_update_are_one_page() -> None:
    found = of("lan", sent("lan"), sent("lan", channel="b"), sent("lan", kind="update"), sent("lan", step=1), sent("lan", incident=2))
    assert (found.pages, found.night, found.weekend) == (3, 0, 0)


def test_night_and_weekend_are_on_each_ones_own_clock() -> None:
    saturday = NOON + timedelta(hours=22)  # 10:00 on Saturday in Hà Nội, 22:00 on Friday in New York
    assert (of("lan", sent("lan", saturday)).night, of("lan", sent("lan", saturday)).weekend) == (0, 1)
    assert (of("john", sent("john", saturday)).night, of("john", sent("john", saturday)).weekend) == (1, 0)
    assert of("minh", sent("minh", NOON)).night == 1, "their quiet hours"


def test_a_night_counts_once_however_often_it_rang() -> None:
    midnight = NOON + timedelta(hours=12)
    found = of("lan", *(sent("lan", midnight + timedelta(hours=hour), incident=hour) for hour in range(-1, 4)))
    assert (found.night, found.nights, found.weeks) == (5, 1, {"2026-W47": 5})


def test_an_uneven_share_is_said_once_there_is_enough_to_say() -> None:
    assert of("lan", sent("lan")).times_even is None
    heavy = load([sent("lan", incident=number) for number in range(5)], ROSTER)
    assert (heavy[0].person, heavy[0].times_even, heavy[0].is_unfair) == ("lan", 3.0, True)
    assert [one.pages for one in heavy] == [5, 0, 0]


def test_somebody_who_has_left_still_counts() -> None:
    assert of("gone", sent("gone")).pages == 1
