"""`score`: a bare series of counts, each row judged from the past alone, as the volume spike would judge a topic."""

from __future__ import annotations

import csv
import math
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from console.verbs.base import Desk, Verb
from core.errors import TocsinError

COLUMNS = ("timestamp", "value")
UNKNOWN = {"", "nan", "null", "none", "na"}  # as other tools write a number that nobody has


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="CSV with the columns timestamp and value, in a fixed step; - for standard input")
    parser.add_argument("--sensitivity", choices=("quiet", "balanced", "sensitive"), default="balanced")
    parser.add_argument(
        "--timezone", default="UTC", help="where the usual day is learnt, and what times without a zone are in; UTC where not given"
    )


def _run(_desk: Desk, args: Namespace) -> int:
    from detectors.scoring import score_series

    zone = _zone(args.timezone)
    source = nullcontext(sys.stdin) if args.file == "-" else _opened(args.file)
    with source as lines:
        read = list(_rows(args.file, lines, zone))
    if len(read) < 2:  # noqa: PLR2004 - a step needs two
        raise TocsinError(f"{args.file}: holds {len(read)} rows; a step can be told from two at least")
    scored = score_series(
        [at.astimezone(UTC) for _, at, _ in read], [value for _, _, value in read], sensitivity=args.sensitivity, zone=zone
    )
    written = csv.writer(sys.stdout, lineterminator="\n")
    written.writerow((*COLUMNS, "expected", "score", "alarm"))
    for (stamp, _, value), row in zip(read, scored, strict=True):
        written.writerow((stamp, "" if value is None else f"{value:.10g}", f"{row.expected:.6g}", f"{row.score:.6f}", int(row.alarm)))
    return 0


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TocsinError(f"{name!r} is no time zone; one is called like Asia/Ho_Chi_Minh") from error


def _opened(name: str) -> IO[str]:
    try:
        return Path(name).open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise TocsinError(f"{name}: cannot be read: {error.strerror}") from error


def _rows(name: str, lines: IO[str], zone: tzinfo) -> Iterator[tuple[str, datetime, float | None]]:
    """The rows as they stand: the time as written, as a moment, and the number."""
    reader = csv.DictReader(lines)
    try:
        if not set(COLUMNS) <= set(reader.fieldnames or ()):
            raise TocsinError(f"{name}: the first line names the columns, and {' and '.join(COLUMNS)} have to be among them")
        before = datetime(1, 1, 2, tzinfo=UTC)
        for row in reader:
            where = f"{name}:{reader.line_num}"
            stamp = (row["timestamp"] or "").strip()
            at = _moment(where, stamp, zone)
            before = at if at.astimezone(UTC) > before.astimezone(UTC) else at.replace(fold=1)  # the hour that the clocks go through twice
            yield stamp, before, _number(where, (row["value"] or "").strip())
    except (UnicodeDecodeError, csv.Error) as error:
        raise TocsinError(f"{name}: is no CSV in UTF-8: {error}") from error


def _moment(where: str, stamp: str, zone: tzinfo) -> datetime:
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError as error:
        raise TocsinError(f"{where}: {stamp!r} is no time; one is written like 2026-11-21 08:30:00") from error
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _number(where: str, told: str) -> float | None:
    if told.lower() in UNKNOWN:
        return None
    try:
        value = float(told)
    except ValueError as error:
        raise TocsinError(f"{where}: {told!r} is no number; a row that nobody counted is left empty") from error
    if value < 0 or math.isinf(value):
        raise TocsinError(f"{where}: {told} is no count")
    return value


VERBS = (
    Verb(
        "score",
        "a series of counts, each row judged from its past alone: what was expected, how unusual it is, whether the bell would ring",
        "tocsin score counts.csv --sensitivity quiet --timezone Asia/Ho_Chi_Minh",
        _options,
        _run,
    ),
)
