"""A list ordered by change, read on from the newest change met."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from listener.changes import Changes, instant, onward

NONE = timedelta()
START = "2026-11-21T03:00:00Z"


def times(*seconds: int) -> list[datetime]:
    return [datetime(2026, 11, 21, 3, tzinfo=UTC) + timedelta(seconds=one) for one in seconds]


def test_the_next_request_asks_from_the_newest_change_on() -> None:
    state, short = onward(Changes(since=START), times(1, 9), full=True, overlap=NONE, last_page=None)
    assert (state.since, state.page, short) == ("2026-11-21T03:00:09Z", 1, False)


def test_a_page_is_turned_only_where_one_second_holds_more_than_a_page() -> None:
    state, _ = onward(Changes(since=START), times(0, 0), full=True, overlap=NONE, last_page=None)
    assert (state.since, state.page) == (START, 2)
    state, _ = onward(state, times(0), full=False, overlap=NONE, last_page=None)
    assert (state.since, state.page) == (START, 1)


def test_an_index_that_lags_is_asked_for_a_little_before() -> None:
    ten = timedelta(minutes=10)
    state, _ = onward(Changes(since=START), times(300), full=False, overlap=ten, last_page=10)
    assert (state.since, state.top) == (START, "2026-11-21T03:05:00Z")
    state, _ = onward(state, times(1_200), full=True, overlap=ten, last_page=10)
    assert state.since == "2026-11-21T03:10:00Z"


def test_where_the_place_gives_no_more_pages_the_gap_is_told() -> None:
    state, short = onward(Changes(since=START, page=10), times(5), full=True, overlap=timedelta(minutes=10), last_page=10)
    assert (state.since, state.page, short) == ("2026-11-21T03:00:05Z", 1, True)


def test_a_time_is_written_in_utc() -> None:
    assert instant(datetime.fromisoformat("2026-11-21T10:00:00.9+07:00")) == START
    assert onward(Changes(since=START), [], full=False, overlap=timedelta(minutes=1), last_page=None)[0].since == START
