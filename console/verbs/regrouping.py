"""What a person does to the shape of an incident: `merge`, `split`, and who has which role in it: `role`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from console.verbs.base import Desk, Verb, as_person, number

if TYPE_CHECKING:
    from core.records import Words
    from store.database import Tx


def _merge_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=number, help="the incident that goes into the other one")
    parser.add_argument("into", metavar="INTO", type=number, help="the incident that takes it in")
    as_person(parser)


def _merge(desk: Desk, args: Namespace) -> int:
    from alerting.regroup import merge
    from alerting.roster import roster_of

    by = desk.person(args.by)

    def work(tx: Tx) -> Words:
        return merge(tx, args.id, args.into, by=by, now=desk.now, roster=roster_of(tx, desk.config.alerting), channel="cli")

    desk.out(desk.say.render(desk.write(work)))
    return 0


def _split_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=number, help="the incident's number")
    parser.add_argument(
        "mentions", metavar="MENTION", type=number, nargs="+", help="mentions of its evidence, as `tocsin incident --json` numbers them"
    )
    as_person(parser)


def _split(desk: Desk, args: Namespace) -> int:
    from alerting.regroup import split
    from alerting.roster import roster_of

    by = desk.person(args.by)

    def work(tx: Tx) -> Words:
        roster = roster_of(tx, desk.config.alerting)
        return split(tx, args.id, args.mentions, by=by, now=desk.now, roster=roster, channel="cli")[1]

    desk.out(desk.say.render(desk.write(work)))
    return 0


def _role_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=number, help="the incident's number")
    parser.add_argument("role", metavar="ROLE", help="a role of its playbook, or commander, spokesperson, approver, scribe, care, legal")
    parser.add_argument("person", metavar="PERSON", help="who has it from now on")
    as_person(parser)


def _role(desk: Desk, args: Namespace) -> int:
    from alerting.respond import Response, respond, role_given
    from alerting.roster import roster_of
    from console.verbs.incidents import playbook_of
    from core.errors import NotFound
    from store import incidents

    by, person = desk.person(args.by), desk.known_person(args.person)

    def work(tx: Tx) -> Response:
        incident = incidents.get(tx, args.id)
        if incident is None:
            raise NotFound(f"there is no incident {args.id}")
        event = role_given(by, args.role, person, playbook_of(desk, incident))
        return respond(tx, args.id, event, desk.now, roster_of(tx, desk.config.alerting), channel="cli")

    desk.out(desk.say.render(desk.write(work).answer))
    return 0


VERBS = (
    Verb(
        "merge",
        "put an incident into another one; what is heard of it later goes there",
        "tocsin merge 13 12 --as lan",
        _merge_options,
        _merge,
    ),
    Verb("split", "make an incident of its own out of some mentions", "tocsin split 12 4711 4713 --as lan", _split_options, _split),
    Verb("role", "give somebody a role in an incident", "tocsin role 12 spokesperson minh --as lan", _role_options, _role),
)
