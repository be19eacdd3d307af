"""Drills: a scripted crisis through the real stages, on a virtual clock, walled off from everything real (rule 11).

The posts are heard, understood, counted, noticed; the page goes to a list, never outside; the players' actions go through the same door as real
people's. The same drill and seed give the same timeline to the letter.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting import respond
from alerting.base import Message
from alerting.casefile import review_of
from alerting.events import Acknowledged, Escalated, Event, Noted, Resolved, SeveritySet
from console.config import Config, parse
from console.simulate import Simulation
from core.errors import TocsinError
from core.messages import translator
from core.records import Author, Incident, Mention, Record, severity_rank
from core.text import mention_key
from listener.base import Page
from playbooks.drill import Action, Drill, Post, load_drill
from playbooks.playbook import Playbook
from playbooks.script import ends_at, script
from store import incidents, sources
from store.database import Tx

DAY: Final = date(2026, 11, 21)  # a Saturday; a fixed one, so that every play is the same to the letter
AFTERWARDS: Final = timedelta(minutes=30)


class Played(Record, frozen=True, kw_only=True, gc=False):
    """What a drill gave: its title, incidents, everything that would have been sent, the review in Markdown, and what could not be done."""

    title: str
    incident: Incident | None
    incidents: int
    mentions: int
    sent: tuple[tuple[datetime, str, str, Message], ...]
    review: str
    timeline: tuple[str, ...]
    refused: tuple[str, ...]


def config_of(drill: Drill, language: str) -> Config:
    """The installation that a drill is played in: its topic, its sources, its people."""
    topic = drill.topic
    return parse({
        "name": "DRILL",
        "language": language,
        "timezone": drill.timezone,
        "topics": [{"id": topic.id, "name": topic.name, "kind": topic.kind, "query": topic.query, "languages": list(topic.languages)}],
        "listener": {"sources": [{"id": source.id, "kind": "replay", "path": "-", "tier": source.tier} for source in drill.sources]},
        "alerting": {
            "people": [{"id": person.id, "name": person.name, "language": person.language} for person in drill.people],
            "rotations": [{"id": "first-line", "people": [drill.people[0].id]}],
            "update_within": {},  # the players do what the script says, and no more
            "policies": [{
                "id": "default",
                "steps": [{"notify": ["first-line"], "after": "0m"}, {"notify": [person.id for person in drill.people], "after": "15m"}],
                "repeat": 2,
            }],
        },
    })  # fmt: skip


async def play(name: str, *, seed: int | None = None, language: str = "vi") -> Played:
    """Play a drill from its quiet fortnight to its review.

    Args:
        name: as in `playbooks/drills/`.
        seed: varies it; the drill's own where None.
        language: of the alerts and the review.

    Raises:
        NotFound: there is no such drill.
        PlaybookError: its file cannot be used.
    """
    return await perform(load_drill(name), seed=seed, language=language)


async def perform(drill: Drill, *, seed: int | None = None, language: str = "vi") -> Played:
    """As `play`, for a drill that was read already."""
    zone = ZoneInfo(drill.timezone)
    start = datetime.combine(DAY, time.fromisoformat(drill.starts_at), zone).astimezone(UTC)
    config = config_of(drill, language)
    with tempfile.TemporaryDirectory(prefix="tocsin-drill-") as folder:
        begins = start - drill.background.length
        stage = Simulation(config, f"sqlite:///{folder}/drill.db", begins, roles=("detectors", "alerting"), world="drill")
        try:
            await stage.store.database.write(sources.open_recordings, {source.id: source.kind for source in drill.sources}, begins)
            mentions, refused = await _play(stage, drill, script(drill, seed, start))
            await stage.run_until(ends_at(drill, start) + AFTERWARDS)
            return stage.store.database.read_now(_played, drill, stage, config, language, mentions, tuple(refused))
        finally:
            await stage.close()


async def play_for_console(name: str) -> Played:
    """A drill for the console's button."""
    return await play(name)


async def _play(stage: Simulation, drill: Drill, events: Sequence[Post | Action]) -> tuple[int, list[str]]:
    mentions, refused = 0, []
    kinds = {source.id: source.kind for source in drill.sources}
    for event in events:
        await stage.run_until(event.at)
        if isinstance(event, Post):
            page = Page(mentions=(_mention(event, kinds[event.source_id]),))
            await stage.store.database.write(sources.heard_until, list(kinds), event.at)
            mentions += len((await stage.monitor.poller.receive(event.source_id, page, event.at)).new)
        else:
            try:
                await stage.store.database.write(_act, stage, event)
            except TocsinError as error:
                refused.append(f"{event.at:%H:%M} {event.person} {event.do}: {error}")
            stage.touch()
    return mentions, refused


def _mention(post: Post, kind: str) -> Mention:
    return Mention(
        key=mention_key(kind, post.source_id, post.native_id),
        source_id=post.source_id,
        native_id=post.native_id,
        seen_at=post.at,
        published_at=post.at,
        author=Author(key=f"{post.source_id}/{post.author}", handle=post.author, followers=post.followers),
        title=post.title,
        text=post.text,
        lang=post.lang,
        kind=post.kind,
        repost_of=post.repost_of,
        reach=post.followers,
    )


def _act(tx: Tx, stage: Simulation, action: Action) -> None:
    """What a player does, through the door that real people use."""
    incident = gravest(incidents.listing(tx, statuses=("open", "acknowledged")))
    if incident is None:
        raise TocsinError("no incident is open")
    now, roster = stage.clock.now(), stage.monitor.roster(tx)
    if action.do == "statement":
        playbook = stage.monitor.library.get(incident.playbook_id)
        if playbook is None:
            raise TocsinError("the incident has no playbook")
        respond.draft_statement(tx, incident.id, playbook, action.text, action.values, by=action.person, now=now, roster=roster)
        return
    playbook = stage.monitor.library.get(incident.playbook_id)
    respond.respond(tx, incident.id, _event(action, playbook), now, roster, channel="drill")


def _event(action: Action, playbook: Playbook | None) -> Event:
    by = action.person
    match action.do:
        case "acknowledge":
            return Acknowledged(by=by, via="command")
        case "note":
            return Noted(by=by, text=action.text)
        case "tick":
            return respond.ticked(by, action.step or "", playbook)
        case "escalate":
            return Escalated(by=by)
        case "severity":
            return SeveritySet(by=by, severity=action.severity or "major", because=action.text)
        case _:
            return Resolved(by=by, reason=action.text or "done")


def gravest(found: Sequence[Incident]) -> Incident | None:
    """The incident of highest severity, the oldest of equals; None of none."""
    return min(found, key=lambda incident: (-severity_rank(incident.severity), incident.opened_at, incident.id), default=None)


def _played(tx: Tx, drill: Drill, stage: Simulation, config: Config, language: str, mentions: int, refused: tuple[str, ...]) -> Played:
    found = incidents.listing(tx)
    main = gravest(found)
    zone = ZoneInfo(drill.timezone)
    titles = {str(tag): words for tag, words in drill.title.items()}
    lines: list[str] = []
    text = ""
    if main is not None:
        say = translator(language, zone=zone)
        lines = [f"{entry.at.astimezone(zone):%H:%M:%S} {say.render(entry.words)}" for entry in incidents.entries(tx, main.id)]
        text = review_of(tx, main, config.alerting, stage.monitor.library, language, zone)
    return Played(
        title=titles.get(language) or next(iter(titles.values())),
        incident=main,
        incidents=len(found),
        mentions=mentions,
        sent=tuple(stage.sent),
        review=text,
        timeline=tuple(lines),
        refused=refused,
    )
