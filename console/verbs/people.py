"""`on-call`, `override`: who is on duty, when it changes hands, where nobody is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from console.verbs.base import Desk, UsageError, Verb, as_json, as_person
from console.verbs.tables import table
from console.verbs.times import moment

if TYPE_CHECKING:
    from alerting.on_call_settings import RotationSettings
    from alerting.policy import Roster
    from store.database import Tx

LOOK_AHEAD: Final = timedelta(days=60)  # for the end of the shift that runs; a rotation changes hands weekly at the latest
MOST_DAYS: Final = 366


def _on_call_options(parser: ArgumentParser) -> None:
    parser.add_argument("--at", metavar="TIME", help="then instead of now")
    parser.add_argument("--days", metavar="N", type=int, default=0, help="list the shifts of the next N days too")
    as_json(parser)


def _on_call(desk: Desk, args: Namespace) -> int:
    at = desk.now if args.at is None else moment(args.at, desk.now, desk.zone)
    if not 0 <= args.days <= MOST_DAYS:
        raise UsageError(f"--days runs from 0 to {MOST_DAYS}")
    found = duty(roster_of(desk), at, timedelta(days=args.days))
    if args.json:
        desk.json({"at": at.isoformat(), "rotations": found})
        return 0
    say = desk.say
    if not found:
        desk.tell(say("cli.no_rotations"))
    for rotation in found:
        now = say("console.nobody_on_call")
        if rotation["person"] is not None:
            now = say("console.on_call_now", person=rotation["name"], until=rotation["until"])
        desk.out(f"{rotation['id']}: {now}")
        rows = [
            [say("cli.moment", at=shift["starts_at"]), say("cli.moment", at=shift["ends_at"]), shift["name"]]
            for shift in rotation["shifts"]
        ]
        if rows:
            desk.out(table([say("cli.from"), say("cli.to"), say("console.who")], rows))
        for gap in rotation["gaps"]:
            desk.out(say("cli.gap", rotation=rotation["id"], start=gap["starts_at"], end=gap["ends_at"]))
    return 0


def roster_of(desk: Desk) -> Roster:
    """Who can be told, overrides included."""
    from alerting import roster

    return desk.read(roster.roster_of, desk.config.alerting)


def duty(roster: Roster, at: datetime, length: timedelta) -> list[dict[str, Any]]:
    """Who is on call of each rotation at `at`, until when; with the shifts and gaps of `length` from then on."""
    from alerting.rotation import on_call, shifts

    found = []
    for rotation in roster.rotations.values():
        person = on_call(rotation, at, roster.overrides)
        running = next(iter(shifts(rotation, at, at + LOOK_AHEAD, roster.overrides)), None)
        told = shifts(rotation, at, at + length, roster.overrides)
        found.append(
            {
                "id": rotation.id,
                "timezone": rotation.timezone,
                "person": person,
                "name": None if person is None else roster.name(person),
                "until": None if person is None or running is None else running.ends_at.isoformat(),
                "shifts": [
                    {
                        "person": shift.person,
                        "name": roster.name(shift.person),
                        "starts_at": shift.starts_at.isoformat(),
                        "ends_at": shift.ends_at.isoformat(),
                    }
                    for shift in told
                ],
                "gaps": [{"starts_at": start.isoformat(), "ends_at": end.isoformat()} for start, end in gaps(roster, rotation, at, length)],
            }
        )
    return found


def gaps(roster: Roster, rotation: RotationSettings, at: datetime, length: timedelta) -> list[tuple[datetime, datetime]]:
    """The stretches of `length` from `at` in which a critical page of this rotation reaches nobody, in order."""
    from alerting.rotation import shifts

    reached = []
    for shift in shifts(rotation, at, at + length, roster.overrides):
        person = roster.people.get(shift.person)
        if person is not None and person.channels_for("critical"):
            reached.append((shift.starts_at, shift.ends_at))
    found, until = [], at
    for starts_at, ends_at in reached:
        if starts_at > until:
            found.append((until, starts_at))
        until = ends_at
    if until < at + length:
        found.append((until, at + length))
    return found


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
    until = moment(args.until, desk.now, desk.zone)
    if until <= max(since, desk.now):
        raise UsageError("--to must lie in the future and after --from")
    desk.write(
        _add_override, desk, Override(rotation_id=args.rotation, person=person, starts_at=since, ends_at=until, by=by, comment=args.comment)
    )
    names = {each.id: each.display_name for each in desk.config.alerting.people}
    desk.out(desk.say("cli.override_set", person=names[person], rotation=args.rotation, start=since, end=until))
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
