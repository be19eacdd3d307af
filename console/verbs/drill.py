"""`drill`: a scripted crisis through the real stages, marked DRILL everywhere."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from console import loop
from console.verbs.base import Desk, Verb, as_json

if TYPE_CHECKING:
    from console.drill import Played


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="recall", help="which drill; default: recall")
    parser.add_argument("--seed", type=int, default=None, help="varies background and moments; the same seed plays the same to the letter")
    parser.add_argument("--language", choices=("vi", "en"), default=None, help="of alerts and review; default: the configuration's")
    as_json(parser)


def _run(desk: Desk, args: Namespace) -> int:
    from console.drill import play

    played = loop.run(play(args.name, seed=args.seed, language=args.language or desk.config.language))
    if args.json:
        desk.json(_described(played))
    else:
        _print(desk, played)
    return 0 if played.incident is not None and not played.refused else 1


def _print(desk: Desk, played: Played) -> None:
    """The story as it went: the first alert as it would have arrived, the timeline, the review."""
    say = desk.say
    mark = say("alert.drill_prefix")
    desk.out(f"{mark}: {played.title}")
    desk.out(say("cli.drill_heard", mentions=played.mentions, incidents=played.incidents, messages=len(played.sent)))
    if played.sent:
        at, person, channel, message = played.sent[0]
        desk.out(f"\n--- {say('cli.moment', at=at)} -> {person} ({channel})\n{message.subject}\n\n{message.body}")
    desk.out(f"\n--- {say('cli.timeline')}")
    for line in played.timeline:
        desk.out(line)
    desk.out(f"\n---\n{played.review}")
    for refused in played.refused:
        desk.tell(refused)


def _described(played: Played) -> dict[str, object]:
    return {
        "title": played.title,
        "incidents": played.incidents,
        "mentions": played.mentions,
        "sent": [
            {"at": at.isoformat(), "person": person, "channel": channel, "subject": message.subject, "body": message.body}
            for at, person, channel, message in played.sent
        ],
        "timeline": list(played.timeline),
        "review": played.review,
        "refused": list(played.refused),
    }


VERBS = (
    Verb(
        "drill",
        "a scripted crisis through the real stages, from the first post to the review; nothing leaves the house",
        "tocsin drill recall --seed 7",
        _options,
        _run,
        logs=True,
    ),
)
