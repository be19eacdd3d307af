"""`away`, `swap`, `handover`: who is off, who takes whose turn, and what whoever comes next has to know."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from console.verbs.base import Desk, UsageError, Verb, as_json, as_person, number
from console.verbs.people import roster_of
from console.verbs.times import moment

if TYPE_CHECKING:
    from alerting.policy import Roster
    from core.on_call import Absence
    from core.records import Words
    from store.database import Tx

UNDONE: Final = ("swap.not_on_duty", "swap.yourself", "swap.none_waiting", "swap.which")


def _away_options(parser: ArgumentParser) -> None:
    parser.add_argument("person", metavar="PERSON", nargs="?", help="who is away; without one: who is, and who will be")
    parser.add_argument("--from", dest="since", metavar="TIME", help="from when; default: now")
    parser.add_argument("--to", dest="until", metavar="TIME", help="up to when; a day alone is meant whole")
    parser.add_argument("--back", action="store_true", help="they are back: what they said of time off ends now")
    parser.add_argument("--comment", default="", help="why; their colleagues read it")
    as_person(parser)
    as_json(parser)


def _away(desk: Desk, args: Namespace) -> int:
    if args.person is None:
        return _who_is_away(desk, args)
    by, person = desk.person(args.by), desk.known_person(args.person)
    names = {each.id: each.display_name for each in desk.config.alerting.people}
    if args.back:
        ended = desk.write(_back, desk, by, person)
        desk.out(desk.say("away.back" if ended else "away.was_not", person=names[person]))
        return 0 if ended else 1
    if args.until is None:
        raise UsageError("say until when, as in --to 2026-11-28, or --back")
    from core.on_call import Absence

    zone = ZoneInfo(next(each.timezone for each in desk.config.alerting.people if each.id == person) or desk.config.timezone)
    since = desk.now if args.since is None else _edge(args.since, desk, zone, end=False)
    until = _edge(args.until, desk, zone, end=True)
    if until <= max(since, desk.now):
        raise UsageError("--to must lie in the future and after --from")
    found = desk.write(_add, desk, Absence(person=person, starts_at=since, ends_at=until, by=by, comment=args.comment))
    desk.out(desk.say("away.set", person=names[person], start=since, end=until))
    for line in found:
        desk.out(desk.say.render(line))
    return 0


def _edge(text: str, desk: Desk, zone: ZoneInfo, *, end: bool) -> datetime:
    """A time; a day alone is its first midnight on the person's clock, or its last."""
    from datetime import time, timedelta

    from alerting.wall import instant

    try:
        day = date.fromisoformat(text)
    except ValueError:
        return moment(text, desk.now, zone)
    return instant(datetime.combine(day + timedelta(days=end), time()), zone)


def _who_is_away(desk: Desk, args: Namespace) -> int:
    from alerting.holidays import STORED_AS
    from store import absences

    found = [one for one in desk.read(absences.listing, ending_after=desk.now) if not one.person.startswith(STORED_AS)]
    if args.json:
        desk.json([_told(one) for one in found])
        return 0
    roster = roster_of(desk)
    for one in found:
        desk.out(desk.say("away.line", person=roster.name(one.person), start=one.starts_at, end=one.ends_at))
    if not found:
        desk.tell(desk.say("away.none"))
    return 0


def _told(one: Absence) -> dict[str, Any]:
    return {"person": one.person, "starts_at": one.starts_at.isoformat(), "ends_at": one.ends_at.isoformat(), "origin": one.origin}


def _add(tx: Tx, desk: Desk, wanted: Absence) -> list[Words]:
    """Store it; returns what it does to their turns."""
    from alerting.duty import clash_words
    from alerting.gaps import clashes
    from alerting.roster import roster_of as stored_roster
    from store import absences, audit

    made = absences.add(tx, wanted)
    data = {"starts_at": wanted.starts_at.isoformat(), "ends_at": wanted.ends_at.isoformat(), "absence": made}
    audit.add(tx, desk.now, wanted.by, "cli", "away", f"person:{wanted.person}", data)
    roster = stored_roster(tx, desk.config.alerting)
    start = max(wanted.starts_at, desk.now)
    return [clash_words(one, roster) for one in clashes(roster, start, wanted.ends_at) if one.person == wanted.person]


def _back(tx: Tx, desk: Desk, by: str, person: str) -> list[int]:
    from store import absences, audit

    ended = absences.end(tx, person, desk.now)
    if ended:
        audit.add(tx, desk.now, by, "cli", "back", f"person:{person}", {"absences": ended})
    return ended


