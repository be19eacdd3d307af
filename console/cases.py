"""Cases of mentions, tried by the whole monitor on a virtual clock: which of them raise the signal that they should, and which do not.

All are played one after the other in a database of their own, so far apart in time that none is a past that another is compared with for long.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from console.config import Config
from console.detecting import detectors_of
from console.simulate import Simulation
from core.durations import parse_duration
from core.errors import Refused
from core.records import Mention, Signal
from core.text import mention_key
from detectors.case_series import NOON
from detectors.cases import Case, Outcome, outcome, read_cases, tried
from listener.base import Page
from listener.recorded import KIND, RecordError, read_record
from listener.settings import SourceSettings
from store import signals, sources

APART: Final = timedelta(days=9)  # detectors of talk compare with the week before
AFTERWARDS: Final = timedelta(hours=2)
MINUTE: Final = timedelta(minutes=1)
MOST_SIGNALS: Final = 10_000
MOST_PEOPLE: Final = 1_000
MOST_NAME: Final = 40


async def try_all(config: Config, cases: Sequence[Case], folder: Path) -> list[Outcome]:
    """Try cases on the detectors that a configuration switches on; what comes, in the order of the cases.

    Args:
        config: topics, signals with their options, places, authors.
        cases: of any sort.
        folder: where their files stand.

    Raises:
        Refused: a case names a signal that is not switched on or a topic that is not configured, or cannot be read.
    """
    built = {kind.rpartition(".")[2]: detector for kind, detector in detectors_of(config).items()}
    for case in cases:
        if case.kind not in built:
            raise Refused(f"the case {case.name!r} is about {case.kind}, which detectors.signals does not name")
    heard = [case for case in cases if case.mentions]
    by_case = dict(zip(map(id, heard), await _heard(config, heard), strict=True)) if heard else {}
    return [by_case[id(case)] if id(case) in by_case else tried(case, built[case.kind], folder=folder) for case in cases]


async def try_configured(config: Config) -> list[Outcome]:
    """Try the files that `detectors.cases` names; none where it names none.

    Raises:
        Refused: as `try_all`.
    """
    found: list[Outcome] = []
    for name in config.detectors.cases:
        path = config.folder / name
        found += await try_all(config, read_cases(path), path.parent)
    return found


async def _heard(config: Config, cases: Sequence[Case]) -> list[Outcome]:
    """What the monitor raises while each case's mentions are played."""
    starts = [NOON + number * APART for number in range(len(cases))]
    posts = sorted(
        (post for case, start in zip(cases, starts, strict=True) for post in _mentions(case, start)), key=lambda post: post.seen_at
    )
    with tempfile.TemporaryDirectory(prefix="tocsin-cases-") as folder:
        simulation = Simulation(
            _configured(config, cases), f"sqlite:///{folder}/cases.db", NOON, roles=("detectors",), without=("recounter",), alone=True
        )
        try:
            raised = await _play(simulation, posts)
        finally:
            await simulation.close()
    return [
        outcome(case, [one.bucket_start for one in raised if _belongs(one, case, start)]) for case, start in zip(cases, starts, strict=True)
    ]


async def _play(simulation: Simulation, posts: Sequence[Mention]) -> list[Signal]:
    database = simulation.store.database
    names = sorted({post.source_id for post in posts})
    await database.write(sources.open_recordings, dict.fromkeys(names, "replay"), NOON)
    for post in posts:
        if post.seen_at - simulation.clock.now() > 2 * AFTERWARDS:  # the days between two cases need no minutes of their own
            await simulation.run_until(simulation.clock.now() + AFTERWARDS)
            simulation.clock.advance_to(post.seen_at - MINUTE)
        await simulation.run_until(post.seen_at)
        await simulation.monitor.poller.receive(post.source_id, Page(mentions=(post,)), post.seen_at)
        await database.write(sources.heard_until, names, post.seen_at)
    await simulation.run_until(posts[-1].seen_at + AFTERWARDS)
    waiting = await database.read(signals.to_take, MOST_SIGNALS)  # nobody takes them here
    return await database.read(signals.get, waiting)


def _belongs(signal: Signal, case: Case, start: datetime) -> bool:
    about = case.topic is None or signal.topic_id == case.topic
    return signal.kind == case.kind and about and start <= signal.bucket_start < start + APART - MINUTE


def _configured(config: Config, cases: Sequence[Case]) -> Config:
    """The configuration with the places where the cases are said, the people whom they know, and the signals that they are about."""
    topics = {topic.id for topic in config.topics}
    for case in cases:
        if case.topic is not None and case.topic not in topics:
            raise Refused(f"the case {case.name!r} is about the topic {case.topic!r}, which is not configured")
    places = sorted({(case.tier, _source(case, spec)) for case in cases for spec in case.mentions})
    said_in = [SourceSettings(id=source_id, kind="replay", tier=tier, enabled=False) for tier, source_id in places]
    listener = config.listener.model_copy(update={"sources": (*config.listener.sources, *said_in)})
    authors = (*config.authors, *(author for case in cases for author in case.authors))
    kinds = {case.kind for case in cases}
    about = tuple(signal for signal in config.detectors.signals if signal.kind.rpartition(".")[2] in kinds)
    detectors = config.detectors.model_copy(update={"signals": about})
    return config.model_copy(update={"listener": listener, "authors": authors, "detectors": detectors})


def _source(case: Case, spec: Mapping[str, Any]) -> str:
    """Where a mention is said: each tier has places of its own."""
    return f"case-{case.tier}-{str(spec.get('source', 'one'))[:MOST_NAME]}"


def _mentions(case: Case, start: datetime) -> list[Mention]:
    """A case's mentions: each as `tocsin import` reads it, but that `at` is a length after the start, and `people` post it, `apart` from each other."""
    found: list[Mention] = []
    for number, spec in enumerate(case.mentions, start=1):
        given = dict(spec)
        try:
            at, apart = parse_duration(str(given.pop("at", "0m"))), parse_duration(str(given.pop("apart", "1m")))
            people = min(int(given.pop("people", 1)), MOST_PEOPLE)
            found += [_mention(case, given, start + at + turn * apart, f"{number}.{turn}") for turn in range(people)]
        except (RecordError, TypeError, ValueError) as error:
            raise Refused(f"mention {number} of the case {case.name!r} cannot be read: {error}") from error
    return found


def _mention(case: Case, given: dict[str, Any], at: datetime, number: str) -> Mention:
    said = {
        "author": f"person-{number}",
        "native_id": f"{case.kind}-{at.timestamp():.0f}-{number}",
        **given,
        "published_at": at.isoformat(),
    }
    mention = read_record(said, source_id=_source(case, given), seen_at=at)
    above = None if mention.reply_to is None else mention_key(KIND, mention.source_id, mention.reply_to)
    return msgspec.structs.replace(mention, seen_at=at, published_at=at, parent_key=above)
