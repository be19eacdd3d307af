"""`check`: whether everything that is configured can work, and who would be called now."""

from __future__ import annotations

import ipaddress
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from console import loop
from console.reliance import red_channels, red_lines
from console.verbs.ahead import AHEAD, calendar_states, clashes_ahead, duty_lines, gaps_ahead
from console.verbs.base import Desk, Verb, as_json
from core.errors import ConfigError, Refused, SourceError
from core.records import SEVERITIES

if TYPE_CHECKING:
    from alerting.policy import Roster
    from console.answerable import Answerable
    from console.config import Config
    from detectors.enrichment.records import Heard
    from detectors.precision import Standing
    from detectors.settings import ExampleSettings

PUSHED: Final = "webhook"  # kinds that are sent to us
NOT_OUTSIDE: Final = (".local", ".lan", ".internal", ".localhost", ".home.arpa")


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--live", action="store_true", help="ask each source once too, without storing anything")
    as_json(parser)


def _check(desk: Desk, args: Namespace) -> int:
    from console.answerable import answerable
    from console.rightness import rot_lines
    from console.verbs.people import roster_of
    from console.verbs.playbooks import library

    config = desk.whole_config
    shelf = library(desk)
    roster = roster_of(desk)
    found: dict[str, Any] = {
        "topics": [_topic(topic) for topic in config.topics],
        "wrong_examples": _wrong_examples(desk, config),
        "cases": _cases(config),
        "pages": _pages(config, roster, desk),
        "gaps": gaps_ahead(roster, desk.now),
        "clashes": clashes_ahead(roster, desk.now),
        "calendars": desk.read(calendar_states, config.alerting),
        "red_channels": desk.read(red_channels, config.alerting),
        "base_url_opens_outside": opens_outside(config.console.base_url),
        "playbooks": [playbook.id for playbook in shelf.playbooks],
        "playbook_errors": [str(error) for error in shelf.errors],
    }
    heard = answerable(config)
    found["answers"] = {"heard": list(heard.kinds), "deaf": heard.deaf, "cannot_answer": list(heard.mute), "shared": list(heard.shared)}
    rotten = _rotten(desk)
    found["rotting"] = [{"kind": one.kind, "topic_id": one.topic_id} for one in rotten]
    if args.live:
        found["sources"] = loop.run(_live(config))
    if args.json:
        desk.json(found)
    else:
        for line in _lines(desk, config, found):
            desk.out(line)
    if not found["base_url_opens_outside"]:
        desk.tell(desk.say("cli.check_base_url", url=config.console.base_url))
    for line in (*red_lines(desk.say, found["red_channels"]), *_unanswerable(desk, config, heard)):
        desk.tell(line)
    for wrong in found["wrong_examples"]:
        desk.tell(wrong["error"])
    wrong_cases = [case for case in found["cases"] if not case["holds"]]
    for case in wrong_cases:
        key = "cli.check_case_silent" if case["fires"] else "cli.check_case_alarmed"
        desk.tell(desk.say(key, case=case["name"], kind=case["kind"], alarms=case["alarms"] or ["-"]))
    for line in rot_lines(desk.say, rotten):
        desk.tell(line)
    if shelf.errors or found["wrong_examples"] or wrong_cases:
        return 2
    return 1 if any(not each["heard"] for each in found.get("sources", [])) else 0


def opens_outside(url: str) -> bool:
    """Whether a phone elsewhere could open an address, as far as the address itself tells: not loopback, private, or a name of the house."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(NOT_OUTSIDE)


def _topic(topic: Any) -> dict[str, Any]:
    from core.query import parse

    query = parse(topic.words)
    told = {"id": topic.id, "query": topic.words, "understood": str(query), "languages": list(topic.languages)}
    return {**told, "always_evaluated": query.literals() is None}


def _wrong_examples(desk: Desk, config: Config) -> list[dict[str, Any]]:
    """The topics' own examples of which the query does not say what the operator says, with the reason."""
    if not any(topic.matches or topic.does_not_match for topic in config.topics):
        return []  # without the language models the check takes a second less
    from detectors.enrichment.explain import explain

    wrong = []
    for index, topic in enumerate(config.topics):
        for key in ("matches", "does_not_match"):
            for number, example in enumerate(getattr(topic, key)):
                found = explain(topic.words, _heard(example), topic.languages)
                if (found.verdict == "no") is (key == "matches"):
                    sentence = "cli.check_missed" if key == "matches" else "cli.check_matched"
                    because = " ".join(map(desk.say.render, found.because))
                    error = desk.file.error(("topics", index, key, number), desk.say(sentence, text=example.text, because=because))
                    wrong.append({"topic": topic.id, "text": example.text, "line": error.line, "because": because, "error": str(error)})
    return wrong


def _heard(example: ExampleSettings) -> Heard:
    from console.verbs.texts import Text

    text = Text(
        text=example.text,
        title=example.title,
        lang=example.lang,
        author=example.author or None,
        url=example.url,
        source_id=example.source,
        kind=example.kind,
    )
    return text.heard()


