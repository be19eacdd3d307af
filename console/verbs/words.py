"""`statement`, `review`: the first public words of an incident, and what was learnt from it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from console.verbs.base import Desk, UsageError, Verb, as_json, as_person, number
from console.verbs.playbooks import library
from core.errors import NotFound
from core.records import Incident

if TYPE_CHECKING:
    from playbooks.playbook import Playbook
    from store.database import Tx


def _statement_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=number, help="the incident's number")
    parser.add_argument("--statement", metavar="SID", help="which statement of its playbook; without it they are listed with their blanks")
    parser.add_argument(
        "--set", dest="values", metavar="NAME=VALUE", action="append", default=[], help="what stands in a blank; may be repeated"
    )
    as_json(parser)
    as_person(parser)


def _statement(desk: Desk, args: Namespace) -> int:
    incident = desk.read(_incident, args.id)
    playbook = library(desk).get(incident.playbook_id)
    if playbook is None:
        raise NotFound(desk.say("cli.no_playbook", id=incident.id))
    if args.statement is None:
        return _list(desk, playbook, as_document=args.json)
    by = desk.person(args.by)
    values = dict(_pair(given) for given in args.values)
    text = desk.write(_draft, desk, incident.id, playbook, args.statement, values, by)
    if args.json:
        desk.json({"incident_id": incident.id, "playbook_id": playbook.id, "statement_id": args.statement, "text": text})
    else:
        desk.out(text)
    return 0


def _pair(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign or not name:
        raise UsageError(f"--set {given!r}: write it as product='Acme kettle'")
    return name.strip(), value


def _draft(tx: Tx, desk: Desk, incident_id: int, playbook: Playbook, statement_id: str, values: dict[str, str], by: str) -> str:
    from alerting.respond import draft_statement
    from alerting.roster import roster_of

    roster = roster_of(tx, desk.config.alerting)
    return draft_statement(tx, incident_id, playbook, statement_id, values, by=by, now=desk.now, roster=roster)


def _list(desk: Desk, playbook: Playbook, *, as_document: bool) -> int:
    from playbooks.statement import open_blanks

    found = [
        {"id": one.id, "language": one.language, "channel": one.channel, "blanks": list(open_blanks(one, {})), "text": one.text}
        for one in playbook.holding_statements
    ]
    if as_document:
        desk.json(found)
        return 0
    desk.out(desk.say("cli.statements", playbook=playbook.id))
    for one in found:
        blanks = desk.say("cli.blanks", names=one["blanks"]) if one["blanks"] else "-"
        desk.out(f"  {one['id']} ({one['language']}, {one['channel']})  {blanks}")
    return 0


def _review_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=number, help="the incident's number")
    parser.add_argument("--format", choices=("md", "json"), default="md", help="Markdown (the default) or JSON")


def _review(desk: Desk, args: Namespace) -> int:
    if args.format == "json":
        desk.json(desk.read(_review_shape, desk, args.id))
    else:
        desk.out(desk.read(_review_text, desk, args.id).rstrip("\n"))
    return 0


def _review_text(tx: Tx, desk: Desk, incident_id: int) -> str:
    from alerting.casefile import review_of

    incident = _incident(tx, incident_id)
    return review_of(tx, incident, desk.config.alerting, library(desk), desk.config.language, desk.zone)


def _review_shape(tx: Tx, desk: Desk, incident_id: int) -> dict[str, Any]:
    """The facts under a review: the incident, its timeline, its moments, who was told, what was done."""
    from console.shapes import moment
    from console.verbs.incidents import whole
    from playbooks.moments import moments
    from store import incidents, notifications, signals

    incident = _incident(tx, incident_id)
    told = notifications.of_incident(tx, incident_id)
    marks = moments(incident, incidents.entries(tx, incident_id), told, signals.of_incident(tx, incident_id))
    return {
        **whole(tx, desk, incident_id),
        "moments": {name: moment(at) for name, at in marks},
        "notifications": [
            {
                "kind": one.kind,
                "person": one.person,
                "channel": one.channel,
                "state": one.state,
                "due_at": moment(one.due_at),
                "sent_at": moment(one.sent_at),
                "possible_repeat": one.possible_repeat,
                "error": one.error,
            }
            for one in told
        ],
    }


def _incident(tx: Tx, incident_id: int) -> Incident:
    from store import incidents

    found = incidents.get(tx, incident_id)
    if found is None:
        raise NotFound(f"there is no incident {incident_id}")
    return found


VERBS = (
    Verb(
        "statement",
        "draft a holding statement of an incident; refuses while a blank is open",
        "tocsin statement 12 --statement facebook-vi --set product='ấm Acme' --as lan",
        _statement_options,
        _statement,
    ),
    Verb("review", "the after-action review from the timeline", "tocsin review 12 > review-12.md", _review_options, _review),
)
