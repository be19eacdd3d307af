"""A stored history through the same stages on a virtual clock, in a database of its own: what would have been noticed, and who would have been called."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec.structs import asdict

from console import shelf
from console.answers import Answers, Habit
from console.compare import Fact, judge
from console.config import Config
from console.forecast import by_detector, forecast, lead_times
from console.happenings import Happenings
from console.known import topic_versions, watched
from console.people import people_versions
from console.player import Player, Progress
from console.shapes import describe
from console.simulate import Simulation
from console.timetable import Timetable
from console.understanding import Tolls, Understanding
from core.errors import Refused
from core.outside import ALARM, ALARM_OVER
from core.records import Record
from detectors.enrich import Enricher
from detectors.lookout import HEARD_AGAIN
from detectors.recount import Recounter
from listener.pushed import waits
from store import history, incidents, labels, notifications
from store.database import Database, Tx

WARM_UP: Final = timedelta(days=35)  # before what is asked for: what is usual is learnt from it
AFTERWARDS: Final = timedelta(hours=2)  # the clock runs on so long after the last mention
MOST: Final = 100_000
TAKEN_OVER: Final = ("enricher", "recounter", "watcher")  # whose work the player does


class Asked(Record, frozen=True, kw_only=True, gc=False):
    """What to play: mentions heard within [since, until) (aware; None: all there is), of one topic or of all; how people answer where nobody did."""

    since: datetime | None = None
    until: datetime | None = None
    topic: str | None = None
    habit: Habit = Habit()


class Played(Record, frozen=True, kw_only=True, gc=False):
    """What came of it, in the shape that `--json` prints. `learnt_from` is when the clock began, `since` when what happened began to count.

    `imported`: mentions played as if they had been heard when they were said. `tolls`: how much was taken as it was understood before.
    """

    incidents: list[dict[str, Any]]
    pages: list[dict[str, Any]]
    forecast: dict[str, Any]
    mentions: int
    imported: int
    tolls: Tolls
    habit: Habit
    learnt_from: datetime
    since: datetime
    until: datetime

    def as_json(self) -> dict[str, Any]:
        """With `from` for `since`, as the interface says."""
        habit = {name: None if after is None else after.total_seconds() / 60 for name, after in asdict(self.habit).items()}
        return {
            "incidents": self.incidents,
            "pages": self.pages,
            "forecast": self.forecast,
            "mentions": self.mentions,
            "imported": self.imported,
            "understood": vars(self.tolls),
            "assumed": {f"{name}_min": minutes for name, minutes in habit.items()},
            "learnt_from": self.learnt_from.isoformat(),
            "from": self.since.isoformat(),
            "until": self.until.isoformat(),
        }


async def play(config: Config, past: Database, asked: Asked, *, progress: Progress | None = None) -> Played:
    """Play a history with a configuration. The history is only read (rule 11).

    Args:
        config: topics, detectors, policies.
        past: where the history is stored.
        asked: what of it.
        progress: called with (played, all).

    Raises:
        Refused: there is nothing to play, or no such topic.
    """
    config = reporting(only(config, asked.topic))
    warm = None if asked.since is None else asked.since - WARM_UP
    timetable = past.read_now(Timetable, config.listener.lateness, warm, asked.until)
    if not len(timetable):
        raise Refused("there is nothing to play: no mention was heard in that time")
    start = timetable.start if timetable.began is None else min(timetable.start, max(timetable.began, warm or timetable.began))
    until = asked.until or timetable.end + AFTERWARDS
    with tempfile.TemporaryDirectory(prefix="tocsin-backtest-") as folder:
        simulation = Simulation(
            config, f"sqlite:///{folder}/backtest.db", start, roles=("detectors", "alerting"), without=TAKEN_OVER, alone=True
        )
        try:
            player = _player(config, past, simulation, timetable, (start, until), asked.habit, progress)
            await player.play(until)
            return _outcome(simulation.store.database, config, past, timetable, player, asked, (start, until))
        finally:
            await simulation.close()


def reporting(config: Config) -> Config:
    """The configuration where whoever has an incident gives updates in time: notes are no part of a history that is played."""
    return config.model_copy(update={"alerting": config.alerting.model_copy(update={"update_within": {}})})


def only(config: Config, topic: str | None) -> Config:
    """The configuration with one topic alone; as it is for None.

    Raises:
        Refused: there is no such topic.
    """
    if topic is None:
        return config
    chosen = [each for each in config.topics if each.id == topic]
    if not chosen:
        raise Refused(f"no topic is called {topic!r}; configured are: {', '.join(each.id for each in config.topics)}")
    return config.model_copy(update={"topics": chosen})


def _player(
    config: Config,
    past: Database,
    simulation: Simulation,
    timetable: Timetable,
    within: tuple[datetime, datetime],
    habit: Habit,
    progress: Progress | None,
) -> Player:
    database = simulation.store.database
    stages: dict[str, Any] = {stage.name: stage.runs for stage in simulation.monitor.stages}
    enricher: Enricher = stages["enricher"]
    recounter: Recounter = stages["recounter"]
    counted_with, people = past.read_now(history.counted_with), people_versions(config)  # whom nobody watched then was not counted either
    understanding = Understanding(
        database,
        enricher.reader,
        recounter.reader_for,
        versions=topic_versions(config) | {topic_id: known for topic_id, known in people.items() if counted_with.get(topic_id) == known},
        counted_with=counted_with,
        judged=past.read_now(history.judged),
    )
    answers = past.read_now(Answers, habit)
    happenings = past.read_now(Happenings, *within, kinds=carried(config), answers=answers)
    with past.engine.connect() as tx:
        database.write_now(_prepare, tx, timetable)
    topics = [*watched(config), *people]
    return Player(simulation, past, timetable, understanding, happenings, topics=topics, every=_every(config), progress=progress)


def carried(config: Config) -> list[str]:
    """The kinds of signal that are taken as they were raised: about sources, and of other monitors and their numbers."""
    kinds = [signal.kind for signal in config.detectors.signals]
    detectors = {kind: shelf.load(shelf.SIGNALS, kind).Detector for kind in kinds}
    return [
        HEARD_AGAIN,
        ALARM,
        ALARM_OVER,
        *(kind for kind in kinds if hasattr(detectors[kind], "unheard") or hasattr(detectors[kind], "weigh")),
    ]


def _every(config: Config) -> dict[str, timedelta]:
    """How often sources are asked; those that tell of themselves are left out."""
    asked = [source for source in config.listener.sources if not waits(shelf.load(shelf.COLLECTORS, source.kind))]
    return {source.id: source.every for source in asked}


def _prepare(tx: Tx, past: Tx, timetable: Timetable) -> None:
    """What stands in the backtest's database before anything happens: silences, overrides, sources, and numbers that no new story takes."""
    history.copy_duty(past, tx)
    history.put_sources(tx, timetable.first_polls, history.last_story(past))


