"""`detectors`: how right each detector was, by what people said of its incidents."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from console.verbs.base import Desk, Verb, as_json
from console.verbs.tables import table


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--weeks", type=int, default=4, metavar="N", help="how long lately lasts, for what rots; default 4")
    parser.add_argument("--floor", type=float, default=0.5, metavar="SHARE", help="a precision surely below it is reported; default 0.5")
    as_json(parser)


def _run(desk: Desk, args: Namespace) -> int:
    from console.rightness import as_json as shaped
    from console.rightness import precision_said, recall_lines, rightness_of, rot_lines, suggestion_lines

    found = desk.read(rightness_of, desk.now, weeks=args.weeks, floor=args.floor)
    if args.json:
        desk.json(shaped(found))
        return 0
    say = desk.say
    if not found.standings and not found.recalls:
        desk.tell(say("detectors.none"))
        return 0
    rows = [
        [
            one.kind,
            one.topic_id or "-",
            *map(str, (one.signals, one.precision.of, one.precision.hits, one.missed)),
            precision_said(say, one.precision),
        ]
        for one in found.standings
    ]
    desk.out(table([say(f"detectors.{name}") for name in ("kind", "topic", "signals", "labelled", "real", "missed", "right")], rows))
    told = [*rot_lines(say, found.rotten), *recall_lines(say, found.recalls)]
    suggested = list(suggestion_lines(say, found.suggestions))
    for line in [*told, *suggested, *([say("detectors.nothing_changes")] if suggested else [])]:
        desk.out(line)
    return 0


VERBS = (
    Verb(
        "detectors",
        "how right each detector was: precision, what was missed, what rots, which thresholds your labels suggest",
        "tocsin detectors --json",
        _options,
        _run,
    ),
)