def _swap_options(parser: ArgumentParser) -> None:
    parser.add_argument("person", metavar="PERSON", nargs="?", help="who shall take your duty; without one: what waits for an answer")
    parser.add_argument("--day", metavar="DAY", help="of which day: T7, Sat, 28/11, 2026-11-28; default: your running or next shift")
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument(
        "--agree", metavar="ID", nargs="?", const=0, type=number, help="you take it; without a number the only one asked of you"
    )
    answers.add_argument("--refuse", metavar="ID", nargs="?", const=0, type=number, help="you do not")
    answers.add_argument("--take-over", metavar="PERSON", help="you take the rest of this person's running shift, now")
    as_person(parser)
    as_json(parser)


def _swap(desk: Desk, args: Namespace) -> int:
    if args.person is None and args.agree is None and args.refuse is None and args.take_over is None:
        return _waiting(desk, args)
    by = desk.person(args.by)
    other = desk.known_person(args.take_over or args.person) if args.take_over or args.person else None
    answer = desk.write(_do_swap, desk, args, by, other)
    done = answer.key not in UNDONE
    (desk.out if done else desk.tell)(desk.say.render(answer))
    return 0 if done else 1


def _do_swap(tx: Tx, desk: Desk, args: Namespace, by: str, other: str | None) -> Words:
    from alerting import swaps
    from alerting.roster import roster_of as stored_roster

    roster = stored_roster(tx, desk.config.alerting)
    if args.agree is not None or args.refuse is not None:
        number_ = args.agree if args.agree is not None else args.refuse
        return swaps.answer(tx, number_ or None, by, desk.now, roster, agreed=args.agree is not None)
    assert other is not None
    if args.take_over:
        return swaps.take_over(tx, by, other, desk.now, roster)
    return swaps.ask(tx, by, other, desk.now, roster, day=_day(args.day, desk, by, roster))


def _day(text: str | None, desk: Desk, by: str, roster: Roster) -> date | None:
    if text is None:
        return None
    from alerting.swaps import parse_day

    person = roster.people[by]
    day = parse_day(text, desk.now.astimezone(ZoneInfo(person.timezone or desk.config.timezone)).date())
    if day is None:
        raise UsageError(f"{text!r} is no day; write it as T7, Sat, mai, 28/11 or 2026-11-28")
    return day


def _waiting(desk: Desk, args: Namespace) -> int:
    from store import swaps

    found = desk.read(swaps.unanswered, desk.now)
    if args.json:
        names = ("id", "rotation_id", "asked_by", "person", "starts_at", "ends_at", "asked_at")
        desk.json([{name: getattr(one, name) for name in names} for one in found])
        return 0
    roster = roster_of(desk)
    for one in found:
        people = {"by": roster.name(one.asked_by), "person": roster.name(one.person)}
        desk.out(desk.say("swap.waiting", id=one.id, rotation=one.rotation_id, start=one.starts_at, end=one.ends_at, **people))
    if not found:
        desk.tell(desk.say("swap.none"))
    return 0


def _handover(desk: Desk, args: Namespace) -> int:
    from alerting.handover import handover_note, lines
    from console.listening import listening_of

    roster = roster_of(desk)
    note = desk.read(handover_note, roster, listening_of(desk.config), desk.now)
    if args.json:
        desk.json(
            {
                "at": note.at,
                "open": [{"id": one.id, "severity": one.severity, "status": one.status, "owner": one.owner} for one in note.open],
                "watch": [{"id": one.id, "severity": one.severity, "resolved_at": one.resolved_at} for one in note.watch],
                "muted": [{"id": one.id, "matches": one.matches, "ends_at": one.ends_at, "comment": one.comment} for one in note.muted],
                "unheard": [{"source": one.source_id, "since": one.since, "why": one.why} for one in note.unheard],
                "coming": [{"rotation": one.rotation_id, "person": one.person, "starts_at": one.starts_at} for one in note.coming],
            }
        )
        return 0
    for line in lines(note, roster):
        desk.out(desk.say.render(line))
    return 0


VERBS = (
    Verb(
        "away",
        "somebody has time off: their turns go to the next",
        "tocsin away lan --from 2026-11-26 --to 2026-11-28",
        _away_options,
        _away,
    ),
    Verb(
        "swap", "ask somebody to take your duty, answer, or take over at once", "tocsin swap minh --day T7 --as lan", _swap_options, _swap
    ),
    Verb("handover", "the note of a shift: what is open, what to watch", "tocsin handover", as_json, _handover),
)
