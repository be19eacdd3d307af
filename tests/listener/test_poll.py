"""The Poller with collectors that read from a list, on real databases."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from structlog.testing import capture_logs

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.records import Engagement, Mention
from core.sources import SourceState
from listener import keeping
from listener.base import Page, Quota, Reading
from listener.look import Listened
from listener.poll import CLAIM, RENEW_EVERY, WAIT_WHEN_FULL, Poller
from store import mentions, meter, schema, sources
from store.database import Database
from store.open import Store
from store.quick import DatabaseFailed
from store.streams import MemoryStream
from tests import make

EVERY = timedelta(minutes=5)
LATENESS = timedelta(hours=2)
HOUR = timedelta(hours=1)


class Told:
    """A collector that plays what it was told: one list of pages and errors for each look."""

    def __init__(self, *looks: Sequence[Page | Exception]) -> None:
        self.looks = list(looks)
        self.cursors: list[str | None] = []

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        self.cursors.append(cursor)
        for each in self.looks.pop(0) if self.looks else [Page(cursor=cursor)]:
            if isinstance(each, Exception):
                raise each
            yield each


def page(*heard: Mention, cursor: str | None = "1", **changes: Any) -> Page:
    return Page(mentions=heard, cursor=cursor, **changes)


class Ear:
    """A Poller over told collectors, on one store."""

    def __init__(self, database: Database, now: datetime, *, backlog: int = 1000, **collectors: Told) -> None:
        self.database = database
        self.store = Store(database, MemoryStream(max_backlog=backlog), MemoryStream(), MemoryStream())
        listened = {name: Listened(id=name, kind="told", every=EVERY, collector=told) for name, told in collectors.items()}
        database.write_now(sources.ensure, dict.fromkeys(collectors, "told"), now)
        self.poller = Poller(self.store, listened, lateness=LATENESS)

    async def poll(self, now: datetime) -> datetime | None:
        return await self.poller.step(now)

    def state(self, source: str = "forum") -> SourceState:
        found = self.database.read_now(sources.get, source)
        assert found is not None
        return found

    def heard(self, source: str = "forum") -> list[tuple[datetime, datetime]]:
        far = timedelta(days=9000)
        return self.database.read_now(sources.heard_between, make.NOON - far, make.NOON + far).get(source, [])

    def arrivals(self) -> dict[str, str]:
        query = sa.select(schema.mention_texts.c.text, schema.mentions.c.arrival).join_from(schema.mention_texts, schema.mentions)
        return {row.text: row.arrival for row in self.database.read_now(lambda tx: tx.execute(query).all())}


async def test_the_first_page_is_backfill_and_the_next_is_live(database, now):
    told = Told(
        [page(make.mention("old")), page(make.mention("older"), cursor="2")], [page(make.mention("new", at=now + EVERY), cursor="3")]
    )
    ear = Ear(database, now, forum=told)
    assert await ear.poll(now) == now + EVERY
    await ear.poll(now + EVERY)
    assert ear.arrivals() == {"old": "backfill", "older": "backfill", "new": "live"}
    assert told.cursors == [None, "2"]
    assert (ear.state().cursor, ear.state().mentions, ear.state().first_poll_at) == ("3", 3, now)


async def test_what_comes_late_is_marked_late(database, now):
    later = now + EVERY
    edge, late = make.mention("edge", at=later - LATENESS), make.mention("late", at=later - LATENESS - timedelta(seconds=1))
    ear = Ear(database, now, forum=Told([page()], [page(edge, late, make.mention("in 2099", at=later, published_at=later + 9999 * HOUR))]))
    await ear.poll(now)
    await ear.poll(later)
    assert ear.arrivals() == {"edge": "live", "late": "late", "in 2099": "live"}


async def test_what_is_new_wakes_the_enricher_and_what_is_known_does_not(database, now):
    mention = make.mention()
    ear = Ear(database, now, forum=Told([page(mention)], [page(mention)]))
    await ear.poll(now)
    assert len(await ear.store.mentions.take(10)) == 1
    await ear.poll(now + EVERY)
    assert await ear.store.mentions.take(10) == []
    assert ear.state().mentions == 1


async def test_a_collector_that_dies_after_its_first_page_keeps_the_first_pages_cursor(database, now):
    """Page and cursor stand in one transaction: nothing is lost, nothing is asked for twice."""
    told = Told([page(make.mention("first"), cursor="1"), SourceUnavailable("forum", "reset")], [page(make.mention("second"), cursor="2")])
    ear = Ear(database, now, forum=told)
    due = await ear.poll(now)
    assert (ear.state().cursor, ear.state().failures, ear.heard()) == ("1", 1, [])
    assert due is not None
    await ear.poll(due)
    assert told.cursors == [None, "1"]
    assert ear.arrivals() == {"first": "backfill", "second": "backfill"}


async def test_an_older_page_does_not_turn_back_when_the_source_last_spoke(database, now):
    newest, older = make.mention(at=now), make.mention(at=now - HOUR)
    ear = Ear(database, now - HOUR, forum=Told([page()], [page(newest), page(older)]))
    await ear.poll(now - HOUR)
    await ear.poll(now)
    assert ear.state().last_mention_at == now


async def test_a_source_that_is_unavailable_is_backed_off_and_comes_back(database, now):
    failing = [[SourceUnavailable("forum", "503")] for _ in range(4)]
    ear = Ear(database, now, forum=Told(*failing))
    waits, at = [], now
    with capture_logs() as logs:
        for _ in range(4):
            due = await ear.poll(at)
            assert due is not None
            waits.append(due - at)
            at = due
        assert (ear.state().failures, ear.state().last_error, ear.state().paused_because) == (4, "503", None)
        await ear.poll(at)
        await ear.poll(at + EVERY)
    assert all(before * 2 * 0.6 < wait < before * 2 * 1.6 for before, wait in itertools.pairwise(waits))
    assert (ear.state().failures, ear.state().last_success_at) == (0, at + EVERY)
    told = [each["event"] for each in logs if each["event"] in ("source failed", "source recovered")]
    assert told == ["source failed", "source recovered"]


async def test_an_error_that_is_over_is_no_longer_told(database, now):
    ear = Ear(database, now, forum=Told([SourceUnavailable("forum", "503")]))
    due = await ear.poll(now)
    await ear.poll(due)
    assert ear.state().last_error is None


async def test_a_rejected_source_is_paused_and_says_why(database, now):
    ear = Ear(database, now, forum=Told([SourceRejected("forum", "password refused")]))
    with capture_logs() as logs:
        assert await ear.poll(now) is None
    assert (ear.state().paused_because, ear.state().next_poll_at, ear.state().claimed_until) == ("password refused", None, None)
    assert [(each["event"], each["paused"]) for each in logs] == [("source failed", True)]
    database.write_now(sources.poll_now, "forum", now + HOUR)
    await ear.poll(now + HOUR)
    assert (ear.state().paused_because, ear.state().failures) == (None, 0)


async def test_a_failing_source_that_is_then_paused_is_told_again(database, now):
    ear = Ear(database, now, forum=Told([SourceUnavailable("forum", "503")], [SourceRejected("forum", "gone")]))
    with capture_logs() as logs:
        due = await ear.poll(now)
        await ear.poll(due)
    assert [each["reason"] for each in logs] == ["503", "gone"]


async def test_what_cannot_be_read_is_told_once(database, now):
    ear = Ear(database, now, forum=Told(*[[SourceUnreadable("forum", "no feed")] for _ in range(3)]))
    with capture_logs() as logs:
        at = now
        for _ in range(3):
            at = await ear.poll(at)
    assert [each["event"] for each in logs] == ["source failed"]
    assert ear.state().last_error == "no feed"


async def test_a_page_that_was_read_in_part_says_so(database, now):
    ear = Ear(database, now, forum=Told([page(make.mention(), skipped=2, problem="entry 3 has no id")], [page()]))
    await ear.poll(now)
    assert ear.state().last_error == "2 entries could not be read: entry 3 has no id"
    await ear.poll(now + EVERY)
    assert ear.state().last_error is None


async def test_a_bug_in_one_collector_does_not_stop_the_others(database, now):
    ear = Ear(database, now, broken=Told([ZeroDivisionError("a stranger's text")]), forum=Told([page(make.mention("heard"))]))
    with capture_logs():
        await ear.poll(now)
    assert ear.arrivals() == {"heard": "backfill"}
    assert (ear.state("broken").failures, ear.state("broken").last_error) == (1, "a bug: ZeroDivisionError")
    assert ear.state("broken").next_poll_at > now


async def test_while_the_enricher_is_far_behind_the_poller_waits_and_loses_nothing(database, now):
    ear = Ear(database, now, backlog=2, forum=Told([page(make.mention(), make.mention())], [page(make.mention("later"))]))
    await ear.poll(now)
    assert await ear.poll(now + EVERY) == now + EVERY + WAIT_WHEN_FULL
    assert database.read_now(mentions.count) == 2
    await ear.store.mentions.take(10)
    await ear.poll(now + EVERY + WAIT_WHEN_FULL)
    assert "later" in ear.arrivals()


async def test_a_source_polled_in_its_turn_is_heard_without_a_hole(database, now):
    ear = Ear(database, now, forum=Told())
    for turn in range(4):
        await ear.poll(now + turn * EVERY)
    assert ear.heard() == [(now, now + 3 * EVERY)]


async def test_after_an_outage_the_time_between_is_unknown(database, now):
    outage = [[SourceUnavailable("forum", "503")] for _ in range(4)]
    ear = Ear(database, now, forum=Told([page()], [page()], *outage))
    at = now
    for _ in range(7):
        last, at = at, await ear.poll(at)
    assert ear.heard() == [(now, now + EVERY), (last - EVERY, last)]
    assert last > now + HOUR


async def test_time_in_which_the_monitor_itself_was_down_was_not_heard(database, now):
    await (ear := Ear(database, now, forum=Told())).poll(now)
    await ear.poll(now + EVERY)
    await ear.poll(now + 72 * HOUR)
    assert ear.heard() == [(now, now + EVERY), (now + 72 * HOUR - EVERY, now + 72 * HOUR)]


async def test_a_poll_that_came_a_little_late_leaves_no_hole(database, now):
    ear = Ear(database, now, forum=Told())
    for at in (now, now + EVERY, now + 3 * EVERY):
        await ear.poll(at)
    assert ear.heard() == [(now, now + 3 * EVERY)]


async def test_usual_gap_and_delay_are_learnt_from_what_is_new(database, now):
    heard = [make.mention(at=now + turn * HOUR, published_at=now + turn * HOUR - timedelta(seconds=40)) for turn in range(4)]
    ear = Ear(database, now, forum=Told(*[[page(mention)] for mention in heard]))
    for turn in range(4):
        await ear.poll(now + turn * HOUR)
    state = ear.state()
    assert (state.usual_gap_s, state.usual_delay_s) == (pytest.approx(3600), pytest.approx(40))


async def test_a_page_that_was_pushed_counts_as_heard_and_as_live(database, now):
    ear = Ear(database, now, hook=Told())
    for at, text in ((now, "first"), (now + HOUR, "second")):
        added = await ear.poller.receive("hook", page(make.mention(text, source="hook", at=at)), at)
        assert len(added.new) == 1
    assert ear.arrivals() == {"first": "live", "second": "live"}
    assert ear.heard("hook") == [(now, now + HOUR)]
    assert len(await ear.store.mentions.take(10)) == 2


async def test_an_import_is_late_whatever_its_age_and_tells_nothing_of_when_we_listened(database, now):
    ear = Ear(database, now, archive=Told())
    await ear.poller.receive("archive", page(make.mention("old", at=now)), now, arrival="late")
    assert ear.arrivals() == {"old": "late"}
    assert (ear.heard("archive"), ear.state("archive").last_success_at) == ([], None)


class Ringing:
    """A stream: gives what is put into it, breaks where an error is put, and never ends."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Page | Exception] = asyncio.Queue()
        self.cursors: list[str | None] = []
        self.closed = False

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        self.cursors.append(cursor)
        try:
            while True:
                each = await self.waiting.get()
                if isinstance(each, Exception):
                    raise each
                yield each
        finally:
            self.closed = True


