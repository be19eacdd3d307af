"""`label`, `missed`, `labels`: what people say of incidents and mentions, and what was learnt of it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from console.verbs.base import Desk, UsageError, Verb, as_json, as_person, number
from console.verbs.tables import table
from console.verbs.times import past_moment
from core.records import SEVERITIES

if TYPE_CHECKING:
    from core.records import Words
    from store.database import Tx

OF_INCIDENTS = ("real", "false")
OF_MENTIONS = ("negative", "neutral", "positive", "relevant", "irrelevant")
WHY_FALSE = ("campaign", "spam", "irrelevant", "duplicate", "known", "old_news", "other_brand", "other")


def _label_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=number, help="the incident's number; with --mention the mention's")
    parser.add_argument(
        "label",
        choices=(*OF_INCIDENTS, *OF_MENTIONS),
        metavar="LABEL",
        help=f"{', '.join(OF_INCIDENTS)}; of a mention: {', '.join(OF_MENTIONS)}",
    )
    parser.add_argument("--mention", action="store_true", help="the number is a mention's, as `tocsin incident ID --json` lists them")
    parser.add_argument(
        "--reason", metavar="REASON", default="", help=f"why an incident was false: {', '.join(WHY_FALSE)}, or your own words"
    )
    as_person(parser)


def _label(desk: Desk, args: Namespace) -> int:
    from alerting.labelling import label_incident, label_mention
    from alerting.roster import roster_of
    from core.text import clean

    if args.label not in (OF_MENTIONS if args.mention else OF_INCIDENTS):
        raise UsageError(
            f"a mention is {', '.join(OF_MENTIONS)}, not {args.label}"
            if args.mention
            else f"an incident is {' or '.join(OF_INCIDENTS)}; say --mention to label a mention {args.label}"
        )
    reason, by = clean(args.reason).strip(), desk.person(args.by)
    if args.label == "false" and not reason:
        raise UsageError(f"say why with --reason: {', '.join(WHY_FALSE)}, or your own words")

    def work(tx: Tx) -> Words:
        if args.mention:
            return label_mention(tx, args.id, args.label, by=by, now=desk.now, channel="cli")
        roster = roster_of(tx, desk.config.alerting)
        return label_incident(tx, args.id, args.label, reason, by=by, now=desk.now, roster=roster, channel="cli")

    desk.out(desk.say.render(desk.write(work)))
    return 0


def _missed_options(parser: ArgumentParser) -> None:
    parser.add_argument("--at", metavar="TIME", required=True, help="when it began: a time, or 3h for three hours ago")
    parser.add_argument("--topic", metavar="TOPIC", required=True, help="the id of a topic")
    parser.add_argument("--because", metavar="TEXT", default="", help="what it was about")
    parser.add_argument("--severity", choices=SEVERITIES, default="major", metavar="LEVEL", help=f"{', '.join(SEVERITIES)}; default major")
    parser.add_argument("--anyway", action="store_true", help="although another incident of that topic was open then")
    as_person(parser)


def _missed(desk: Desk, args: Namespace) -> int:
    from alerting.missed import Told, record_missed
    from alerting.roster import roster_of
    from core.text import clean

    names = {topic.id: topic.title for topic in desk.config.topics}
    if args.topic not in names:
        raise UsageError(f"unknown topic {args.topic!r}; configured are: {', '.join(names) or 'none'}")
    by, at = desk.person(args.by), past_moment(args.at, desk.now, desk.zone)
    because = clean(args.because).strip() or None
    told = Told(at=at, topic_id=args.topic, topic_name=names[args.topic], because=because, severity=args.severity)

    def work(tx: Tx) -> Words:
        roster = roster_of(tx, desk.config.alerting)
        return record_missed(tx, told, by=by, now=desk.now, roster=roster, channel="cli", anyway=args.anyway)

    desk.out(desk.say.render(desk.write(work)))
    return 0


def _labels(desk: Desk, args: Namespace) -> int:
    from store import watches

    learnt = desk.read(watches.learnt)
    if args.json:
        desk.json([{"topic_id": topic_id, **figures} for topic_id, figures in learnt.items()])
        return 0
    if not learnt:
        desk.tell(desk.say("labels.none"))
        return 0
    rows = [
        [topic_id, str(each["labels"]), _figure(each["loss_before"]), _figure(each["loss_after"]), _figure(each["threshold"])]
        for topic_id, each in learnt.items()
    ]
    head = [desk.say(f"labels.{name}") for name in ("topic", "count", "loss_before", "loss_after", "threshold")]
    desk.out(table(head, rows))
    return 0


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


VERBS = (
    Verb(
        "label",
        "say whether an incident was real, or what a mention is",
        "tocsin label 12 false --reason campaign --as lan",
        _label_options,
        _label,
    ),
    Verb(
        "missed",
        "record an incident that no detector raised",
        "tocsin missed --at '2026-11-21 20:15' --topic acme --because 'a video of the kettle' --as lan",
        _missed_options,
        _missed,
    ),
    Verb("labels", "show what was learnt from the labels of mentions, by topic", "tocsin labels", as_json, _labels),
)
