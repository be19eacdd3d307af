"""`silence`, `silences`: what is muted until when, and why."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Final

from console.verbs.base import Desk, UsageError, Verb, as_json, as_person
from console.verbs.tables import table
from console.verbs.times import moment
from core.errors import NotFound
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
    parser.add_argument("--until", metavar="TIME", help="when it ends; required for a new one")
    parser.add_argument("--comment", help="why; required for a new one")
    parser.add_argument("--end", metavar="N", type=int, help="end silence number N now")
    as_person(parser)


def _silence(desk: Desk, args: Namespace) -> int:
    by = desk.person(args.by)
    if args.end is not None:
        if not desk.write(_end, desk, args.end, by):
            raise NotFound(f"there is no silence {args.end} in force")
        desk.out(desk.say("cli.silence_ended", id=args.end))
        return 0
    from alerting import respond

    matches = {name: getattr(args, name) for name in MATCHES if getattr(args, name)}
    if args.until is None or not args.comment or not matches:
        raise UsageError(f"a silence needs --until, --comment and at least one of {', '.join(f'--{name}' for name in MATCHES)}")
    _refuse_unknown(desk, matches)
    until = moment(args.until, desk.now, desk.zone)
    wanted = Silence(matches=matches, starts_at=desk.now, ends_at=until, by=by, comment=args.comment)
    made = desk.write(respond.silence, wanted, desk.now, channel="cli")
    desk.out(desk.say("cli.silence_set", id=made, until=until, matches=_told(matches)))
    return 0


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


def _end(tx: Tx, desk: Desk, silence_id: int, by: str) -> bool:
    from store import audit, silences

    ended = silences.end(tx, silence_id, desk.now)
    if ended:
        audit.add(tx, desk.now, by, "cli", "silence_ended", f"silence:{silence_id}")
    return ended


def _list_options(parser: ArgumentParser) -> None:
    as_json(parser)


def _list(desk: Desk, args: Namespace) -> int:
    from store import silences

    found = desk.read(silences.active, desk.now)
    if args.json:
        desk.json(
            [
                {
                    "id": each.id,
                    "matches": each.matches,
                    "starts_at": each.starts_at.isoformat(),
                    "ends_at": each.ends_at.isoformat(),
                    "by": each.by,
                    "comment": each.comment,
                }
                for each in found
            ]
        )
        return 0
    if not found:
        desk.tell(desk.say("cli.no_silences"))
        return 0
    say = desk.say
    rows = [[str(each.id), _told(each.matches), say("cli.moment", at=each.ends_at), each.by, each.comment] for each in found]
    desk.out(table(["#", say("cli.matches"), say("cli.to"), say("console.who"), say("console.why")], rows))
    return 0


def _told(matches: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in matches.items())


VERBS = (
    Verb(
        "silence",
        "mute what matches, until a time and with a reason",
        "tocsin silence --topic acme --kind volume_spike --until 2h --comment 'our own campaign' --as lan",
        _options,
        _silence,
    ),
    Verb("silences", "list what is muted now", "tocsin silences --json", _list_options, _list),
)
