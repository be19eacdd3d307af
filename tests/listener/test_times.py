"""Times as feeds write them: a moment, or unknown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.times import read_time, utc_text

TEN_IN_HANOI = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Sat, 21 Nov 2026 10:00:00 +0700",
        "Sat, 21 Nov 2026 10:00:00 +07:00",
        "Sat, 21 Nov 2026 10:00:00 GMT+7",
        "Sat, 21 Nov 2026 10:00:00 GMT+0700",
        "Sat, 21 Nov 2026 10:00:00 UTC+07:00",
        "Sat, 21 Nov 2026 10:00:00 ICT",
        "Sat, 21 Nov 2026 10:00:00 +0700 (ICT)",
        "Sat, 21 Nov 2026 10:00 +0700",
        "21 Nov 26 03:00:00 Z",
        "Fri, 20 Nov 2026 22:00:00 EST",
        "Sat, 21 Nov 2026 03:00:00 -0000",
        "  Sat, 21 Nov 2026\n 03:00:00 GMT ",
        "2026-11-21T10:00:00+07:00",
        "2026-11-21T10:00:00+0700",
        "2026-11-21T10:00:00+07",
        "2026-11-21 10:00:00 +0700",
        "2026-11-21T10:00+07:00",
        "2026-11-21T03:00:00Z",
        "2026-11-21T03:00:00.000000000Z",
        "2026-11-21 03:00:00 UTC",
        "20261121T030000Z",
    ],
)
def test_a_time_with_a_zone_is_one_moment(written: str) -> None:
    assert read_time(written) == TEN_IN_HANOI


@pytest.mark.parametrize(
    "written",
    [
        "Sat, 21 Nov 2026 10:00:00",
        "2026-11-21 10:00:00",
        "2026-11-21T10:00:00",
        "2026-11-21",
        "2026-11-21Z",
        "11/21/2026 10:30:00 AM",
        "Sat, 21 Nov 2026 10:00:00 XYZ",
        "Sat Nov 21 10:00:00 2026",
        "Thứ bảy, 21/11/2026, 10:00 (GMT+7)",
        "yesterday",
        "5:00 GMT",
        "2026-11-21T25:00:00Z",
        "2026-02-30T10:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00Z",
        "Sat, 21 Nov 2026 10:00:00 +9999",
        "2026-11-21T10:00:00Z" * 20,
        "",
        None,
    ],
)
def test_a_time_without_a_zone_or_sense_is_unknown(written: str | None) -> None:
    assert read_time(written) is None


def test_the_last_moment_of_a_day_may_be_written_as_hour_24() -> None:
    assert read_time("2026-11-20T24:00:00Z") == read_time("Sat, 21 Nov 2026 00:00:00 GMT") == datetime(2026, 11, 21, tzinfo=UTC)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2198, 1, 1), timezones=st.timezones()))
def test_what_python_writes_is_read_back(at: datetime) -> None:
    at = at.replace(microsecond=0)
    if (offset := at.utcoffset()) is not None and offset.seconds % 60 == 0:
        assert read_time(at.isoformat()) == read_time(at.strftime("%a, %d %b %Y %H:%M:%S %z")) == at.astimezone(UTC)


@given(st.text(max_size=120))
def test_any_text_is_a_moment_or_unknown(text: str) -> None:
    at = read_time(text)
    assert at is None or at.utcoffset() is not None
    assert utc_text(text) == (None if at is None else at.isoformat())
