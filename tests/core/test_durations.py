"""Durations read as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from core.durations import Duration, format_duration, parse_duration


class Timer(BaseModel):
    every: Duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0m", 0), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1w", 604_800), ("1h30m", 5400), ("30s", 30), (" 5 M ", 300)],
)
def test_a_number_and_a_unit_is_a_duration(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 minutes", "1.5h", "5m!", "9999999s", "٥m and more"])
def test_anything_else_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(ValueError, match="5m, 2h"):
        parse_duration(text)


def test_a_bare_number_in_the_file_is_refused() -> None:
    with pytest.raises(ValidationError, match="has no unit"):
        Timer.model_validate({"every": 5})


def test_a_field_takes_text_or_a_timedelta_and_dumps_text() -> None:
    assert Timer(every=timedelta(minutes=90)) == Timer.model_validate({"every": "1h30m"})
    assert Timer(every=timedelta(minutes=90)).model_dump() == {"every": "1h30m"}
    assert Timer.model_json_schema()["properties"]["every"]["type"] == "string"


@given(st.integers(min_value=0, max_value=10**8))
def test_what_is_written_reads_back(seconds: int) -> None:
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
