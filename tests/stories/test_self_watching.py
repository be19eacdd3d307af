"""Who watches the watcher: the heartbeat stops when any part of the way stops; what is ill tells somebody; channels that nobody taps are red."""

import shutil
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting import weekly_test
from alerting.heartbeat import Heartbeat, Sink
from alerting.vitals import Vitals
from console.assemble import assemble
from console.config import parse
from console.simulate import Sent
from core.clock import VirtualClock
from core.errors import DeliveryFailed
from core.http import Fetcher
from core.probe import PROBE
from core.records import Incident, Words
from detectors import enrich
from store import blindness, channels, facts, figures, incidents, mentions, probes, schema, sources
from store.open import open_store
from tests import make, warm

TURN = timedelta(seconds=30)
CHANNELS = [{"kind": "ntfy", "id": "phone", "topic": "tocsin-abcdefgh"}, {"kind": "log", "id": "log"}]
PARTS = ("poller", "enricher", "signal", "intake", "dispatcher", "sink")


class Watched:
    """A monitor that watches itself, on a virtual clock; a part of it may be stopped."""

    def __init__(self, path, **changes):
        warm.share_pipelines()
        self.clock = VirtualClock(make.NOON)
        self.store = open_store(f"sqlite:///{path}", durable=False)
        self.sent, self.beats, self.stopped = [], [], set()
        self.config = parse(make.config(**changes))
        http = Fetcher(now=self.clock.now, allow=())
        self.monitor = assemble(self.config, self.store, self.clock, http, notifier_for=self._phone, virtual=True, probing=True)
        self.stages = {stage.name: stage.runs for stage in self.monitor.stages}
        self.stages["heartbeat"] = Heartbeat(self.store, self._beat, every=timedelta(seconds=60))
        self.due = dict.fromkeys(self.stages, self.clock.now())

    def _phone(self, person, channel):
        return Sent(self.clock.now, person.id, channel.id, lambda *told: self.sent.append(told))

    async def _beat(self):
        self.beats.append(self.clock.now())

    async def forward(self, **length):
        until = self.clock.now() + timedelta(**length)
        while self.clock.now() < until:
            self.clock.advance_to(self.clock.now() + TURN)
            for name, runs in self.stages.items():
                if name not in self.stopped and (self.due[name] is None or self.due[name] <= self.clock.now() or name in PARTS):
                    self.due[name] = await runs.step(self.clock.now())

    @property
    def incidents(self):
        return self.store.database.read_now(incidents.listing)[::-1]

    def write(self, work, *args):
        return self.store.database.write_now(work, *args)

    def rows(self, table, where):
        return self.store.database.read_now(lambda tx: tx.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one())


@pytest.fixture
async def watched(tmp_path, sqlite_template):
    built = Watched(shutil.copy(sqlite_template, tmp_path / "watched.db"))
    yield built
    await built.store.close()


@pytest.fixture
def stop(watched, monkeypatch):
    """Stop one of the six parts of the way."""

    async def refuse(self, message):
        raise DeliveryFailed("the sink is gone", permanent=True)

    def choose(part):
        if part == "signal":
            monkeypatch.setattr(
                enrich,
                "signal_of",
                lambda *_: make.signal(kind="source_heard", topic=None, subject="sources:9", frozen={"sources": [], "left": 0}),
            )
        elif part == "sink":
            monkeypatch.setattr(Sink, "send", refuse)
        else:
            watched.stopped.add(part)

    return choose


@pytest.mark.parametrize("part", PARTS)
async def test_w1_the_heartbeat_stops_within_six_minutes_when_a_part_stops(watched, stop, part):
    await watched.forward(minutes=4)
    assert len(watched.beats) >= 3, "it beats every minute as long as all works"
    stop(part)
    stopped_at = watched.clock.now()
    await watched.forward(minutes=8)
    assert max(watched.beats) - stopped_at <= timedelta(minutes=6)
    if part not in ("signal", "sink"):
        assert watched.store.database.read_now(probes.stopped_at) == part


async def test_the_heartbeat_begins_again_when_the_part_does(watched):
    await watched.forward(minutes=2)
    watched.stopped.add("intake")
    await watched.forward(minutes=8)
    watched.stopped.clear()
    before = len(watched.beats)
    await watched.forward(minutes=3)
    assert len(watched.beats) > before


async def test_the_probe_is_walled_off_from_all_that_people_see_and_is_taken_away(watched):
    """Not in listings, counts, baselines, figures, reports; on nobody's phone; and its rows do not heap up."""
    await watched.forward(minutes=30)
    read = watched.store.database.read_now
    assert read(incidents.listing) == []
    assert watched.sent == []
    assert read(mentions.count) == 0
    assert read(mentions.history, make.NOON - timedelta(days=1), limit=10) == []
    assert [one.id for one in (*read(sources.list_all), *read(blindness.health))] == []
    assert read(figures.raised) == {}
    taken = read(figures.taken, watched.clock.now())
    assert (taken.mentions, taken.sources, taken.notifications) == (0, 0, {})
    for table in (schema.buckets, schema.stories, schema.mention_topics, schema.enrichments, schema.evidence, schema.timeline):
        assert watched.rows(table, sa.true()) == 0, table.name
    assert 5 <= watched.rows(schema.mentions, schema.mentions.c.source_id == PROBE) <= 12
    assert watched.rows(schema.signals, sa.true()) <= 12