def _pages(config: Config, roster: Roster, desk: Desk) -> list[dict[str, Any]]:
    """What would happen now at each severity, the gravest first: by the first route that takes any topic and kind."""
    from alerting.policy import pages, policy_for, recipients

    found = []
    for severity in reversed(SEVERITIES):
        policy = policy_for(config.alerting, severity=severity, topic_id=None, kind="volume_spike")
        steps = policy.get("steps", [])
        people = [one.name for one in recipients(steps[0]["notify"], desk.now, roster, severity)] if pages(policy) else []
        found.append(
            {
                "severity": severity,
                "policy": policy.get("id"),
                "digest": policy.get("digest"),
                "people": people,
                "fallback": [roster.name(one) for one in policy.get("fallback", [])],
            }
        )
    return found


def _unanswerable(desk: Desk, config: Config, heard: Answerable) -> Iterator[str]:
    """Who cannot answer where they are called, or may not even be written to, and what would have to be said for it."""
    from console.notifying import never_first

    names = {person.id: person.display_name for person in config.alerting.people}
    for kind, lacking in heard.deaf.items():
        yield desk.say("cli.check_inbox_lacks", kind=kind, reason=lacking)
    for kind, people in heard.shared:
        yield desk.say("cli.check_shared_sender", kind=kind, people=[names[one] for one in people])
    if unreached := never_first(config):
        yield desk.say("cli.check_never_first", people=[names[one] for one in unreached])
    if heard.mute:
        yield desk.say("cli.check_no_inbox", people=[names[one] for one in heard.mute])


def _cases(config: Config) -> list[dict[str, Any]]:
    """The operator's own cases, as they turned out."""
    if not config.detectors.cases:
        return []
    from console.cases import try_configured

    try:
        tried = loop.run(try_configured(config))
    except Refused as error:
        raise ConfigError(str(error)) from error
    return [
        {"name": one.case, "kind": one.kind, "fires": one.fires, "holds": one.holds, "alarms": [at.isoformat() for at in one.alarms]}
        for one in tried
    ]


def _rotten(desk: Desk) -> tuple[Standing, ...]:
    """The detectors that people's labels say are no longer right."""
    from console.rightness import rightness_of

    return desk.read(rightness_of, desk.now).rotten


async def _live(config: Config) -> list[dict[str, Any]]:
    from console.verbs.poll import look_at_all
    from core.clock import RealClock
    from core.http import Fetcher

    clock = RealClock()
    async with Fetcher(now=clock.now, allow=config.listener.allow_private_hosts) as http:
        looked = await look_at_all(config, http, clock)
    kinds = {source.id: source.kind for source in config.listener.sources}
    return [
        {
            "id": name,
            "kind": kinds[name],
            "heard": not isinstance(came, SourceError),
            "mentions": None if isinstance(came, SourceError) else came,
            "error": came.reason if isinstance(came, SourceError) else None,
        }
        for name, came in looked.items()
    ]


def _lines(desk: Desk, config: Config, found: dict[str, Any]) -> Iterator[str]:
    say = desk.say
    counts = {"topics": len(config.topics), "sources": len(config.listener.sources), "people": len(config.alerting.people)}
    yield say("cli.check_ok", playbooks=len(found["playbooks"]), **counts)
    for topic in found["topics"]:
        languages = f" ({say('cli.check_languages', languages=topic['languages'])})" if topic["languages"] else ""
        yield say("cli.check_topic", topic=topic["id"], query=topic["understood"]) + languages
        if topic["always_evaluated"]:
            yield f"  {say('query.always')}"
    if found["cases"]:
        yield say("cli.check_cases", n=sum(case["holds"] for case in found["cases"]), all=len(found["cases"]))
    yield say("cli.check_who")
    for each in found["pages"]:
        yield f"  {say(_page_key(each), level=each['severity'], **{name: each[name] for name in ('people', 'policy', 'digest', 'fallback')})}"
    yield from duty_lines(say, found)
    if found["answers"]["heard"]:
        yield say("cli.check_inboxes", kinds=found["answers"]["heard"])
    if config.alerting.rotations and not found["gaps"]:
        yield say("cli.no_gaps", n=AHEAD.days)
    for source in found.get("sources", []):
        if source["kind"] == PUSHED:
            yield say("cli.pushed", source=source["id"])
        elif source["heard"]:
            yield say("cli.came", source=source["id"], n=source["mentions"])
        else:
            yield say("cli.poll_failed", source=source["id"], reason=source["error"])


def _page_key(page: dict[str, Any]) -> str:
    if page["digest"]:
        return "cli.check_digest"
    return "cli.check_pages" if page["people"] else "cli.check_pages_nobody"


VERBS = (
    Verb(
        "check",
        "check configuration, queries, playbooks and rotations; who would be paged now",
        "tocsin check --live",
        _options,
        _check,
        logs=True,
    ),
)
