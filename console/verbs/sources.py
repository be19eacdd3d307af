"""`sources`, `source`: what we listen to, and how well we hear it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.verbs.base import Desk, UsageError, Verb, as_json
from console.verbs.tables import table

if TYPE_CHECKING:
    from console.hearing import HeardSource
    from store.database import Tx

HOUR, DAY, FORTNIGHT = timedelta(hours=1), timedelta(days=1), timedelta(days=14)
HEADS: Final = (
    "cli.id",
    "cli.kind",
    "cli.tier",
    "console.last_success",
    "source.last_mention",
    "source.lag",
    "source.gap",
    "source.day",
    "source.looks_today",
    "console.next_poll",
    "console.mentions",
    "cli.state",
)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("deed", nargs="?", choices=("import",), help="print the entries for config.yaml of a feed reader's export")
    parser.add_argument("file", nargs="?", metavar="FILE.opml", type=Path, help="what to import")
    as_json(parser)


def _sources(desk: Desk, args: Namespace) -> int:
    if args.deed is not None:
        from console.verbs.opml import print_entries

        if args.file is None:
            raise UsageError("which file? say tocsin sources import FILE.opml")
        return print_entries(desk, args.file, as_json=args.json)
    from console.hearing import as_json as shape
    from console.hearing import hearing_of

    found = desk.read(hearing_of, desk.config, desk.now)
    if args.json:
        desk.json([shape(each) for each in found])
        return 0
    if not found:
        desk.tell(desk.say("cli.no_sources"))
        return 0
    head = [desk.say(key) for key in HEADS]
    desk.out(table(head, [_row(desk, each) for each in found]))
    return 0


def _row(desk: Desk, source: HeardSource) -> list[str]:
    say, health = desk.say, source.health
    looks = say("source.looks_of", looks=source.today.looks, failed=source.today.failed) if source.today.looks else "-"
    told = [source.state(say), source.why or "", source.mend(say)]
    return [
        source.id,
        source.kind,
        "-" if source.settings is None else say(f"tier.{source.settings.tier}"),
        _moment(desk, health.last_success_at),
        _moment(desk, health.last_mention_at),
        _length(desk, health.usual_delay_s),
        _length(desk, health.usual_gap_s),
        "-" if source.heard_of_day is None else say("source.share", share=source.heard_of_day),
        looks,
        _moment(desk, health.next_poll_at),
        say("cli.count", n=health.mentions),
        ": ".join(filter(None, told)),
    ]


def _one_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="SOURCE", help="the source's id")
    as_json(parser)


def _source(desk: Desk, args: Namespace) -> int:
    from console.hearing import as_json as shape
    from console.hearing import hearing_of

    every = desk.read(hearing_of, desk.config, desk.now)
    found = next((each for each in every if each.id == args.id), None)
    if found is None:
        raise UsageError(f"there is no source {args.id!r}; there are: {', '.join(sorted(each.id for each in every)) or 'none'}")
    heard = desk.read(_coverage, args.id, desk.now)
    known_h, of_h = desk.read(_known, args.id, desk.now)
    if args.json:
        desk.json({**shape(found), "coverage": heard, "learning": {"known_h": round(known_h, 1), "of_h": of_h}})
        return 0
    say = desk.say
    desk.out(f"{found.id} ({found.kind}): {found.state(say)}")
    for key, value in _facts(desk, found):
        if value:
            desk.out(f"{say(key)}: {value}")
    if known_h < of_h:
        desk.out(f"{say('source.learning')}: {say('source.learning_of', known=int(known_h), of=of_h)}")
    desk.out(say("cli.coverage"))
    for stretch in heard:
        desk.out(f"  {_moment(desk, stretch['from'])} - {_moment(desk, stretch['to'])}")
    return 0


def _facts(desk: Desk, source: HeardSource) -> list[tuple[str, str]]:
    say, health, today = desk.say, source.health, source.today
    return [
        ("source.mend", source.mend(say)),
        ("console.last_error", source.why or ""),
        ("console.last_success", _moment(desk, health.last_success_at)),
        ("source.last_mention", _moment(desk, health.last_mention_at)),
        ("console.next_poll", _moment(desk, health.next_poll_at)),
        ("source.interval", source.interval(say)),
        ("source.lag", _length(desk, health.usual_delay_s)),
        ("source.gap", _length(desk, health.usual_gap_s)),
        ("source.day", "" if source.heard_of_day is None else say("source.share", share=source.heard_of_day)),
        ("source.looks_today", say("source.looks_of", looks=today.looks, failed=today.failed)),
        ("source.costs", source.cost(say)),
        ("source.allowance", source.quota(say)),
        ("console.mentions", say("cli.count", n=health.mentions)),
    ]


def _coverage(tx: Tx, source_id: str, now: datetime) -> list[dict[str, str]]:
    """The stretches of the last 24 hours in which the source was heard."""
    from store import sources

    heard = sources.heard_between(tx, now - DAY, now).get(source_id, [])
    return [{"from": max(start, now - DAY).isoformat(), "to": min(end, now).isoformat()} for start, end in heard]


def _known(tx: Tx, source_id: str, now: datetime) -> tuple[float, int]:
    """How many hours of the last fortnight the source was heard, at most so many as it takes to know what is usual there; and how many it takes."""
    from detectors.learner import WARM_H
    from store import sources

    since = now - FORTNIGHT
    heard = sources.heard_between(tx, since, now).get(source_id, [])
    known = sum(((min(end, now) - max(start, since)) / HOUR for start, end in heard), start=0.0)
    return min(known, WARM_H), int(WARM_H)


def _moment(desk: Desk, at: datetime | str | None) -> str:
    return "-" if at is None else desk.say("cli.moment", at=at)


def _length(desk: Desk, seconds: float | None) -> str:
    return "-" if seconds is None else desk.say("source.length", length=seconds)


VERBS = (
    Verb("sources", "list the sources and how well they are heard", "tocsin sources --json", _options, _sources),
    Verb("source", "show one source: state, what to do, cost, coverage of the last day", "tocsin source vnexpress", _one_options, _source),
)
