import threading
from datetime import timedelta

import pytest

from core.records import Enrichment, Risk, Sentiment, TopicMatch
from store import enrichments, mentions
from tests import make

BURNS = Sentiment(negative=0.7, neutral=0.2, positive=0.1, confident=True)
FIRE = Risk(family="fire", level=1, term="cháy")


def stored(database, mention=None):
    return database.write_now(mentions.add, [mention or make.mention()]).new[0]


def said(mention_id, *, topics=("acme",), risks=(), **changes):
    matches = tuple(TopicMatch(topic_id=topic, version="1", terms=("ấm",), weak=topic == "weak") for topic in topics)
    return Enrichment(mention_id=mention_id, language="vi", topics=matches, sentiment=BURNS, risks=risks, model="m1", **changes)


def save(database, enrichment, at, story_id=None):
    database.write_now(enrichments.save, enrichment, counts_at=at, story_id=story_id)


def test_what_was_understood_comes_back(database, now):
    mention_id = stored(database)
    enrichment = said(mention_id, topics=("acme", "weak"), risks=(FIRE,))
    save(database, enrichment, now)
    assert database.read_now(enrichments.get, [mention_id, 999_999]) == {mention_id: enrichment}


def test_a_later_understanding_replaces_the_former(database, now):
    mention_id = stored(database)
    save(database, said(mention_id, topics=("acme", "weak"), risks=(FIRE,)), now)
    save(database, said(mention_id, topics=("other",)), now)
    found = database.read_now(enrichments.get, [mention_id])[mention_id]
    assert [match.topic_id for match in found.topics] == ["other"]
    assert found.risks == ()


def test_near_copies_are_one_story(database, now):
    first, second, other = (stored(database) for _ in range(3))
    story = database.write_now(enrichments.story_of, b"samebyte", first, now)
    assert database.write_now(enrichments.story_of, b"samebyte", second, now) == story
    assert database.write_now(enrichments.story_of, b"otherbyt", other, now) != story


def test_two_processes_agree_on_a_story(database, now):
    added = [stored(database) for _ in range(4)]
    ready, found = threading.Barrier(4), []

    def work(mention_id):
        ready.wait(5)
        found.append(database.write_now(enrichments.story_of, b"samebyte", mention_id, now))

    workers = [threading.Thread(target=work, args=[mention_id]) for mention_id in added]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert len(found) == 4
    assert len(set(found)) == 1


@pytest.mark.parametrize(("arrival", "heard"), [("live", True), ("late", False), ("backfill", False)])
def test_only_what_was_heard_live_counts_as_a_risk(database, now, arrival, heard):
    mention_id = stored(database, make.mention(at=now, arrival=arrival))
    save(database, said(mention_id, risks=(FIRE,)), now)
    assert bool(database.read_now(enrichments.risks_since, "acme", now)) is heard


def test_risks_come_oldest_first_with_who_spoke(database, now):
    minute = timedelta(minutes=1)
    for at in (now, now - minute, now - 2 * minute):
        mention_id = stored(database, make.mention(at=at, author="an"))
        save(database, said(mention_id, topics=("acme", "weak"), risks=(FIRE, Risk(family="recall", level=2, term="thu hồi"))), at)
    found = database.read_now(enrichments.risks_since, "acme", now - minute)
    assert [(one.at, one.risk.family) for one in found] == [
        (now - minute, "fire"),
        (now - minute, "recall"),
        (now, "fire"),
        (now, "recall"),
    ]
    assert {(one.author, one.source_id, one.weak, one.kind) for one in found} == {("forum/an", "forum", False, "original")}
    assert all(one.weak for one in database.read_now(enrichments.risks_since, "weak", now))
