"""`replay` and `backtest`: recorded mentions, or stored history, through the same stages on a virtual clock."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import loop
from console.verbs.base import Desk, UsageError, Verb, as_json
from core.durations import parse_duration
from core.errors import TocsinError

if TYPE_CHECKING:
    from console.backtest import Asked
    from console.config import Config
    from core.records import Mention
    from store.database import Database

SOURCE = "replay"  # whose the mentions are where they do not say
TAKE_AFTER, CLOSE_AFTER, NEVER = "10m", "6h", "never"


def _both(parser: ArgumentParser) -> None:
    parser.add_argument("--topic", metavar="TOPIC", help="play one topic alone")
    parser.add_argument("--compare", metavar="OTHER.yaml", help="play this configuration too, and tell what changes")
    parser.add_argument(
        "--take-after",
        metavar="LENGTH",
        default=TAKE_AFTER,
        help=f"when somebody takes an incident that nobody answered in fact, or {NEVER}; default: {TAKE_AFTER}",
    )
    parser.add_argument(
        "--close-after",
        metavar="LENGTH",
        default=CLOSE_AFTER,
        help=f"how long nothing is heard before such an incident is closed, or {NEVER}; default: {CLOSE_AFTER}",
    )
    as_json(parser)


def _replay_options(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON lines, as `tocsin export mentions` writes them")
    _both(parser)


def _backtest_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--since", metavar="TIME", help="what happened from then on counts: a length back or a time; 35 days before it are learnt from"
    )
    parser.add_argument("--until", metavar="TIME", help="up to then")
    _both(parser)


def _replay(desk: Desk, args: Namespace) -> int:
    from console.replay import recording

    config, other = desk.whole_config, _other(args.compare)
    with recording(_recorded(desk, args.files)) as past:
        return _play(desk, args, past, config, other, since=None, until=None)


def _backtest(desk: Desk, args: Namespace) -> int:
    config, other = desk.whole_config, _other(args.compare)
    since, until = (None if typed is None else _moment(desk, typed) for typed in (args.since, args.until))
    if since is not None and until is not None and since >= until:
        raise UsageError("--since comes after --until")
    return _play(desk, args, desk.database, config, other, since=since, until=until)


def _play(
    desk: Desk, args: Namespace, past: Database, config: Config, other: Config | None, *, since: datetime | None, until: datetime | None
) -> int:
    from console.answers import Habit
    from console.backtest import Asked
    from console.compare import compare
    from console.told import told, told_comparison

    habit = Habit(take_after=_length("--take-after", args.take_after), close_after=_length("--close-after", args.close_after))
    asked = Asked(since=since, until=until, topic=args.topic, habit=habit)
    ours = _run(config, past, asked, "A" if other else "")
    theirs = None if other is None else _run(other, past, asked, "B")
    if args.json:
        desk.json(ours if theirs is None else {**ours, "other": theirs, "compare": compare(ours, theirs)})
    elif theirs is None:
        desk.out("\n".join(told(ours, desk.say)))
    else:
        desk.out("\n".join(told_comparison(ours, theirs, compare(ours, theirs), desk.say)))
    return 0


def _run(config: Config, past: Database, asked: Asked, name: str) -> dict[str, Any]:
    from console.backtest import play

    with _progress(name) as progress:
        return loop.run(play(config, past, asked, progress=progress)).as_json()


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """A line on a terminal, gone at the end."""
    if not sys.stderr.isatty():
        yield None
        return
    yield lambda played, whole: print(f"\r{name} {played * 100 // whole} %", end="", file=sys.stderr, flush=True)
    print("\r\033[K", end="", file=sys.stderr, flush=True)


def _other(path: str | None) -> Config | None:
    from console import config as configuration

    return None if path is None else configuration.load(Path(path), os.environ)


def _moment(desk: Desk, typed: str) -> datetime:
    """A time; a length is back from now."""
    from console.verbs.times import moment

    try:
        return desk.now - parse_duration(typed)
    except ValueError:
        return moment(typed, desk.now, desk.zone)
    except OverflowError as error:
        raise UsageError(f"{typed!r} is too far away") from error


def _length(option: str, typed: str) -> timedelta | None:
    if typed == NEVER:
        return None
    try:
        return parse_duration(typed)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option}: {typed!r} is no length; write 10m, 6h or {NEVER}") from error


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


VERBS = (
    Verb(
        "replay",
        "what recorded mentions would have raised, and who would have been called; nothing real is touched",
        "tocsin replay crisis.jsonl --compare quieter.yaml",
        _replay_options,
        _replay,
        logs=True,
    ),
    Verb(
        "backtest",
        "what the stored history would have raised with this configuration, and what the next weeks would cost whom; nothing real is touched",
        "tocsin backtest --since 90d --compare quieter.yaml",
        _backtest_options,
        _backtest,
        logs=True,
    ),
)
