"""The Watcher: what detectors are shown, and that their states and signals stand or fall together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from core.records import Words
from detectors.base import Finding, State
from detectors.buckets import Buckets
from detectors.cells import buckets_of
from detectors.seasons import PLAIN, Calendar, Event
from detectors.watch import AT_LEAST_EVERY, Watched, Watcher, earliest
from store import series, signals, sources, watches
from store.database import Database
from store.open import Store
from store.streams import MemoryStream
from tests import make

NOON = make.NOON
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATENESS = 2 * HOUR


def cell(at: datetime, mentions: int = 1, **changes: Any) -> series.Cell:
    counts = dict.fromkeys(series.COLUMNS, 0) | {"mentions": mentions}
    values = {"start": int(at.timestamp()), "source_id": "forum", "kind": "original", "arrival": "live", **counts}
    return series.Cell(**{**values, **changes})


def shown(cells=(), heard=None, *, start=NOON, end=NOON + HOUR, settled=NOON):
    return buckets_of("acme", HANOI, list(cells), heard or {}, start, end, settled)


def test_where_nobody_listened_it_is_unknown_and_not_zero():
    buckets = shown(heard={"forum": [(NOON + 10 * MINUTE, NOON + 20 * MINUTE)], "press": [(NOON, NOON + HOUR)]})
    assert buckets.sources == ("forum", "press")
    assert (~buckets.unknown[:, 0]).nonzero()[0].tolist() == list(range(10, 20))
    assert not buckets.unknown[:, 1].any()
    assert buckets.mentions.sum() == 0


@pytest.mark.parametrize(("seconds", "known"), [(10, True), (29, True), (31, False), (59, False)])
def test_a_minute_is_known_where_most_of_it_was_heard(seconds, known):
    buckets = shown(heard={"forum": [(NOON + timedelta(seconds=seconds), NOON + HOUR)]})
    assert (not buckets.unknown[0, 0]) is known


def test_what_was_heard_outside_the_span_says_nothing_of_it():
    far = 10 * HOUR
    assert shown(heard={"forum": [(NOON - far, NOON - HOUR), (NOON + HOUR, NOON + far)]}).unknown.all()
    assert not shown(heard={"forum": [(NOON - far, NOON + far)]}).unknown.any()


def test_what_came_late_stands_in_settled_rows_alone():
    late = [cell(NOON + MINUTE, arrival="late"), cell(NOON + 40 * MINUTE, arrival="late"), cell(NOON + MINUTE, 2)]
    buckets = shown(late, {"forum": [(NOON, NOON + HOUR)]}, settled=NOON + 30 * MINUTE)
    assert buckets.settled == 30
    assert (int(buckets.mentions[1, 0]), int(buckets.mentions.sum())) == (3, 3)


def test_only_originals_are_shown():
    others = [cell(NOON, kind=kind) for kind in ("repost", "wire", "own")]
    buckets = shown([*others, cell(NOON, 4)], {"forum": [(NOON, NOON + HOUR)]})
    assert int(buckets.mentions.sum()) == 4


def test_every_column_is_shown():
    full = cell(NOON, 6, stories=2, authors=5, negative=4, confident_negative=3, reach=10**11, engagement=7)
    buckets = shown([full], {"forum": [(NOON, NOON + HOUR)]})
    assert [int(getattr(buckets, name)[0, 0]) for name in series.COLUMNS] == [6, 2, 5, 4, 3, 10**11, 7]
    assert (buckets.zone, buckets.topic_id, buckets.start, len(buckets)) == (HANOI, "acme", NOON, 60)


def test_no_source_at_all_is_no_column():
    buckets = shown()
    assert (buckets.sources, buckets.mentions.shape, buckets.unknown.shape) == ((), (60, 0), (60, 0))


def test_nothing_is_settled_before_its_time():
    assert shown(settled=NOON - HOUR).settled == 0
    assert shown(settled=NOON + 9 * HOUR).settled == 60


class Counts(State, frozen=True, kw_only=True):
    steps: int = 0
    mentions: int = 0


class Plain:
    """A detector that sums settled rows, and finds something whenever the newest minute holds a mention."""

    def __init__(self, version: str = "1", *, broken: str = "") -> None:
        self.version = version
        self.broken = broken
        self.counts_steps = True
        self.shown: list[Buckets] = []

    def start(self) -> Counts:
        return Counts()

    def step(self, state: Counts, buckets: Buckets) -> tuple[Counts, Finding | None]:
        if buckets.topic_id == self.broken:
            raise ZeroDivisionError
        self.shown.append(buckets)
        fresh = buckets.since(state.settled_to)
        learnt = int(fresh.known(fresh.mentions)[: fresh.settled].sum())
        after = Counts(settled_to=fresh.settled_to, steps=state.steps + self.counts_steps, mentions=state.mentions + learnt)
        return after, self._finding(buckets) if buckets.mentions[-1:].sum() else None

    def _finding(self, buckets: Buckets) -> Finding:
        words = Words(key="signal.volume_spike", args={})
        span = {"bucket_start": buckets.newest, "window_start": buckets.newest, "window_end": buckets.end, "scale_s": 60}
        return Finding(kind="plain", **span, observed=1.0, expected=None, low=None, high=None, score=0.6, words=words)

    def rejudge(self, frozen: Any) -> float:
        return 0.6


class Tower:
    """A Watcher over topics, on a store."""

    def __init__(self, database: Database, now: datetime, *topics: str, detector: Plain | None = None, calendar: Calendar = PLAIN) -> None:
        self.database = database
        self.names = topics or ("acme",)
        self.store = Store(database, MemoryStream(), MemoryStream(), MemoryStream())
        self.detector = detector or Plain()
        database.write_now(watches.ensure, dict.fromkeys(self.names, "1"), now)
        watched = {name: Watched(id=name, name=name.title(), zone="Asia/Ho_Chi_Minh", calendar=calendar) for name in self.names}
        self.watcher = Watcher(self.store, watched, {"plain": self.detector}, lateness=LATENESS, generation=2)

    def count(self, at: datetime, *topics: str) -> None:
        cells = [
            series.Count(topic_id=topic, at=int(at.timestamp()), source_id="forum", kind="original", arrival="live")
            for topic in topics or self.names
        ]
        self.database.write_now(series.add, cells)
        self.database.write_now(watches.changed, topics or self.names, at + MINUTE)

    def hear(self, since: datetime, until: datetime) -> None:
        self.database.write_now(sources.heard, "forum", since, until)

    def state(self, topic: str = "acme") -> Counts | None:
        import msgspec

        saved = self.database.read_now(watches.states, topic).get("plain")
        return None if saved is None else msgspec.json.decode(saved.state, type=Counts)

    def raised(self) -> list[Any]:
        return self.database.read_now(signals.get, self.database.read_now(signals.to_take, 100))


async def test_states_are_saved_with_the_signals_they_raised(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + 2 * MINUTE)
    tower.count(now)
    await tower.watcher.step(now + MINUTE)
    (signal,) = tower.raised()
    assert (signal.kind, signal.subject, signal.bucket_start, signal.generation) == ("plain", "topic:acme", now, 2)
    assert signal.words.args["topic"] == "Acme"
    assert tower.state().steps == 1
    assert await tower.store.signals.take(10) == [signal.id]


async def test_a_finding_says_which_expected_days_it_fell_in(database, now):
    tower = Tower(database, now, calendar=Calendar(events=(Event("11/11", now.date(), now.date()),)))
    tower.hear(now, now + 2 * MINUTE)
    tower.count(now)
    await tower.watcher.step(now + MINUTE)
    (signal,) = tower.raised()
    assert (signal.words.args["occasions"], signal.frozen["occasions"]) == (["11/11"], ["11/11"])
    assert tower.detector.shown[-1].calendar.names(now.date(), now.date()) == ["11/11"]


async def test_a_state_that_did_not_change_is_not_written_again(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + HOUR)
    tower.count(now)
    saved = []
    for minutes in (1, 2, 3):
        tower.detector.counts_steps = minutes != 2  # in the second minute the detector leaves its state as it is
        database.write_now(watches.changed, ["acme"], now + minutes * MINUTE)
        await tower.watcher.step(now + minutes * MINUTE)
        saved.append(database.read_now(watches.states, "acme")["plain"].stepped_to - now)
    assert saved == [MINUTE, MINUTE, 3 * MINUTE]


async def test_a_topic_without_new_counts_is_not_stepped_before_its_time(database, now):
    tower = Tower(database, now)
    tower.hear(now - HOUR, now)
    tower.count(now - HOUR)
    await tower.watcher.step(now)
    assert (await tower.watcher.step(now + MINUTE), len(tower.detector.shown)) == (now + 2 * MINUTE, 1)
    await tower.watcher.step(now + AT_LEAST_EVERY)
    assert len(tower.detector.shown) > 1


async def test_what_is_settled_is_learnt_once(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + 8 * HOUR)
    for hour in range(8):
        tower.count(now + hour * HOUR)
        await tower.watcher.step(now + hour * HOUR + MINUTE)
    assert tower.state().mentions == 6  # those of the last two hours may still change


async def test_a_detector_of_another_version_starts_anew_aloud(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + 9 * HOUR)
    tower.count(now)
    await tower.watcher.step(now + MINUTE)
    newer = Tower(database, now, detector=Plain("2"))
    newer.count(now + HOUR)
    with capture_logs() as logs:
        await newer.watcher.step(now + HOUR + MINUTE)
    told = [each for each in logs if each["event"] == "detector starts anew"]
    assert told[:1] == [{"event": "detector starts anew", "log_level": "warning", "kind": "plain", "was": "1", "version": "2"}]
    assert newer.state().steps == 1
    assert newer.detector.shown[0].start == now


async def test_what_another_query_counted_is_not_learnt(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + 9 * HOUR)
    tower.count(now)
    await tower.watcher.step(now + MINUTE)
    assert database.write_now(watches.ensure, {"acme": "2"}, now + 2 * HOUR).changed == ["acme"]
    tower.count(now + 5 * HOUR)
    await tower.watcher.step(now + 5 * HOUR + MINUTE)
    assert tower.detector.shown[-1].start == now + 2 * HOUR
    assert tower.state() == Counts(settled_to=now + 3 * HOUR + MINUTE, steps=1)


async def test_history_that_was_imported_is_learnt(database, now):
    tower = Tower(database, now)
    tower.hear(now - 9 * HOUR, now)
    tower.count(now - 9 * HOUR)
    await tower.watcher.step(now)
    assert tower.detector.shown[0].start == now - 9 * HOUR
    assert tower.state().mentions == 1


async def test_a_state_that_cannot_be_read_starts_anew_aloud(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + HOUR)
    tower.count(now)
    database.write_now(watches.save_state, "acme", watches.SavedState("plain", "1", now, b'{"steps": "many"}'))
    with capture_logs() as logs:
        await tower.watcher.step(now + MINUTE)
    assert "detector starts anew" in [each["event"] for each in logs]
    assert tower.state().steps == 1


async def test_a_lapsed_claim_saves_nothing(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + HOUR)
    tower.count(now)
    at = now + MINUTE
    (slow,) = database.write_now(watches.claim, ["acme"], at, at, 1)
    (successor,) = database.write_now(watches.claim, ["acme"], at, at + HOUR, 1)
    assert await tower.watcher._watch(slow, at) == []
    assert (tower.raised(), tower.state()) == ([], None)
    assert len(await tower.watcher._watch(successor, at)) == 1


async def test_the_same_minute_stepped_twice_raises_once(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + HOUR)
    tower.count(now)
    await tower.watcher.step(now + MINUTE)
    database.write_now(watches.changed, ["acme"], now + MINUTE)
    await tower.watcher.step(now + MINUTE + timedelta(seconds=30))
    assert len(tower.raised()) == 1


async def test_a_topic_that_no_source_speaks_of_learns_nothing(database, now):
    tower = Tower(database, now)
    await tower.watcher.step(now + HOUR)
    assert (tower.detector.shown, tower.raised()) == ([], [])
    assert tower.state() == Counts()


async def test_a_bug_on_one_topic_does_not_keep_the_others_from_being_watched(database, now):
    tower = Tower(database, now, "aaa", "acme", detector=Plain(broken="aaa"))
    tower.hear(now, now + HOUR)
    tower.count(now)
    with capture_logs() as logs:
        due = await tower.watcher.step(now + MINUTE)
    assert [signal.topic_id for signal in tower.raised()] == ["acme"]
    assert ("topic not watched", "aaa") in [(each["event"], each.get("topic")) for each in logs]
    assert due > now + MINUTE


async def test_what_an_outage_brought_along_does_not_stand_alone_in_its_gap(database, now):
    """A source that comes back brings some posts of the gap. Taken as all that was said, they would make its few known minutes a burst (rule 8)."""
    tower = Tower(database, now)
    tower.hear(now, now + HOUR)
    tower.hear(now + 2 * HOUR, now + 3 * HOUR)
    for minutes in (0, 90, 150):
        tower.count(now + minutes * MINUTE)
    await tower.watcher.step(now + 3 * HOUR)
    buckets = tower.detector.shown[-1]
    assert buckets.unknown[60:120].all()
    assert not buckets.unknown[120:].any()


async def test_the_minute_that_is_under_way_in_the_last_poll_is_known_by_its_counts(database, now):
    tower = Tower(database, now)
    tower.hear(now, now + 10 * MINUTE + timedelta(seconds=10))
    tower.count(now + 10 * MINUTE)
    await tower.watcher.step(now + 11 * MINUTE)
    assert not tower.detector.shown[-1].unknown.any()


def test_silence_that_was_heard_teaches_too():
    monday = datetime(2026, 11, 2, tzinfo=UTC)
    assert earliest(None, None) is None
    assert earliest(None, monday) == monday.timestamp()
    assert earliest(int(monday.timestamp()) + 7200, monday) == monday.timestamp()
    assert earliest(int(monday.timestamp()) - 7200, monday) == monday.timestamp() - 7200
