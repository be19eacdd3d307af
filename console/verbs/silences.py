"""`silence`, `silences`: what is muted until when, and why."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, Final

from console.muted import by_said, matches_said, muted_at, why_said
from console.verbs.base import Desk, UsageError, Verb, as_json, as_person
from console.verbs.tables import table
from console.verbs.times import moment
from core.silences import Silence

if TYPE_CHECKING:
    from store.database import Tx

MATCHES: Final = {
    "topic": "a topic's id",
    "kind": "a kind of signal, such as volume_spike",
    "risk": "a family of risk, such as recall",
    "source": "a source's id",
    "place": "a place's id",
}


def _options(parser: ArgumentParser) -> None:
    for name, meaning in MATCHES.items():
        parser.add_argument(f"--{name}", metavar="ID", help=f"{meaning}; all that are given must match")
    parser.add_argument("--until", metavar="TIME", help="when it ends, at most 30 days on; required for a new one")
    parser.add_argument("--comment", help="why; required for a new one")
    parser.add_argument("--from", dest="start", metavar="TIME", help="when it begins; now, unless it is given")
    parser.add_argument("--maintenance", action="store_true", help="it is planned work, and is called so")
    parser.add_argument("--end", metavar="N", type=int, help="end number N now: a silence, a window, an echo")
    as_person(parser)


def _silence(desk: Desk, args: Namespace) -> int:
    from alerting import silencing

    by = desk.person(args.by)
    if args.end is not None:
        desk.write(silencing.end_silence, args.end, desk.now, by=by, channel="cli")
        desk.out(desk.say("cli.silence_ended", id=args.end))
        return 0
    matches = {name: getattr(args, name) for name in MATCHES if getattr(args, name)}
    if args.until is None or not args.comment or not matches:
        raise UsageError(f"a silence needs --until, --comment and at least one of {', '.join(f'--{name}' for name in MATCHES)}")
    _refuse_unknown(desk, matches)
    start = desk.now if args.start is None else moment(args.start, desk.now, desk.zone)
    wanted = Silence(
        matches=dict(matches),
        starts_at=start,
        ends_at=moment(args.until, desk.now, desk.zone),
        by=by,
        comment=args.comment,
        kind="maintenance" if args.maintenance else "silence",
    )
    made = desk.write(silencing.silence, wanted, desk.now, channel="cli")
    key = "cli.silence_set" if start <= desk.now else "cli.silence_planned"
    desk.out(desk.say(key, id=made, start=start, until=wanted.ends_at, matches=matches_said(wanted)))
    calling = desk.read(_still_calling, wanted)
    if calling and start <= desk.now:
        desk.tell(desk.say("cli.silence_still_calls", ids=[f"#{number}" for number in calling]))
    return 0


def _still_calling(tx: Tx, wanted: Silence) -> list[int]:
    """Open incidents that a new silence matches, and that go on calling people: it mutes what comes, not what has begun."""
    from alerting.silence import matches, told_of
    from store import open_incidents, signals

    calling = [one for one in open_incidents.open_now(tx, "live") if one.status == "open" and one.next_step_at is not None]
    return [one.id for one in calling if any(matches(wanted.matches, told_of(signal)) for signal in signals.some_of(tx, one.id, 1))]


def _refuse_unknown(desk: Desk, matches: dict[str, str]) -> None:
    """A slip of the pen must not leave somebody believing that it is quiet."""
    config = desk.config
    known = {
        "topic": [topic.id for topic in config.topics],
        "source": [source.id for source in config.listener.sources],
        "place": [place.id for place in config.places],
    }
    for name, value in matches.items():
        if name in known and value not in known[name]:
            raise UsageError(f"there is no {name} {value!r}; configured are: {', '.join(known[name]) or 'none'}")


def _list_options(parser: ArgumentParser) -> None:
    as_json(parser)


def _list(desk: Desk, args: Namespace) -> int:
    found = desk.read(muted_at, desk.config.alerting, desk.now)
    if args.json:
        desk.json([_as_json(each, desk) for each in found])
        return 0
    if not found:
        desk.tell(desk.say("cli.no_silences"))
        return 0
    say, names = desk.say, {person.id: person.display_name for person in desk.config.alerting.people}
    rows = [
        [
            str(each.id or "-"),
            say(f"silence.kind.{each.kind}"),
            matches_said(each),
            say("cli.moment", at=each.starts_at) if each.starts_at > desk.now else say("silence.now"),
            say("cli.moment", at=each.ends_at),
            by_said(each, say, names),
            why_said(each, say),
            " ".join(f"#{number}" for number in each.muted) or "-",
        ]
        for each in found
    ]
    heads = ["silence.what", "cli.matches", "cli.from", "cli.to", "console.who", "console.why", "silence.mutes"]
    desk.out(table(["#", *(say(key) for key in heads)], rows))
    return 0


def _as_json(silence: Silence, desk: Desk) -> dict[str, Any]:
    return {
        "id": silence.id or None,
        "kind": silence.kind,
        "matches": silence.matches,
        "starts_at": silence.starts_at.isoformat(),
        "ends_at": silence.ends_at.isoformat(),
        "in_force": silence.holds(desk.now),
        "by": silence.by,
        "comment": silence.comment,
        "incidents": list(silence.muted),
    }


VERBS = (
    Verb(
        "silence",
        "mute what matches, until a time and with a reason",
        "tocsin silence --topic acme --kind volume_spike --until 2h --comment 'our own campaign' --as lan",
        _options,
        _silence,
    ),
    Verb("silences", "list what is muted now, and what is planned", "tocsin silences --json", _list_options, _list),
)