class TestOwnAlarms:
    """W3 and W4: what is ill of ourselves is an incident of our own kind, that the admin reads and that closes by itself."""

    def break_a_channel(self, watched):
        watched.write(channels.failed, "ben", "phone", watched.clock.now(), "blocked by the user", True)

    async def test_a_channel_that_refused_for_good_is_told_at_once_and_is_over_by_itself(self, watched):
        self.break_a_channel(watched)
        await watched.forward(minutes=2)
        (incident,) = watched.incidents
        assert (incident.kind, incident.severity, incident.words.key) == ("self_alarm", "minor", "self.channels")
        assert incident.words.args == {"channels": ["Ben (phone)"]}
        assert [person for _, person, _, _ in watched.sent] == ["ana"], "the admin; nobody else is woken"
        watched.write(channels.confirmed, "ben", "phone", watched.clock.now())
        await watched.forward(minutes=25)
        (incident,) = watched.incidents
        assert (incident.status, incident.close_reason) == ("resolved", "healed")

    async def test_what_comes_and_goes_is_one_incident_and_one_page(self, watched):
        """Never a storm about itself."""
        for _ in range(12):
            self.break_a_channel(watched)
            await watched.forward(minutes=2)
            watched.write(channels.confirmed, "ben", "phone", watched.clock.now())
            await watched.forward(minutes=1)
        assert len(watched.incidents) == 1
        assert len([message for _, _, _, message in watched.sent if message.kind == "page"]) <= 2

    async def test_what_is_ill_for_a_moment_calls_nobody(self, watched):
        watched.stages["watchman"]._vitals = lambda: Vitals(lag_s=3.0)
        await watched.forward(minutes=1)
        watched.stages["watchman"]._vitals = Vitals
        await watched.forward(minutes=3)
        assert watched.incidents == []

    async def test_a_probe_that_does_not_arrive_says_where_it_is_stuck(self, watched):
        await watched.forward(minutes=2)
        watched.stopped.add("enricher")
        await watched.forward(minutes=9)
        (incident,) = watched.incidents
        assert (incident.words.key, incident.words.args["stage"]) == ("self.pipeline", "enricher")

    async def test_w3_an_incident_that_called_nobody_is_found_and_called(self, watched):
        policy = {"id": "default", "steps": [{"notify": ["ben"], "after_s": 0.0}], "repeat": 0, "again_after_s": 900.0, "fallback": []}
        lost = Incident(
            key="lost", kind="x", words=Words(key="x"), severity="major", opened_at=make.NOON, last_signal_at=make.NOON, policy=policy
        )
        watched.write(incidents.create, lost)
        await watched.forward(minutes=4)
        assert [one.words.key for one in watched.incidents] == ["x", "self.auditor"]
        assert {person for _, person, _, _ in watched.sent} == {"ana", "ben"}, "the admin hears of it, and whom it should have called"

    async def test_where_even_the_admin_cannot_be_reached_the_log_and_readyz_say_it(self, watched):
        watched.stopped.add("dispatcher")
        await watched.forward(minutes=9)
        assert "outbox" in watched.store.database.read_now(facts.get, "watchman")


class TestWeeklyTest:
    """W2: a real message to each channel that a human must tap; two misses make it red."""

    @pytest.fixture
    async def watched(self, tmp_path, sqlite_template):
        changes = make.config()["alerting"] | {"weekly_test": "Sat 12:10"}
        changes["people"] = [
            {"id": "ana", "name": "Ana", "channels": CHANNELS},
            {"id": "ben", "name": "Ben", "channels": [{"kind": "log", "id": "phone"}]},
        ]
        built = Watched(shutil.copy(sqlite_template, tmp_path / "watched.db"), alerting=changes)
        built.stages = {name: runs for name, runs in built.stages.items() if name in ("dispatcher", "tester")}
        yield built
        await built.store.close()

    async def week(self, watched):
        """To five minutes past the next test."""
        watched.clock.advance_to(watched.clock.now() + timedelta(days=1, minutes=1))
        await watched.forward(minutes=1)
        watched.clock.advance_to(watched.clock.now() + timedelta(days=6))
        await watched.forward(minutes=10)

    async def test_a_test_goes_to_each_channel_that_somebody_holds_in_their_hand_once_a_week(self, watched):
        await watched.forward(minutes=5)
        assert watched.sent == []
        await watched.forward(minutes=20)
        ((_, person, channel, message),) = watched.sent
        assert (person, channel, message.kind) == ("ana", "phone", "test")
        assert "/t/" in message.link
        await self.week(watched)
        assert len(watched.sent) == 2

    async def test_two_tests_that_nobody_taps_make_the_channel_red_and_a_tap_makes_it_green(self, watched):
        await watched.forward(minutes=15)
        await self.week(watched)
        assert watched.store.database.read_now(channels.red) == {}
        await self.week(watched)
        assert watched.store.database.read_now(channels.red) == {("ana", "phone"): "unconfirmed"}
        token = watched.sent[-1][3].link.rpartition("/")[2]
        signer, now = watched.monitor.signer, watched.clock.now()
        opened = watched.store.database.read_now(weekly_test.open_test, signer, token, now)
        watched.write(weekly_test.confirm_by_link, signer, token, signer.nonce(opened.link_id, now), now)
        assert watched.store.database.read_now(channels.red) == {}

    async def test_any_answer_is_as_good_as_a_tap(self, watched):
        await watched.forward(minutes=15)
        ana = watched.config.alerting.people[0]
        watched.write(weekly_test.answered, ana, "ntfy", watched.clock.now())
        await self.week(watched)
        assert watched.store.database.read_now(channels.get, "ana", "phone").misses == 0

    async def test_a_test_that_was_due_while_we_were_away_is_left_out_and_nobody_has_missed_it(self, watched):
        watched.clock.advance_to(watched.clock.now() + timedelta(hours=6))
        await watched.forward(minutes=10)
        assert watched.sent == []