class Living:
    """A Poller to whom time goes on while looks do."""

    def __init__(self, database: Database, now: datetime, **collectors: Any) -> None:
        self.ear = Ear(database, now, **collectors)
        self.now = now
        self.poller = Poller(self.ear.store, self.ear.poller._listened, lateness=LATENESS, now=lambda: self.now)

    async def step(self, **later: float) -> datetime | None:
        self.now += timedelta(**later)
        return await self.poller.step(self.now)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 - what it waits for stands in the database
                await asyncio.sleep(0.005)


async def test_a_stream_is_kept_as_it_comes_and_holds_up_nobody(database, now):
    ringing = Ringing()
    living = Living(database, now, river=ringing, forum=Told([page(make.mention("a"))], [page(make.mention("b", at=now + EVERY))]))
    assert await living.step() == now + RENEW_EVERY
    ringing.waiting.put_nowait(page(make.mention("streamed", source="river"), cursor="7", live=True))
    await living.until(lambda: "streamed" in living.ear.arrivals())
    await living.step(minutes=5)
    assert living.ear.arrivals() == {"a": "backfill", "streamed": "live", "b": "live"}
    await living.poller.close()
    assert (ringing.closed, living.ear.state("river").cursor, living.ear.state("river").claimed_until) == (True, "7", None)


