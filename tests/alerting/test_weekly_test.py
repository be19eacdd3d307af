"""When a test is due, on whose clock, and what confirms it."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from alerting.on_call_settings import Handover
from alerting.settings import AlertingSettings, ChannelSettings
from alerting.weekly_test import confirm, is_testable, last_slot, planned_test
from store import channels, notifications
from tests import make

TUESDAY = Handover(at=time(10), weekday=1)


@pytest.mark.parametrize(
    ("zone", "now", "slot"),
    [
        ("Asia/Ho_Chi_Minh", datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 24, 3, tzinfo=UTC)),
        ("Asia/Ho_Chi_Minh", datetime(2026, 11, 24, 2, 59, tzinfo=UTC), datetime(2026, 11, 17, 3, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 21, tzinfo=UTC), datetime(2026, 10, 20, 8, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 28, tzinfo=UTC), datetime(2026, 10, 27, 9, tzinfo=UTC)),  # winter: ten stays ten
    ],
)
def test_it_is_due_at_the_same_wall_time_all_the_year(zone, now, slot):
    assert last_slot(TUESDAY, ZoneInfo(zone), now) == slot


def test_it_is_on_unless_the_file_says_no():
    assert AlertingSettings().weekly_test == TUESDAY
    assert AlertingSettings.model_validate({"weekly_test": False}).weekly_test is None
    with pytest.raises(ValidationError, match="Tue 10:00"):
        AlertingSettings.model_validate({"weekly_test": "10:00"})


def test_what_nobody_holds_in_their_hand_is_not_tested():
    assert [kind for kind in ("log", "webhook", "zalo", "sms", "email") if is_testable(ChannelSettings(kind=kind))] == [
        "zalo",
        "sms",
        "email",
    ]


def test_a_tap_confirms_every_test_that_waits_on_that_channel_and_no_other(database):
    one, other = planned_test("ana", "phone", make.NOON), planned_test("ana", "mail", make.NOON)
    database.write_now(notifications.plan, [one, other])
    database.write_now(confirm, "ana", "phone", make.NOON, via="link")
    confirmed = {each.channel: each.confirmed_at for each in database.read_now(notifications.of_incident, None)}
    assert confirmed == {"phone": make.NOON, "mail": None}
    assert database.read_now(channels.get, "ana", "phone").confirmed_at == make.NOON
