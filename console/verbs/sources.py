"""`sources`, `source`: what we listen to, and how well we hear it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.verbs.base import Desk, UsageError, Verb, as_json
from console.verbs.tables import table
from core.records import SourceState

if TYPE_CHECKING:
    from store.database import Tx

DAY: Final = timedelta(days=1)


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
    found = shapes(desk)
    if args.json:
        desk.json(found)
        return 0
    if not found:
        desk.tell(desk.say("cli.no_sources"))
        return 0
    say = desk.say
    rows = [
        [
            each["id"],
            each["kind"],
            say(f"tier.{each['tier']}") if each["tier"] else "-",
            _moment(desk, each["last_success_at"]),
            _moment(desk, each["next_poll_at"]),
            say("cli.count", n=each["mentions"]),
            _state(desk, each),
        ]
        for each in found
    ]
    heads = ("cli.id", "cli.kind", "cli.tier", "console.last_success", "console.next_poll", "console.mentions", "cli.state")
    desk.out(table([say(head) for head in heads], rows))
    return 0


def shapes(desk: Desk) -> list[dict[str, Any]]:
    """Every source, configured or stored, by id; times RFC 3339."""
    from store import sources

    states = {state.id: state for state in desk.read(sources.list_all)}
    configured = {source.id: source for source in desk.config.listener.sources}
    found = []
    for source_id in sorted({*states, *configured}):
        source, state = configured.get(source_id), states.get(source_id)
        kind = source.kind if source is not None else state.kind if state is not None else ""
        found.append(
            {
                "id": source_id,
                "kind": kind,
                "configured": source is not None,
                "enabled": source is not None and source.enabled,
                "tier": None if source is None else source.tier,
                "topic": None if source is None else source.topic,
                "every_s": None if source is None else source.every.total_seconds(),
                **_stored(state or SourceState(id=source_id, kind=kind)),
            }
        )
    return found


def _stored(state: SourceState) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat()

    return {
        "first_poll_at": moment(state.first_poll_at),
        "last_success_at": moment(state.last_success_at),
        "last_mention_at": moment(state.last_mention_at),
        "next_poll_at": moment(state.next_poll_at),
        "failures": state.failures,
        "last_error": state.last_error,
        "paused_because": state.paused_because,
        "usual_gap_s": state.usual_gap_s,
        "usual_delay_s": state.usual_delay_s,
        "mentions": state.mentions,
    }


def _one_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="SOURCE", help="the source's id")
    as_json(parser)


def _source(desk: Desk, args: Namespace) -> int:
    every = shapes(desk)
    found = next((each for each in every if each["id"] == args.id), None)
    if found is None:
        raise UsageError(f"there is no source {args.id!r}; there are: {', '.join(each['id'] for each in every) or 'none'}")
    found["coverage"] = desk.read(_coverage, args.id, desk.now)
    if args.json:
        desk.json(found)
        return 0
    say = desk.say
    desk.out(f"{found['id']} ({found['kind']}): {_state(desk, found)}")
    for key, value in (
        ("console.last_success", _moment(desk, found["last_success_at"])),
        ("console.next_poll", _moment(desk, found["next_poll_at"])),
        ("console.mentions", say("cli.count", n=found["mentions"])),
        ("console.last_error", found["last_error"] or "-"),
    ):
        desk.out(f"{say(key)}: {value}")
    desk.out(say("cli.coverage"))
    for stretch in found["coverage"]:
        desk.out(f"  {_moment(desk, stretch['from'])} - {_moment(desk, stretch['to'])}")
    return 0


def _coverage(tx: Tx, source_id: str, now: datetime) -> list[dict[str, str]]:
    """The stretches of the last 24 hours in which the source was heard."""
    from store import sources

    heard = sources.heard_between(tx, now - DAY, now).get(source_id, [])
    return [{"from": max(start, now - DAY).isoformat(), "to": min(end, now).isoformat()} for start, end in heard]


def _state(desk: Desk, source: dict[str, Any]) -> str:
    say = desk.say
    if not source["configured"]:
        return say("cli.source_gone")
    if not source["enabled"]:
        return say("cli.source_off")
    if source["paused_because"]:
        return say("cli.source_paused", reason=source["paused_because"])
    if source["failures"]:
        return say("cli.source_failing", n=source["failures"], reason=source["last_error"])
    return say("cli.source_new" if source["last_success_at"] is None else "cli.source_fine")


def _moment(desk: Desk, at: str | None) -> str:
    return "-" if at is None else desk.say("cli.moment", at=at)


VERBS = (
    Verb("sources", "list the sources and how well they are heard", "tocsin sources --json", _options, _sources),
    Verb("source", "show one source: state, next poll, coverage of the last day", "tocsin source vnexpress", _one_options, _source),
)
