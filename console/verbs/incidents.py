"""`incidents`, `incident`: what is open, and everything about one."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, get_args

from console.verbs.base import Desk, Verb, as_json, number
from console.verbs.tables import table
from core.records import Incident, Status

if TYPE_CHECKING:
    from playbooks.playbook import Playbook
    from store.database import Tx
    from store.steps import StepState

MOST = 200


def _listing_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--status", nargs="+", choices=get_args(Status), default=[], metavar="STATUS", help="open, acknowledged, resolved, reviewed"
    )
    parser.add_argument("--limit", type=int, default=MOST, help=f"the newest so many; default {MOST}")
    as_json(parser)


def _listing(desk: Desk, args: Namespace) -> int:
    from store import incidents

    if args.json:
        desk.json(desk.read(_described, desk, args.status, args.limit))
        return 0
    found = desk.read(incidents.listing, statuses=args.status, limit=args.limit)
    if not found:
        desk.tell(desk.say("console.no_incidents"))
        return 0
    say, names = desk.say, {person.id: person.display_name for person in desk.config.alerting.people}
    rows = [
        [
            f"#{each.id}",
            say(f"severity.{each.severity}"),
            say(f"status.{each.status}"),
            say("cli.moment", at=each.opened_at),
            names.get(each.owner or "", each.owner or "-"),
            _title(desk, each),
        ]
        for each in found
    ]
    head = ["#", *(say(f"console.{name}") for name in ("severity", "status", "opened_at", "owner", "what"))]
    desk.out(table(head, rows))
    return 0


def _described(tx: Tx, desk: Desk, statuses: list[str], limit: int) -> list[dict[str, Any]]:
    from console.shapes import describe
    from store import incidents

    return [describe(tx, each, desk.config) for each in incidents.listing(tx, statuses=statuses, limit=limit)]


def _one_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=number, help="the incident's number")
    parser.add_argument("--why", action="store_true", help="why each message of it went out, or did not")
    as_json(parser)


def _one(desk: Desk, args: Namespace) -> int:
    shape = desk.read(whole, desk, args.id)
    if args.json:
        desk.json({name: value for name, value in shape.items() if name not in ("lines", "burst_lines")})
        return 0
    if args.why:
        _section(desk, "why.head", desk.read(_why, desk, args.id))
        return 0
    say = desk.say
    if shape["world"] == "drill":
        desk.out(say("console.drill_banner"))
    desk.out(f"#{shape['id']} {shape['title']}")
    state = [say(f"severity.{shape['severity']}"), say(f"stage.{shape['stage']}"), say(f"status.{shape['status']}")]
    desk.out(" · ".join([*state, say("cli.moment", at=shape["opened_at"])]))
    _section(desk, "console.severity_history", [f"{say('cli.moment', at=one['at'])}  {one['text']}" for one in shape["severity_history"]])
    _section(desk, "console.roles", [f"{one['title']}: {one['name']}" for one in shape["roles"]])
    _section(desk, "console.burst", shape["burst_lines"])
    _section(desk, "console.heard", shape["lines"])
    _section(desk, "console.timeline", [f"{say('cli.moment', at=entry['at'])}  {entry['text']}" for entry in shape["timeline"]])
    quotes = [
        f"{say('cli.moment', at=each['at'])}  {each['source_id']}  {each['author'] or '-'}\n    "
        + (" ".join(each["text"].split()) if each["text"] else say("console.deleted_at_source"))
        + (f"\n    {each['url']}" if each["url"] else "")
        for each in shape["evidence"]
    ]
    _section(desk, "console.evidence", quotes)
    for flag in shape["flags"]:
        _section(desk, "flag.series", _series(desk, flag))
    plan = shape["playbook"]
    if plan is not None:
        steps = [f"[{'x' if step['done_at'] else ' '}] {step['id']}  {step['text']}{_when(desk, step)}" for step in plan["steps"]]
        _section(desk, "console.playbook", [f"{plan['title']} ({plan['id']}): {plan['because']}", *steps])
    return 0


def _why(tx: Tx, desk: Desk, number: int) -> list[str]:
    from alerting.roster import roster_of
    from alerting.why import why
    from store import notifications

    return [desk.say.render(told) for told in why(notifications.of_incident(tx, number), roster_of(tx, desk.config.alerting))]


def _section(desk: Desk, key: str, lines: list[str]) -> None:
    if lines:
        desk.out(f"\n{desk.say(key)}")
        for line in lines:
            desk.out(f"  {line}")


def _series(desk: Desk, flag: dict[str, Any]) -> list[str]:
    """A flagged post and its counters, a line a reading."""
    say, names = desk.say, {"likes": "likes", "replies": "comments", "reposts": "shares", "views": "views"}
    lines = [f"#{flag['mention_id']} {flag['title'] or say('place_kind.' + flag['place'])}"]
    for read in flag["readings"]:
        told = [f"{say('flag.' + names[key])} {say('number.plain', n=read[key])}" for key in names if read[key] is not None]
        lines.append(f"{say('cli.moment', at=read['at'])}  {', '.join(told)}  {read['by']}")
    return lines


def _when(desk: Desk, step: dict[str, Any]) -> str:
    if step["done_at"]:
        return f" ({desk.say('cli.step_done', person=step['done_by'], at=step['done_at'])})"
    return f" ({desk.say('cli.step_due', at=step['due_at'])})" if step["due_at"] else ""


def whole(tx: Tx, desk: Desk, incident_id: int) -> dict[str, Any]:
    """The incident with its timeline, playbook and coverage, as `--json` prints it; `lines` say the coverage in words, `burst_lines` the burst."""
    from alerting.burst import burst_lines, burst_shown
    from alerting.history import history_lines, severity_history
    from alerting.roster import roster_of
    from alerting.together import roles_of, timeline_of
    from console.heard import flagged_of, heard_of
    from console.shapes import describe, moment, timeline_entry
    from core.errors import NotFound
    from store import incidents, signals, steps

    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id}")
    plan, timeline = playbook_of(desk, incident), timeline_of(tx, incident_id)
    return {
        **describe(tx, incident, desk.config),
        "timeline": [timeline_entry(entry, desk.say) for entry in timeline],
        "factors": [{"name": each.name, "value": each.value, "speaks_for": each.speaks_for} for each in incident.factors],
        "severity_history": [
            {"at": moment(at), "text": text}
            for at, text in history_lines(desk.say, severity_history([one for one in timeline if one.incident_id == incident_id]))
        ],
        "roles": roles_of(tx, incident_id, plan, roster_of(tx, desk.config.alerting), desk.say),
        "merged_into": incident.merged_into,
        "merged_from": [one.id for one in incidents.merged_from(tx, incident_id)],
        "close_proposed_at": moment(incident.close_proposed_at),
        "playbook": None if plan is None else _plan(desk, incident, plan, steps.of_incident(tx, incident_id)),
        "burst_lines": burst_lines(desk.say, burst_shown(tx, signals.of_incident(tx, incident_id))),
        **heard_of(tx, incident, desk.config, desk.now),
        "flags": flagged_of(tx, incident, desk.config),
    }


def playbook_of(desk: Desk, incident: Incident) -> Playbook | None:
    """The playbook attached to an incident, None where there is none (any more)."""
    if incident.playbook_id is None:
        return None
    from playbooks.load import load_playbooks

    return load_playbooks([desk.config.folder / folder for folder in desk.config.playbooks.folders]).get(incident.playbook_id)


def _plan(desk: Desk, incident: Incident, plan: Playbook, states: list[StepState]) -> dict[str, Any]:
    from console.shapes import moment

    state_of = {state.step_id: state for state in states}
    rows = []
    for phase, step in plan.steps():
        state = state_of.get(step.id)
        rows.append(
            {
                "id": step.id,
                "phase": phase,
                "text": plan.say(step.text, desk.say.language),
                "role": step.role,
                "due_at": moment(state.due_at if state else None),
                "done_at": moment(state.done_at if state else None),
                "done_by": state.done_by if state else None,
            }
        )
    because = "" if incident.playbook_because is None else desk.say.render(incident.playbook_because)
    return {"id": plan.id, "title": plan.say(plan.title, desk.say.language), "because": because, "steps": rows}


def _title(desk: Desk, incident: Incident) -> str:
    from alerting.severity import lowering

    title, low = desk.say.render(incident.words), lowering(incident.factors)
    if low is not None:
        title = f"{title} ({desk.say(f'factor_said.{low.name}', value=low.value)})"
    return f"[{desk.say('console.drill_banner')}] {title}" if incident.world == "drill" else title


VERBS = (
    Verb("incidents", "list incidents, the newest first", "tocsin incidents --status open acknowledged", _listing_options, _listing),
    Verb("incident", "show one incident: timeline, evidence, playbook, coverage", "tocsin incident 12", _one_options, _one),
)
