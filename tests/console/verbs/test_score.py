import csv
import io
from pathlib import Path

import pytest

from tests.console.conftest import Room

DAYS = 4


def series(step=5, *, burst=0, stamp="2026-11-{day:02}T{hour:02}:{minute:02}:00"):
    """A steady topic of a mention a quarter of an hour, with a burst at the end."""
    lines = ["timestamp,value"]
    for index in range(DAYS * 1440 // step):
        day, rest = divmod(index * step, 1440)
        lines.append(f"{stamp.format(day=2 + day, hour=rest // 60, minute=rest % 60)},{1 if index % 3 == 0 else 0}")
    lines[-1] = f"{lines[-1].rpartition(',')[0]},{burst}"
    return "\n".join(lines) + "\n"


def scored(room: Room, tmp_path: Path, text: str, *args: str):
    (tmp_path / "counts.csv").write_text(text, encoding="utf-8")
    said = room.tocsin("score", str(tmp_path / "counts.csv"), *args)
    assert (said.status, said.err) == (0, "")
    return list(csv.DictReader(io.StringIO(said.out)))


def test_each_row_comes_back_with_what_was_expected_and_whether_it_alarms(room: Room, tmp_path: Path) -> None:
    rows = scored(room, tmp_path, series(burst=30))
    assert list(rows[0]) == ["timestamp", "value", "expected", "score", "alarm"]
    assert len(rows) == DAYS * 288
    assert [row["alarm"] for row in rows[-2:]] == ["0", "1"]
    assert float(rows[-1]["score"]) > 0.5 > float(rows[-2]["score"])
    assert float(rows[-1]["expected"]) == pytest.approx(0.33, abs=0.1)
    assert (rows[-1]["timestamp"], rows[-1]["value"]) == ("2026-11-05T23:55:00", "30")


def test_the_quiet_preset_asks_for_more(room: Room, tmp_path: Path) -> None:
    assert [scored(room, tmp_path, series(burst=9), "--sensitivity", name)[-1]["alarm"] for name in ("quiet", "sensitive")] == ["0", "1"]


def test_empty_numbers_are_unknown(room: Room, tmp_path: Path) -> None:
    text = series().replace("2026-11-04T10:00:00,1", "2026-11-04T10:00:00,").replace("2026-11-04T10:15:00,1", "2026-11-04T10:15:00,NaN")
    assert [row["value"] for row in scored(room, tmp_path, text) if row["timestamp"].startswith("2026-11-04T10:0")][:1] == [""]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("time,count\n2026-11-02,1\n", "timestamp and value"),
        ("timestamp,value\n2026-11-02 00:00,1\nyesterday,1\n", "counts.csv:3: 'yesterday' is no time"),
        ("timestamp,value\n2026-11-02 00:00,1\n2026-11-02 00:05,many\n", "counts.csv:3: 'many' is no number"),
        ("timestamp,value\n2026-11-02 00:00,1\n2026-11-02 00:05,-4\n", "counts.csv:3: -4 is no count"),
        ("timestamp,value\n2026-11-02 00:00,1\n", "holds 1 rows"),
        ("timestamp,value\n2026-11-02 00:05,1\n2026-11-02 00:00,1\n", "order of time"),
    ],
)
def test_a_bad_file_is_told_in_one_line(room: Room, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "counts.csv").write_text(text, encoding="utf-8")
    said = room.tocsin("score", str(tmp_path / "counts.csv"))
    assert said.status == 1
    assert told in said.err
    assert said.err.count("\n") == 1


def test_a_zone_that_is_none_is_told(room: Room, tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(series(), encoding="utf-8")
    said = room.tocsin("score", str(tmp_path / "counts.csv"), "--timezone", "Hanoi")
    assert (said.status, "is no time zone" in said.err) == (1, True)


def test_the_hour_that_the_clocks_go_through_twice_is_two_hours(room: Room, tmp_path: Path) -> None:
    hours = ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00", "2026-10-25T02:00", "2026-10-25T03:00"]
    text = "timestamp,value\n" + "".join(f"{hour},1\n" for hour in hours)
    assert len(scored(room, tmp_path, text, "--timezone", "Europe/Berlin")) == 5
