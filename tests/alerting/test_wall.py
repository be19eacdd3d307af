"""Wall time becomes an instant, the jump where it is skipped, the first where it is repeated."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerting.wall import instant, instant_cached


@pytest.mark.parametrize(
    ("wall", "zone", "found"),
    [
        ((2026, 3, 29, 2, 30), "Europe/Paris", (2026, 3, 29, 1, 0)),
        ((2026, 10, 25, 2, 30), "Europe/Paris", (2026, 10, 25, 0, 30)),
        ((2026, 10, 4, 2, 15), "Australia/Lord_Howe", (2026, 10, 3, 15, 30)),
        ((2026, 11, 21, 9, 0), "Asia/Ho_Chi_Minh", (2026, 11, 21, 2, 0)),
    ],
)
def test_an_instant(wall: tuple[int, ...], zone: str, found: tuple[int, ...]) -> None:
    for read in (instant, instant_cached):
        assert read(datetime(*wall), ZoneInfo(zone)) == datetime(*found, tzinfo=UTC)  # type: ignore[arg-type, misc]
