"""Counts in memory are the counts of the database: the same rows, the same minutes unknown."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectors.buckets import COLUMNS
from detectors.cells import buckets_of
from detectors.tally import Tally
from store.series import COLUMNS as COUNTED
from store.series import Cell, Count

START = datetime(2026, 11, 2, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LATENESS = timedelta(hours=2)


class Told:
    """A tally, and beside it the cells and intervals that the database would hold."""

    def __init__(self):
        self.tally = Tally("acme", ZONE)
        self.cells = {}
        self.heard = {}

    def count(self, at, source, *, kind="original", arrival="live"):
        count = Count(topic_id="acme", at=int(at.timestamp()), source_id=source, kind=kind, arrival=arrival, authors=1, negative=1)
        self.tally.add(count)
        key = (count.at - count.at % 60, source, kind, arrival)
        cell = self.cells.setdefault(key, [0] * len(COUNTED))
        for index, name in enumerate(COUNTED):
            cell[index] += getattr(count, name)

    def hear(self, source, since, until):
        self.tally.hear(source, since.timestamp(), until.timestamp())
        stretches = self.heard.setdefault(source, [])
        if stretches and stretches[-1][1] == since:
            stretches[-1] = (stretches[-1][0], until)
        else:
            stretches.append((since, until))

    def both(self, start, end):
        """The rows by the database, and by the tally."""
        within = [Cell(*key, *cell) for key, cell in self.cells.items() if start.timestamp() <= key[0] < end.timestamp()]
        heard = {name: [one for one in found if one[1] > start and one[0] < end] for name, found in self.heard.items()}
        settled = end - LATENESS
        return (
            buckets_of("acme", ZONE, within, {name: found for name, found in heard.items() if found}, start, end, settled),
            self.tally.buckets(start, end, settled),
        )


def same(one, other):
    assert (one.start, one.sources, one.settled, one.topic_id, len(one)) == (
        other.start,
        other.sources,
        other.settled,
        other.topic_id,
        len(other),
    )
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("seed", range(4))
def test_any_history_gives_the_rows_that_the_database_gives(seed):
    chance, told, now = random.Random(seed), Told(), START
    polled = dict.fromkeys(("forum", "press", "shop"), START)
    for _ in range(600):
        now += timedelta(seconds=chance.randint(20, 900))
        source = chance.choice(sorted(polled))
        if source == "shop" and now < START + timedelta(days=1):
            continue
        back = timedelta(minutes=chance.choice((0, 1, 3, 240, 2000)))
        arrival = "late" if back > LATENESS else "live"
        told.count(now - back, source, kind=chance.choice(("original", "original", "repost")), arrival=arrival)
        if chance.random() < 0.9:  # else it was not heard, for now
            told.hear(source, polled[source], now)
        polled[source] = now
        end = now.replace(second=0, microsecond=0)
        start = max(START, end - timedelta(hours=4)).replace(minute=0)
        if end > start:
            same(*told.both(start, end))


def test_what_was_counted_before_anything_was_learnt_is_there_when_it_is():
    told = Told()
    told.count(START - timedelta(days=10), "forum", arrival="late")
    told.count(START, "forum")
    assert told.tally.first == int((START - timedelta(days=10)).timestamp())
    same(*told.both(START - timedelta(days=10), START + timedelta(minutes=1)))


def test_a_source_that_was_heard_no_more_leaves_the_rows():
    told = Told()
    told.hear("forum", START, START + timedelta(hours=1))
    told.hear("press", START, START + timedelta(hours=20))
    mine, its = told.both(START + timedelta(hours=12), START + timedelta(hours=20))
    assert its.sources == ("press",)
    same(mine, its)