async def test_a_stream_is_heard_from_heartbeat_to_heartbeat(database, now):
    ringing = Ringing()
    living = Living(database, now, river=ringing)
    await living.step()
    for seconds in (10, 30, 30, 600):
        living.now += timedelta(seconds=seconds)
        ringing.waiting.put_nowait(page(live=True))
        await living.until(lambda: living.ear.state("river").last_success_at == living.now)
    await living.poller.close()
    first = now + timedelta(seconds=10)
    assert living.ear.heard("river") == [(first, first + timedelta(seconds=60))]  # ten minutes without a heartbeat were not heard


async def test_a_stream_that_breaks_is_taken_up_again_within_seconds_from_where_it_was(database, now):
    ringing = Ringing()
    living = Living(database, now, river=ringing)
    await living.step()
    ringing.waiting.put_nowait(page(cursor="7", live=True))
    ringing.waiting.put_nowait(SourceUnavailable("river", "the connection broke"))
    await living.until(lambda: living.ear.state("river").failures == 1)
    due = living.ear.state("river").next_poll_at
    assert due is not None
    assert due - living.now <= timedelta(seconds=12)
    await living.step(seconds=12)
    await living.until(lambda: ringing.cursors == [None, "7"])
    await living.poller.close()


async def test_the_claim_of_a_stream_is_renewed_and_one_that_was_lost_ends_it(database, now):
    ringing = Ringing()
    living = Living(database, now, river=ringing)
    await living.step()
    for _ in range(5):
        await living.step(seconds=60)
    assert living.ear.state("river").claimed_until == living.now + CLAIM
    await living.ear.store.database.write(sources.claim, ["river"], living.now + HOUR, living.now + 2 * HOUR, 1)
    await living.step(seconds=60)
    await living.until(lambda: ringing.closed)
    await living.poller.close()


