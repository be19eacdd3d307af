"""`import`: recorded mentions into history. What is imported trains baselines and is searched; it never raises a signal (rule 7)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from console.verbs.base import Desk, UsageError, Verb
from core.errors import TocsinError
from core.records import Mention

if TYPE_CHECKING:
    from listener.recorded import RecordError

BATCH: Final = 1_000  # lines in one transaction
TOLD: Final = 20  # bad lines told one by one, of each file
SOURCE: Final = "import"
CSV: Final = (".csv",)

Line = tuple[int, "Mention | RecordError"]


class Tally:
    """What became of one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.read = self.new = self.known = self.bad = 0
        self.heard: dict[str, tuple[datetime, datetime]] = {}

    def hear(self, mention: Mention) -> None:
        """Widen what the mention's source covers."""
        if mention.published_at is not None:
            first, last = self.heard.get(mention.source_id, (mention.published_at, mention.published_at))
            self.heard[mention.source_id] = (min(first, mention.published_at), max(last, mention.published_at))


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="JSON lines, or CSV (by its .csv)")
    parser.add_argument(
        "--map", metavar="FIELD=COLUMN", action="append", default=[], help="our field from a CSV column of another name; may be repeated"
    )
    parser.add_argument(
        "--source", metavar="ID", default=SOURCE, help=f"whose the mentions are where the file does not say; default: {SOURCE}"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line a file")


def _import(desk: Desk, args: Namespace) -> int:
    rename = dict(_pair(given) for given in args.map)
    status = 0
    for file in args.files:
        tally = _take_in(desk, file, args.source, rename)
        counted = {"read": tally.read, "new": tally.new, "known": tally.known, "bad": tally.bad}
        if args.json:
            import msgspec

            desk.out(msgspec.json.encode({"file": str(file), **counted}).decode())
        else:
            desk.out(desk.say("cli.imported", file=str(file), **counted))
        if tally.bad and tally.bad == tally.read:
            status = 1
    return status


def _pair(given: str) -> tuple[str, str]:
    field, sign, column = given.partition("=")
    if not sign or not field or not column:
        raise UsageError(f"--map {given!r}: write it as text=content")
    return field.strip(), column.strip()


def _take_in(desk: Desk, file: Path, source_id: str, rename: dict[str, str]) -> Tally:
    """One file into the store, in batches; coverage is told at its end, when all of it is known."""
    from store import imports

    tally = Tally(file)
    progress = sys.stderr.isatty()
    with ExitStack() as stack:
        lines = _lines(stack, file, source_id, rename, desk.now)
        while batch := list(islice(lines, BATCH)):
            page = _good(batch, tally)
            added = desk.write(imports.add, page)
            tally.new += len(added.new)
            tally.known += len(page) - len(added.new)
            if progress:
                sys.stderr.write(f"\r{desk.say('cli.importing', file=str(file), read=tally.read)}")
    if progress:
        sys.stderr.write("\r\033[K")
    if tally.bad > TOLD:
        desk.tell(desk.say("cli.more_bad", file=str(file), n=tally.bad - TOLD))
    desk.write(imports.cover, tally.heard)
    return tally


def _good(batch: list[Line], tally: Tally) -> list[Mention]:
    """The mentions of a batch; what cannot be read is counted and told."""
    page = []
    for line, found in batch:
        tally.read += 1
        if isinstance(found, Mention):
            tally.hear(found)
            page.append(replace(found, arrival="late"))
            continue
        tally.bad += 1
        if tally.bad <= TOLD:
            print(f"{tally.file}:{line}: {found}", file=sys.stderr)
    return page


def _lines(stack: ExitStack, file: Path, source_id: str, rename: dict[str, str], now: datetime) -> Iterator[Line]:
    from listener.recorded import RecordError, read_csv, read_lines

    try:
        if file.suffix.lower() not in CSV:
            if rename:
                raise UsageError("--map is for CSV files")
            return read_lines(stack.enter_context(file.open("rb")), source_id=source_id, seen_at=now)
        text = stack.enter_context(file.open(encoding="utf-8-sig", errors="replace", newline=""))
    except OSError as error:
        raise TocsinError(f"{file}: {error.strerror}") from error

    def rows() -> Iterator[Line]:
        try:
            yield from read_csv(text, source_id=source_id, seen_at=now, rename=rename)
        except RecordError as error:  # of the header: no row can be read
            raise UsageError(f"{file}:1: {error}") from error

    return rows()


VERBS = (
    Verb(
        "import",
        "take recorded mentions into history; the same file twice adds nothing",
        "tocsin import posts.csv --map text=content --source forum",
        _options,
        _import,
    ),
)
