"""What a person does to an incident: `ack`, `resolve`, `reopen`, `assign`, `note`, `severity`, `escalate`, `snooze`, `tick`, `looked`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.verbs.base import Desk, UsageError, Verb, as_person, number
from console.verbs.times import moment
from core.records import SEVERITIES

if TYPE_CHECKING:
    from alerting.events import Event
    from alerting.respond import Response
    from store.database import Tx


@dataclass(frozen=True)
class Deed:
    """What was typed, and by whom, inside the transaction in which it happens."""

    tx: Tx
    desk: Desk
    args: Namespace
    by: str


def act(event_for: Callable[[Deed], Event]) -> Callable[[Desk, Namespace], int]:
    """A verb that lets `event_for(deed)` happen to the incident, and says what became of it."""

    def run(desk: Desk, args: Namespace) -> int:
        from alerting.respond import respond
        from alerting.roster import roster_of

        by = desk.person(args.by)

        def work(tx: Tx) -> Response:
            event = event_for(Deed(tx, desk, args, by))
            return respond(tx, args.id, event, desk.now, roster_of(tx, desk.config.alerting), channel="cli")

        response = desk.write(work)
        desk.out(desk.say.render(response.answer))
        return 0

    return run


def _ack(deed: Deed) -> Event:
    from alerting.events import Acknowledged

    until = None if deed.args.until is None else moment(deed.args.until, deed.desk.now, deed.desk.zone)
    return Acknowledged(by=deed.by, via="command", until=until)


def _resolve(deed: Deed) -> Event:
    from alerting.events import Resolved

    known = deed.args.reason.replace("-", "_")
    return Resolved(by=deed.by, reason=known if known in REASONS else deed.args.reason)


def _reopen(deed: Deed) -> Event:
    from alerting.events import Reopened

    return Reopened(by=deed.by, reason=deed.args.reason)


def _assign(deed: Deed) -> Event:
    from alerting.events import Assigned

    return Assigned(by=deed.by, to=deed.desk.known_person(deed.args.person))


def _note(deed: Deed) -> Event:
    from alerting.events import Noted
    from core.text import clean

    text = clean(" ".join(deed.args.text)).strip()
    if not text:
        raise UsageError("the note is empty")
    return Noted(by=deed.by, text=text)


def _severity(deed: Deed) -> Event:
    from alerting.events import SeveritySet

    return SeveritySet(by=deed.by, severity=deed.args.level, because=deed.args.because)


def _escalate(deed: Deed) -> Event:
    from alerting.events import Escalated

    return Escalated(by=deed.by)


def _snooze(deed: Deed) -> Event:
    from alerting.events import Snoozed

    return Snoozed(by=deed.by, until=moment(deed.args.until, deed.desk.now, deed.desk.zone), reason=deed.args.reason)


def _tick(deed: Deed) -> Event:
    """The step by its id, or by its number in the playbook, as `tocsin incident` lists them."""
    from alerting.events import StepTicked
    from console.verbs.incidents import playbook_of
    from core.errors import NotFound
    from store import incidents

    incident = incidents.get(deed.tx, deed.args.id)
    if incident is None:
        raise NotFound(f"there is no incident {deed.args.id}")
    plan = playbook_of(deed.desk, incident)
    steps = [] if plan is None else [step for _, step in plan.steps()]
    chosen = next((step for at, step in enumerate(steps, start=1) if deed.args.step in (step.id, str(at))), None)
    text = deed.args.step if plan is None or chosen is None else plan.say(chosen.text, deed.desk.say.language)
    return StepTicked(by=deed.by, step_id=deed.args.step if chosen is None else chosen.id, text=text, done=not deed.args.undo)


def _looked(deed: Deed) -> Event:
    from alerting.events import PlaceLooked
    from core.text import clean

    if deed.args.found is None and not deed.args.nothing:
        raise UsageError("say what there was: --nothing, or --found TEXT")
    text = clean(deed.args.found or "").strip()
    return PlaceLooked(by=deed.by, place=deed.args.place, name=deed.args.place, found=deed.args.found is not None, text=text)


def _takes(*more: Callable[[ArgumentParser], None]) -> Callable[[ArgumentParser], None]:
    """The options of a verb of this group: the incident, what is its own, the person."""

    def options(parser: ArgumentParser) -> None:
        parser.add_argument("id", type=number, help="the incident's number")
        for each in more:
            each(parser)
        as_person(parser)

    return options


def _option(*names: str, **settings: Any) -> Callable[[ArgumentParser], None]:
    def add(parser: ArgumentParser) -> None:
        parser.add_argument(*names, **settings)

    return add


REASONS = ("fixed", "false_alarm", "campaign", "duplicate", "spam", "off_topic", "old_news", "other_brand", "known", "quiet")
_WHEN = "RFC 3339, '2026-11-21 14:00' in the configured zone, or 2h from now"

VERBS = (
    Verb(
        "ack",
        "take an incident; a second one says who has it",
        "tocsin ack 12 --as lan",
        _takes(_option("--until", metavar="TIME", help=f"page again from then on ({_WHEN})")),
        act(_ack),
    ),
    Verb(
        "resolve",
        "close an incident",
        "tocsin resolve 12 --reason false_alarm --as lan",
        _takes(_option("--reason", required=True, help=f"{', '.join(REASONS)}, or your own words")),
        act(_resolve),
    ),
    Verb(
        "reopen",
        "open a closed incident again",
        "tocsin reopen 12 --reason 'it started again' --as lan",
        _takes(_option("--reason", default="", help="why")),
        act(_reopen),
    ),
    Verb(
        "assign",
        "give an incident to somebody, who is told at once",
        "tocsin assign 12 minh --as lan",
        _takes(_option("person", metavar="PERSON", help="to whom")),
        act(_assign),
    ),
    Verb(
        "note",
        "write something on the timeline",
        "tocsin note 12 'called the factory, answer by 15:00' --as lan",
        _takes(_option("text", metavar="TEXT", nargs="+", help="what to write")),
        act(_note),
    ),
    Verb(
        "severity",
        "overrule the severity; a rise pages",
        "tocsin severity 12 critical --because 'a child was hurt' --as lan",
        _takes(
            _option("level", metavar="LEVEL", choices=SEVERITIES, help=", ".join(reversed(SEVERITIES))),
            _option("--because", required=True, help="why"),
        ),
        act(_severity),
    ),
    Verb("escalate", "pass an incident on to the next step at once", "tocsin escalate 12 --as lan", _takes(), act(_escalate)),
    Verb(
        "snooze",
        "put an incident off, for 24 hours at most; it pages again then",
        "tocsin snooze 12 --until 30m --reason 'the lab answers at ten' --as lan",
        _takes(_option("--until", metavar="TIME", required=True, help=_WHEN), _option("--reason", required=True, help="why")),
        act(_snooze),
    ),
    Verb(
        "tick",
        "mark a step of the playbook as done",
        "tocsin tick 12 2 --as lan",
        _takes(
            _option("step", metavar="STEP", help="the step's id, or its number in the playbook"),
            _option("--undo", action="store_true", help="take the tick back"),
        ),
        act(_tick),
    ),
    Verb(
        "looked",
        "say what there was at a place that no program may see",
        "tocsin looked 12 fb-groups --found 'three posts, 200 comments' --as mai",
        _takes(
            _option("place", metavar="PLACE", help="the id of an unseen place (listener.unseen)"),
            _option("--found", metavar="TEXT", help="there was something: what"),
            _option("--nothing", action="store_true", help="there was nothing"),
        ),
        act(_looked),
    ),
)
