from datetime import timedelta

import pytest

from core.records import Enrichment, Risk, Sentiment, TopicMatch
from store import enrichments, labels, mentions
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
    enrichment = said(mention_id, topics=("acme", "weak"), risks=(FIRE,), triage="crisis")
    save(database, enrichment, now)
    assert database.read_now(enrichments.get, [mention_id, 999_999]) == {mention_id: enrichment}


def test_a_later_understanding_replaces_the_former(database, now):
    mention_id = stored(database)
    save(database, said(mention_id, topics=("acme", "weak"), risks=(FIRE,)), now)
    save(database, said(mention_id, topics=("other",)), now)
    found = database.read_now(enrichments.get, [mention_id])[mention_id]
    assert [match.topic_id for match in found.topics] == ["other"]
    assert found.risks == ()


def test_replies_find_the_topics_of_their_parent(database, now):
    parent, other = make.mention(), make.mention()
    ids = database.write_now(mentions.add, [parent, other]).new
    save(database, said(ids[0], topics=("acme", "weak")), now)
    assert database.read_now(enrichments.topics_of, [parent.key, other.key]) == {parent.key: ("acme", "weak")}
    assert database.read_now(enrichments.topics_of, []) == {}


def test_role_and_place_come_back(database, now):
    mention_id = stored(database)
    match = TopicMatch(topic_id="acme", version="1", terms=("ấm",), place_id="q1")
    enrichment = Enrichment(mention_id=mention_id, language="vi", topics=(match,), sentiment=BURNS, author_role="vip")
    save(database, enrichment, now)
    assert database.read_now(enrichments.get, [mention_id]) == {mention_id: enrichment}


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


def test_what_a_person_said_wins_over_this_model_and_the_next(database, now):
    mention_id = stored(database)
    save(database, said(mention_id, topics=("weak",)), now)
    for label in ("positive", "relevant"):
        database.write_now(labels.add, now, "lan", label, mention_id=mention_id)
    database.write_now(enrichments.judged, mention_id)
    for _ in range(2):
        found = database.read_now(enrichments.get, [mention_id])[mention_id]
        assert (found.sentiment.label, found.sentiment.positive, found.sentiment.confident) == ("positive", 1.0, True)
        assert [match.weak for match in found.topics] == [False]
        save(database, said(mention_id, topics=("weak",)), now)


def test_a_mention_that_is_not_about_us_leaves_its_topics_until_somebody_takes_that_back(database, now):
    mention_id = stored(database)
    save(database, said(mention_id), now)
    database.write_now(mentions.mark_enriched, [mention_id], now)
    database.write_now(labels.add, now, "lan", "irrelevant", mention_id=mention_id)
    database.write_now(enrichments.judged, mention_id)
    save(database, said(mention_id), now)
    assert database.read_now(enrichments.get, [mention_id])[mention_id].topics == ()
    database.write_now(labels.add, now, "minh", "relevant", mention_id=mention_id)
    database.write_now(enrichments.judged, mention_id)
    assert database.read_now(mentions.to_read_again, 10) == [mention_id]
    save(database, said(mention_id), now)
    assert [match.topic_id for match in database.read_now(enrichments.get, [mention_id])[mention_id].topics] == ["acme"]
