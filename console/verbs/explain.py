"""`explain`: why a signal was raised, judged again from what was frozen with it."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from console.verbs.base import Desk, Verb, as_json, number

if TYPE_CHECKING:
    from console.explaining import Explained
    from core.messages import Translator
    from store.database import Tx

MOST_TEXT: Final = 200
UNTOLD: Final = ("sensitivity",)  # what it sets is told option by option


def what(text: str) -> tuple[str, int]:
    """An incident's number ("12", "#12") or a signal's ("signal:34")."""
    kind, _, digits = text.rpartition(":")
    if kind not in ("", "signal", "incident"):
        raise ArgumentTypeError(f"{text!r} is neither an incident's number (12) nor a signal's (signal:34)")
    try:
        return kind or "incident", number(digits)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is neither an incident's number (12) nor a signal's (signal:34)") from error


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("what", type=what, metavar="INCIDENT|SIGNAL", help="an incident's number, or signal:N for one signal")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="an incident's first so many signals; default 20")
    as_json(parser)


def _run(desk: Desk, args: Namespace) -> int:
    from console.explaining import as_json as shaped

    kind, asked = args.what
    found, more = desk.read(_read, desk, kind, asked, args.limit)
    if more:
        desk.tell(desk.say("explain.more", n=more))
    if args.json:
        desk.json([shaped(one, desk.say) for one in found])
        return 0
    names = {topic.id: topic.title for topic in desk.config.topics}
    for index, one in enumerate(found):
        if index:
            desk.out()
        for line in lines(desk.say, one, names):
            desk.out(line)
    return 0


def _read(tx: Tx, desk: Desk, kind: str, number: int, limit: int) -> tuple[list[Explained], int]:
    from console.explaining import explain_incident, explain_signal

    if kind == "incident":
        return explain_incident(tx, desk.whole_config, number, desk.now, max(1, limit))
    return [explain_signal(tx, desk.whole_config, number, desk.now)], 0


def lines(say: Translator, one: Explained, topics: dict[str, str]) -> Iterator[str]:
    """A signal explained, its sentence first: what was found, about what, how well it was heard, by which options, what comes of judging it again, and what decided."""
    from alerting.burst import burst_lines
    from alerting.coverage_words import coverage_line
    from alerting.finding import finding_lines

    signal = one.signal
    yield f"signal:{signal.id}  {say.render(signal.words)}"
    where = {"incident": one.incident_id or "-", "topic": topics.get(signal.topic_id or "", signal.topic_id or "-")}
    facts = [
        say("explain.raised", kind=signal.kind, at=signal.raised_at, **where),
        say("explain.window", start=one.start, end=one.end),
        *finding_lines(say, signal),
        *burst_lines(say, one.burst),
        *_about(say, signal.risk, signal.place_id, signal.frozen.get("person")),
        say("explain.heard", coverage=coverage_line(say, one.coverage)),
        *_judged_by(say, signal.frozen.get("options")),
        *_judged_again(say, one),
    ]
    yield from (f"  {fact}" for fact in facts)
    if one.deciding:
        yield f"  {say('explain.decided')}"
    for mention in one.deciding:
        author = "-" if mention.author is None else mention.author.handle or mention.author.name or "-"
        words = " ".join(f"{mention.title} {mention.text}".split())[:MOST_TEXT]
        text = words if words and mention.deleted_at is None else say("console.deleted_at_source")
        yield f"    {say('cli.moment', at=mention.at)}  {mention.source_id}  {author}  {text}"


def _about(say: Translator, risk: str | None, place_id: str | None, person: Any) -> Iterator[str]:
    if risk is not None:
        yield say("explain.risk", risk=risk)
    if place_id is not None:
        yield say("explain.place", place=place_id)
    if isinstance(person, dict) and "name" in person:
        yield say("explain.person", person=person["name"])


def _judged_by(say: Translator, options: Any) -> Iterator[str]:
    if isinstance(options, dict) and options:
        yield say("explain.options", options=", ".join(f"{name}: {value}" for name, value in options.items() if name not in UNTOLD))


def _judged_again(say: Translator, one: Explained) -> Iterator[str]:
    rejudged = one.rejudged
    yield say(
        f"explain.{rejudged.verdict}", score=f"{one.signal.score:.9g}", now="-" if rejudged.score is None else f"{rejudged.score:.9g}"
    )
    yield from (say.render(change) for change in rejudged.changes)


VERBS = (
    Verb(
        "explain",
        "why a signal was raised, judged again from what was frozen with it",
        "tocsin explain 12",
        _options,
        _run,
    ),
)