async def test_a_slow_place_keeps_no_other_waiting(database, now):
    stuck = Ringing()
    living = Living(database, now, stuck=stuck, forum=Told([page(make.mention("a"))], [page(make.mention("b", at=now + EVERY))]))
    await living.step()
    await living.step(minutes=5)
    assert set(living.ear.arrivals()) == {"a", "b"}
    await living.poller.close()


async def test_what_the_database_cannot_bear_is_told_and_tried_again(database, now, monkeypatch):
    ear = Ear(database, now, forum=Told([page(make.mention("a"))]))

    def full(*_: object) -> None:
        raise DatabaseFailed("INSERT", {}, OSError("disk full"))

    monkeypatch.setattr(keeping.mentions, "add", full)
    with pytest.raises(DatabaseFailed):
        await ear.poll(now)


async def test_a_page_that_cannot_be_kept_does_not_take_the_others_with_it(database, now, monkeypatch):
    told = {f"s{number}": Told([page(make.mention(f"m{number}", source=f"s{number}"))]) for number in range(5)}
    ear = Ear(database, now, **told)
    add = mentions.add

    def picky(tx: Any, heard: Sequence[Mention]) -> Any:
        if any(mention.text == "m3" for mention in heard):
            raise ValueError("poison")
        return add(tx, heard)

    monkeypatch.setattr(keeping.mentions, "add", picky)
    with capture_logs():
        await ear.poll(now)
    assert set(ear.arrivals()) == {"m0", "m1", "m2", "m4"}
    assert (ear.state("s3").failures, ear.state("s2").failures) == (1, 0)


