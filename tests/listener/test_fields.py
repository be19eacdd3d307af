"""Fields of a platform's JSON."""

from __future__ import annotations

from datetime import UTC, datetime

from listener.fields import count, identity, items, mapping, moment, since_epoch, string


def test_what_is_of_the_wrong_type_is_unknown() -> None:
    for other in (None, 5, [], {}, "x", True, 1.5):
        assert isinstance(mapping(other), dict)
        assert isinstance(items(other), list)
        assert isinstance(string(other), str)
    assert (mapping([1]), items({"a": 1}), string(5)) == ({}, [], "")


def test_ids_are_short_and_in_one_word() -> None:
    assert [identity(value) for value in ("abc", 7, " abc ", "")] == ["abc", "7", "abc", None]
    assert [identity(value) for value in (True, None, "a b", "x" * 501, [])] == [None] * 5


def test_counters_are_whole_numbers_from_nought_on() -> None:
    assert [count(value) for value in (0, 7, -1, True, 1.0, "7", 2**60, None)] == [0, 7, None, None, None, None, None, None]


def test_times_have_a_zone_and_a_sane_year() -> None:
    at = datetime(2026, 11, 21, 2, tzinfo=UTC)
    assert moment("2026-11-21T09:00:00+07:00") == moment("2026-11-21T02:00:00.000Z") == since_epoch(at.timestamp()) == at
    assert [moment(value) for value in ("2026-11-21T09:00:00", "soon", 5, None, "0001-01-01T00:00:00Z")] == [None] * 5
    assert [since_epoch(value) for value in (True, "5", 10**30, float("nan"), -(10**12))] == [None] * 5