def _outcome(
    database: Database,
    config: Config,
    past: Database,
    timetable: Timetable,
    player: Player,
    asked: Asked,
    within: tuple[datetime, datetime],
) -> Played:
    since, until = asked.since or within[0], within[1]
    opened = [one for one in reversed(database.read_now(incidents.listing, limit=MOST)) if one.opened_at >= since]
    told = [database.read_now(describe, incident, config) for incident in opened]
    numbers = {one.id for one in opened}
    pages = [
        {"at": one.sent_at.isoformat(), "person": one.person, "incident_id": one.incident_id, "channel": one.channel}
        for one in database.read_now(notifications.sent_between, since, until + timedelta(days=1))
        if one.sent_at is not None and one.incident_id in numbers
    ]
    judged, right = judge(told, past.read_now(facts, since, until))
    topics = sorted({one.topic_id for one in opened if one.topic_id is not None})
    press = {topic: database.read_now(history.heard_of, topic, _press(config), since) for topic in topics}
    figures = {
        **forecast(pages, ZoneInfo(config.timezone), since, until),
        **right,
        "lead": lead_times(told, press),
        "detectors": by_detector(told, pages, judged),
    }
    return Played(
        incidents=told,
        pages=pages,
        forecast=figures,
        mentions=player.played,
        imported=timetable.imported,
        tolls=player.tolls,
        habit=asked.habit,
        learnt_from=within[0],
        since=since,
        until=until,
    )


def facts(tx: Tx, since: datetime, until: datetime) -> list[Fact]:
    """What people said of the incidents that the installation had, or missed."""
    found = []
    for one in incidents.listing(tx, limit=MOST):
        said = labels.of_incident(tx, one.id)
        if since <= one.opened_at < until and (said or one.kind == labels.MISSED):
            real = said[-1].label == "real" if said else True
            found.append(Fact(one.id, one.topic_id, one.opened_at, real))
    return found


def _press(config: Config) -> list[str]:
    return [source.id for source in config.listener.sources if source.tier == "press"]
