from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.verbs.base import UsageError
from console.verbs.times import moment

NOW = datetime(2026, 11, 21, 5, tzinfo=UTC)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-21T14:00:00+07:00", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("2026-11-21T14:00:00Z", datetime(2026, 11, 21, 14, tzinfo=UTC)),
        ("2026-11-21 14:00", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 20, 17, tzinfo=UTC)),
        ("30m", datetime(2026, 11, 21, 5, 30, tzinfo=UTC)),
        ("1h30m", datetime(2026, 11, 21, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_people_type_it(text: str, meant: datetime) -> None:
    assert moment(text, NOW, HANOI) == meant


def test_a_wall_time_that_the_clocks_skip_is_the_jump() -> None:
    assert moment("2026-03-29 02:30", NOW, ZoneInfo("Europe/Berlin")) == datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["soon", "", "14h00", "99999999999w", "2026-13-01 10:00"])
def test_what_is_no_time_is_told_how_to_write_it(text: str) -> None:
    with pytest.raises(UsageError):
        moment(text, NOW, HANOI)