async def test_a_deletion_at_the_source_takes_the_text_and_keeps_the_mention(database, now):
    mention = make.mention("gone soon")
    ear = Ear(database, now, forum=Told([page(mention)], [page(deleted=(mention.key,))]))
    await ear.poll(now)
    await ear.poll(now + EVERY)
    assert (ear.arrivals(), ear.database.read_now(mentions.count)) == ({}, 1)


async def test_counters_told_without_words_are_read_for_the_mention_they_are_of(database, now):
    mention = make.mention("ấm nổ")
    told = Reading(key=mention.key, engagement=Engagement(likes=42))
    ear = Ear(database, now, forum=Told([page(mention)], [page(readings=(told, Reading(key=b"x" * 16, engagement=Engagement(likes=1))))]))
    await ear.poll(now)
    await ear.poll(now + EVERY)
    (kept,) = ear.database.read_now(mentions.get, [1])
    assert (kept.text, kept.engagement.likes) == ("ấm nổ", 42)


async def test_what_a_look_knows_to_have_missed_and_what_is_left_of_the_allowance_stand_with_the_source(database, now):
    left = Quota(left=40, resets_at=now + 3 * HOUR)
    ear = Ear(database, now, forum=Told([page(missed="capped", quota=left, cost=5)], [page(cost=5)]))
    await ear.poll(now)
    state = ear.state()
    assert (state.missed, state.quota_left, state.quota_resets_at) == ("capped", 40, now + 3 * HOUR)
    await ear.poll(now + EVERY)
    assert ear.state().missed is None
    looked = ear.database.read_now(meter.total, now.date(), now.date())["forum"]
    assert (looked.looks, looked.capped, looked.cost) == (2, 1, 10.0)


async def test_a_place_whose_allowance_is_used_up_is_asked_when_it_is_filled_again(database, now):
    ear = Ear(database, now, forum=Told([page(cost=5, quota=Quota(left=4, resets_at=now + 3 * HOUR))]))
    assert await ear.poll(now) == now + 3 * HOUR


async def test_a_budget_stretches_the_interval_over_the_rest_of_the_day(database, now):
    ear = Ear(database, now, forum=Told([page(cost=10)]))
    ear.poller._listened["forum"] = replace(ear.poller._listened["forum"], per_day=50.0)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert await ear.poll(now) == now + (midnight - now) / 4


async def test_a_place_where_much_is_said_is_asked_sooner_and_later_as_usual_again(database, now):
    looks = [[page()], [page(*(make.mention(f"m{number}") for number in range(20)))], [page()], [page()]]
    ear = Ear(database, now, forum=Told(*looks))
    waits = []
    for _ in range(4):
        due = await ear.poll(now)
        assert due is not None
        waits.append(due - now)
        now = due
    assert waits == [EVERY, EVERY / 2, EVERY * 0.75, EVERY]
