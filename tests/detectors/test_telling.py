"""Which story a mention tells, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from detectors.sketch import sketch
from detectors.telling import CROWDED, Telling, tell
from store import mentions, stories
from tests import make

HOUR = timedelta(hours=1)
RECALL = "Acme thu hồi 12.000 ấm siêu tốc vì nguy cơ cháy nổ"
AGAIN = "12.000 ấm đun nước Acme bị thu hồi do có thể gây cháy"
OTHER = "Acme thu hồi 8.500 nồi chiên không dầu vì lỗi dây điện"


def telling(database, title, *, at=make.NOON, source="press", language="vi"):
    mention = make.mention(title, source=source, at=at)
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    return Telling(mention_id, source, at, at, sketch(title, "", language, ("Acme",)))


def told(database, *batch):
    found = database.write_now(tell, batch)
    return [found[one.mention_id] for one in batch]


def test_a_rewritten_headline_is_the_same_story_with_its_first_source(database):
    first, second = telling(database, RECALL, source="vnexpress"), telling(database, AGAIN, source="tuoitre")
    (one,) = told(database, first)
    (other,) = told(database, second)
    assert (one.first_source, other.story_id, other.first_source) == (None, one.story_id, "vnexpress")


def test_copies_within_one_batch_find_each_other(database):
    found = told(database, *(telling(database, title) for title in (RECALL, OTHER, AGAIN)))
    assert found[0].story_id == found[2].story_id != found[1].story_id


def test_how_mentions_are_cut_into_batches_makes_no_difference(database):
    heard = [telling(database, title) for title in (RECALL, OTHER, AGAIN, f"{OTHER}!", RECALL.upper())]
    together = [one.story_id for one in told(database, *heard)]
    apart = [
        told(database, telling(database, title, at=make.NOON + 1000 * HOUR))[0].story_id for title in (RECALL, OTHER, AGAIN, OTHER, RECALL)
    ]
    groups = [[ids.index(number) for number in ids] for ids in (together, apart)]
    assert groups[0] == groups[1] == [0, 1, 0, 1, 0]


def test_the_first_mention_of_a_story_stays_the_first(database):
    first, second = telling(database, RECALL), telling(database, AGAIN, at=make.NOON - HOUR)
    (one,) = told(database, first)
    told(database, second)
    known = database.read_now(stories.get, [one.story_id])
    assert (known[one.story_id].source_id, known[one.story_id].language) == ("press", "vi")


@pytest.mark.parametrize(("later", "same"), [(71, True), (73, False), (-71, True)])
def test_a_copy_is_looked_for_within_three_days(database, later, same):
    (one,) = told(database, telling(database, RECALL))
    (other,) = told(database, telling(database, RECALL, at=make.NOON + later * HOUR))
    assert (one.story_id == other.story_id) is same


def test_two_processes_agree_on_a_story(database):
    heard = [telling(database, RECALL) for _ in range(4)]
    ready, found = threading.Barrier(4), []

    def work(one):
        ready.wait(5)

        def turn(tx):
            stories.in_turn(tx)
            return tell(tx, [one])[one.mention_id]

        found.append(database.write_now(turn))

    workers = [threading.Thread(target=work, args=[one]) for one in heard]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert len(found) == 4
    assert len({one.story_id for one in found}) == 1
    assert sorted(one.first_source is None for one in found) == [False, False, False, True]


def test_a_mark_that_everybody_has_brings_up_no_crowd(database):
    heard = [telling(database, f"Acme cháy nổ {number} vụ việc thứ {number}") for number in range(100, 100 + 2 * CROWDED)]
    ids = {one.story_id for one in told(database, *heard)}
    assert len(ids) == 2 * CROWDED
    marks = sorted({mark for one in heard for mark in one.sketch.marks})
    assert max(len(found) for found in database.read_now(stories.marked, marks, make.NOON, make.NOON).values()) == CROWDED


def test_old_marks_are_forgotten_and_the_story_stays(database):
    heard = telling(database, RECALL)
    (one,) = told(database, heard)
    assert database.write_now(stories.forget_marks, make.NOON - HOUR) == 0
    assert database.write_now(stories.forget_marks, make.NOON + HOUR) == len(heard.sketch.marks)
    assert database.read_now(stories.marked, heard.sketch.marks, make.NOON - HOUR, make.NOON + HOUR) == {}
    assert one.story_id in database.read_now(stories.get, [one.story_id])


def test_no_mention_tells_no_story(database):
    assert database.write_now(tell, []) == {}
