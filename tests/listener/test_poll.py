"""The Poller with collectors that read from a list, on real databases."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.records import Mention, SourceState
from listener.base import Page
from listener.poll import LONGEST_BACKOFF, WAIT_WHEN_FULL, Listened, Poller, backoff
from store import mentions, schema, sources
from store.database import Database
from store.open import Store
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


def listened(name="forum", every=EVERY):
    return Listened(id=name, kind="told", every=every, collector=Told())


@pytest.mark.parametrize("failures", range(1, 40))
def test_the_backoff_doubles_with_bounded_jitter_up_to_its_longest(failures):
    doubled = min(EVERY * 2 ** min(failures, 16), LONGEST_BACKOFF)
    assert 0.8 * doubled <= backoff(listened(), failures, SourceUnreadable("forum", "x")) <= 1.2 * doubled


def test_sources_that_failed_together_do_not_come_back_together():
    waits = {backoff(listened(f"s{number}"), 3, SourceUnavailable("s", "503")) for number in range(50)}
    assert len(waits) == 50


@pytest.mark.parametrize(("asked", "least"), [(7 * 3600.0, 7 * HOUR), (1.0, 0.8 * 2 * EVERY)])
def test_what_a_place_asked_for_is_obeyed_where_it_is_longer(asked, least):
    error = SourceUnavailable("forum", "429", retry_after_s=asked)
    assert backoff(listened(), 1, error) >= least


@pytest.mark.parametrize("asked", [1e9, 1e20, float("inf")])
def test_no_place_can_silence_itself_for_ever(asked):
    error = SourceUnavailable("forum", "429", retry_after_s=asked)
    assert backoff(listened(), 1, error) <= timedelta(days=1)
