from datetime import timedelta

import sqlalchemy as sa

from core.records import Enrichment, Sentiment, TopicMatch
from store import enrichments, labels, mentions, schema
from tests import make

NOTHING = Sentiment(negative=0.2, neutral=0.6, positive=0.2, confident=False)


def test_a_later_judgement_stands_beside_the_former(database, now):
    database.write_now(labels.add, now, "ana", "noise", incident_id=7, reason="own campaign", comment="Ấm của mình")
    database.write_now(labels.add, now + timedelta(hours=1), "ben", "crisis", incident_id=7)
    database.write_now(labels.add, now, "ana", "irony", mention_id=3)
    rows = database.read_now(
        lambda tx: [
            tuple(row)
            for row in tx.execute(sa.select(schema.labels.c["by", "label", "incident_id", "mention_id"]).order_by(schema.labels.c.id))
        ]
    )
    assert rows == [("ana", "noise", 7, None), ("ben", "crisis", 7, None), ("ana", "irony", None, 3)]


def judge(database, mention_id, label, at, by="ana"):
    database.write_now(labels.add, at, by, label, mention_id=mention_id)


def stands(database, mention_id):
    return {question: told.label for question, told in database.read_now(labels.standing, [mention_id]).get(mention_id, {}).items()}


def test_the_newest_answer_to_each_question_stands(database, now):
    (mention_id,) = database.write_now(mentions.add, [make.mention()]).new
    assert (stands(database, mention_id), database.read_now(labels.newest)) == ({}, 0)
    for label in ("negative", "irrelevant", "irony", "neutral"):
        judge(database, mention_id, label, now)
    assert stands(database, mention_id) == {"sentiment": "neutral", "relevance": "irrelevant"}
    assert database.read_now(labels.newest) == 4


def test_a_label_stands_until_the_text_is_edited(database, now):
    (mention_id,) = database.write_now(mentions.add, [make.mention(edited_at=now)]).new
    judge(database, mention_id, "negative", now - timedelta(minutes=1))
    assert stands(database, mention_id) == {}
    judge(database, mention_id, "positive", now + timedelta(minutes=1))
    assert stands(database, mention_id) == {"sentiment": "positive"}


def test_what_is_taught_refers_to_texts_that_are_still_there(database, now):
    ids = database.write_now(mentions.add, [make.mention() for _ in range(3)]).new
    topics = (TopicMatch(topic_id="acme", version="1", terms=()), TopicMatch(topic_id="rival", version="1", terms=()))
    for mention_id in ids:
        said = Enrichment(mention_id=mention_id, language="en", topics=topics, sentiment=NOTHING)
        database.write_now(enrichments.save, said, counts_at=now, story_id=None)
        judge(database, mention_id, "neutral", now)
    judge(database, ids[0], "negative", now)
    judge(database, ids[0], "relevant", now)
    judge(database, ids[1], "irrelevant", now)
    database.write_now(enrichments.judged, ids[1])
    database.write_now(lambda tx: tx.execute(sa.delete(schema.mention_texts).where(schema.mention_texts.c.mention_id == ids[2])))
    assert database.read_now(labels.taught, ["acme"]) == [labels.Taught("acme", ids[0], "negative")]
