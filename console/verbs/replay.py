"""`replay`: recorded mentions through the same stages, on a virtual clock."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import loop
from console.verbs.base import Desk, Verb, as_json
from console.verbs.tables import table
from core.errors import TocsinError

if TYPE_CHECKING:
    from core.records import Mention

SOURCE = "replay"  # whose the mentions are where they do not say


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON lines, as `tocsin export mentions` writes them")
    as_json(parser)


def _run(desk: Desk, args: Namespace) -> int:
    from console.replay import replay

    recorded = list(_recorded(desk, args.files))
    done = loop.run(replay(desk.whole_config, recorded, progress=_progress if sys.stderr.isatty() else None)).as_json()
    if args.json:
        desk.json(done)
    else:
        _print(desk, done)
    return 0


def _recorded(desk: Desk, files: list[str]) -> Iterator[Mention]:
    """The mentions of the files; lines that cannot be read are told with file and line, and left out."""
    from listener.recorded import RecordError, read_lines

    for name in files:
        try:
            with Path(name).open("rb") as lines:
                for number, found in read_lines(lines, source_id=SOURCE, seen_at=desk.now):
                    if isinstance(found, RecordError):
                        desk.tell(f"{name}:{number}: {found}")
                    else:
                        yield found
        except OSError as error:
            raise TocsinError(f"{name}: cannot be read: {error.strerror}") from error


def _print(desk: Desk, done: dict[str, Any]) -> None:
    say = desk.say
    rows = [
        [f"#{each['id']}", say(f"severity.{each['severity']}"), say("cli.moment", at=each["opened_at"]), each["title"]]
        for each in done["incidents"]
    ]
    desk.out(
        table(["#", *(say(f"console.{name}") for name in ("severity", "opened_at", "what"))], rows) if rows else say("console.no_incidents")
    )
    forecast = done["forecast"]
    desk.out("")
    desk.out(
        say(
            "cli.replayed",
            mentions=done["mentions"],
            since=datetime.fromisoformat(done["from"]),
            until=datetime.fromisoformat(done["until"]),
        )
    )
    desk.out(
        say(
            "cli.forecast",
            pages=len(done["pages"]),
            per_week=forecast["pages_per_week"],
            night=forecast["night"],
            weekend=forecast["weekend"],
        )
    )
    if forecast["too_thin"]:
        desk.out(say("cli.too_thin"))


def _progress(played: int, whole: int) -> None:
    print(f"\r{played * 100 // whole} %", end="" if played < whole else "\n", file=sys.stderr, flush=True)


VERBS = (
    Verb(
        "replay",
        "what recorded mentions would have raised, and who would have been called; nothing real is touched",
        "tocsin replay crisis.jsonl --json",
        _options,
        _run,
        logs=True,
    ),
)
