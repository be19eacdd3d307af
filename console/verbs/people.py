"""`on-call`, `override`: who is on duty, when it changes hands, where nobody is, how heavy it was."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from console.reliance import red_channels, red_lines
from console.verbs.base import Desk, UsageError, Verb, as_json, as_person
from console.verbs.tables import table
from console.verbs.times import moment

if TYPE_CHECKING:
    from alerting.policy import Roster
    from store.database import Tx

LOOK_AHEAD: Final = tuple(timedelta(days=days) for days in (8, 60, 400))  # for the end of the shift that runs
ICS_DAYS: Final = 60
LOAD_DAYS: Final = 28
MOST_DAYS: Final = 366


def _on_call_options(parser: ArgumentParser) -> None:
    parser.add_argument("--at", metavar="TIME", help="then instead of now")
    parser.add_argument("--days", metavar="N", type=int, help="list the shifts of the next N days too")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--ics", action="store_true", help=f"an iCalendar file of the shifts of the next {ICS_DAYS} days, or of --days")
    other.add_argument("--load", action="store_true", help=f"who was paged how often in the last {LOAD_DAYS} days, or --days")
    as_json(parser)


def _on_call(desk: Desk, args: Namespace) -> int:
    at = desk.now if args.at is None else moment(args.at, desk.now, desk.zone)
    if args.days is not None and not 0 <= args.days <= MOST_DAYS:
        raise UsageError(f"--days runs from 0 to {MOST_DAYS}")
    roster = roster_of(desk)
    if args.ics:
        sys.stdout.write(ics(desk, roster, at, timedelta(days=args.days or ICS_DAYS)))
        return 0
    if args.load:
        return _load(desk, args, roster, at)
    found = duty(roster, at, timedelta(days=args.days or 0))
    if args.json:
        desk.json({"at": at.isoformat(), "rotations": found, "red_channels": desk.read(red_channels, desk.config.alerting)})
        return 0
    _tell_duty(desk, found)
    for line in red_lines(desk.say, desk.read(red_channels, desk.config.alerting)):
        desk.tell(line)
    return 0


def _tell_duty(desk: Desk, found: list[dict[str, Any]]) -> None:
    say = desk.say
    if not found:
        desk.tell(say("cli.no_rotations"))
    for rotation in found:
        now = say("console.nobody_on_call")
        if rotation["person"] is not None:
            now = say("console.on_call_now", person=rotation["name"], until=rotation["until"])
        desk.out(f"{rotation['id']}: {now}")
        rows = [
            [
                say("cli.moment", at=shift["starts_at"]),
                say("cli.moment", at=shift["ends_at"]),
                shift["name"] + (f" ({say('oncall.holiday', name=shift['holiday'])})" if shift["holiday"] else ""),
            ]
            for shift in rotation["shifts"]
        ]
        if rows:
            desk.out(table([say("cli.from"), say("cli.to"), say("console.who")], rows))
        for gap in rotation["gaps"]:
            desk.out(say("cli.gap", rotation=rotation["id"], start=gap["starts_at"], end=gap["ends_at"]))


def roster_of(desk: Desk) -> Roster:
    """Who can be told, overrides included."""
    from alerting import roster

    return desk.read(roster.roster_of, desk.config.alerting)


def duty(roster: Roster, at: datetime, length: timedelta) -> list[dict[str, Any]]:
    """Who is on call of each rotation at `at`, until when; with the shifts and gaps of `length` from then on."""
    from alerting.gaps import holes

    found = []
    for rotation in roster.rotations.values():
        person = roster.on_call(rotation.id, at)
        holding = person is not None
        found.append(
            {
                "id": rotation.id,
                "timezone": rotation.timezone,
                "person": person,
                "name": None if person is None else roster.name(person),
                "until": until(roster, rotation.id, at).isoformat() if holding else None,
                "shifts": [
                    {
                        "person": shift.person,
                        "name": roster.name(shift.person),
                        "starts_at": shift.starts_at.isoformat(),
                        "ends_at": shift.ends_at.isoformat(),
                        "holiday": shift.holiday or None,
                    }
                    for shift in roster.shifts(rotation.id, at, at + length)
                ],
                "gaps": [
                    {"starts_at": start.isoformat(), "ends_at": end.isoformat()} for start, end in holes(roster, rotation, at, at + length)
                ],
            }
        )
    return found


def until(roster: Roster, rotation_id: str, at: datetime) -> datetime:
    """The end of the shift that runs at `at`; at most some 400 days on."""
    for ahead in LOOK_AHEAD:
        running = roster.shifts(rotation_id, at, at + ahead)[0]
        if running.ends_at < at + ahead:
            break
    return running.ends_at


def ics(desk: Desk, roster: Roster, at: datetime, length: timedelta) -> str:
    """The shifts of all rotations as an iCalendar file."""
    from alerting.ics import write_shifts

    shifts = [shift for rotation_id in roster.rotations for shift in roster.shifts(rotation_id, at, at + length)]
    return write_shifts(shifts, name=roster.name, say=desk.say, site=desk.config.name, now=desk.now).decode()


def _load(desk: Desk, args: Namespace, roster: Roster, at: datetime) -> int:
    """How heavy the pager was on whom."""
    from alerting.load import load
    from store import notifications

    days = args.days or LOAD_DAYS
    found = load(desk.read(notifications.sent_between, at - timedelta(days=days), at), roster)
    if args.json:
        told = [{name: getattr(one, name) for name in one.__struct_fields__} for one in found]
        desk.json({"from": (at - timedelta(days=days)).isoformat(), "until": at.isoformat(), "people": told})
        return 0
    say = desk.say
    if not any(one.pages for one in found):
        desk.tell(say("load.none", days=days))
        return 0
    rows = [
        [roster.name(one.person), *map(str, (one.pages, one.night, one.nights, one.weekend)), say("cli.count", n=one.pages * 7 / days)]
        for one in found
    ]
    desk.out(table([say(f"load.{name}") for name in ("person", "pages", "night", "nights", "weekend", "week")], rows))
    for one in found:
        if one.is_unfair:
            desk.out(say("load.unfair", person=roster.name(one.person), times=one.times_even))
    return 0


def _override_options(parser: ArgumentParser) -> None:
    parser.add_argument("rotation", metavar="ROTATION", help="whose duty")
    parser.add_argument("person", metavar="PERSON", help="who takes it")
    parser.add_argument("--from", dest="since", metavar="TIME", help="from when; default: now")
    parser.add_argument("--to", dest="until", metavar="TIME", required=True, help="up to when")
    parser.add_argument("--comment", default="", help="why")
    as_person(parser)


def _override(desk: Desk, args: Namespace) -> int:
    from store.overrides import Override

    rotations = [rotation.id for rotation in desk.config.alerting.rotations]
    if args.rotation not in rotations:
        raise UsageError(f"there is no rotation {args.rotation!r}; configured are: {', '.join(rotations) or 'none'}")
    by, person = desk.person(args.by), desk.known_person(args.person)
    since = desk.now if args.since is None else moment(args.since, desk.now, desk.zone)
    ends = moment(args.until, desk.now, desk.zone)
    if ends <= max(since, desk.now):
        raise UsageError("--to must lie in the future and after --from")
    desk.write(
        _add_override, desk, Override(rotation_id=args.rotation, person=person, starts_at=since, ends_at=ends, by=by, comment=args.comment)
    )
    names = {each.id: each.display_name for each in desk.config.alerting.people}
    desk.out(desk.say("cli.override_set", person=names[person], rotation=args.rotation, start=since, end=ends))
    return 0


def _add_override(tx: Tx, desk: Desk, wanted: Any) -> None:
    from store import audit, overrides

    made = overrides.add(tx, wanted)
    data = {"person": wanted.person, "starts_at": wanted.starts_at.isoformat(), "ends_at": wanted.ends_at.isoformat()}
    audit.add(tx, desk.now, wanted.by, "cli", "override", f"rotation:{wanted.rotation_id}", {**data, "override": made})


VERBS = (
    Verb("on-call", "who is on call, the shifts to come, the gaps", "tocsin on-call --days 14", _on_call_options, _on_call),
    Verb(
        "override",
        "somebody else takes a rotation's duty for a time",
        "tocsin override first-line minh --from '2026-11-21 18:00' --to '2026-11-22 09:00' --as lan",
        _override_options,
        _override,
    ),
)
