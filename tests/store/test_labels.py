from datetime import timedelta

import sqlalchemy as sa

from core.records import Enrichment, Incident, Sentiment, TopicMatch, Words
from store import enrichments, figures, incidents, labels, mentions, schema, signals
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


def an_incident(database, at, *, kind="volume_spike", label=None, world="live", topic="acme"):
    """An incident with two signals of a kind, and what was said of it; its number."""

    def make_it(tx):
        words = Words(key="signal.volume_spike")
        number = incidents.create(
            tx,
            Incident(
                key=f"{topic}{at}",
                kind=kind,
                words=words,
                severity="major",
                opened_at=at,
                last_signal_at=at,
                topic_id=topic,
                world=world,
                status="resolved",
                resolved_at=at + timedelta(hours=1),
            ),
        )
        for turn in range(2):
            raised = make.signal(at=at + timedelta(minutes=turn), kind=kind, topic=topic, score=0.6 + turn / 10, subject=f"{topic}{number}")
            (signal_id,) = signals.add(tx, [raised])
            signals.take(tx, signal_id, at, incident_id=number)
        if label is not None:
            labels.add(tx, at, "ana", "real" if label == "false" else "false", incident_id=number)
            labels.add(tx, at, "ben", label, incident_id=number)
        return number

    return database.write_now(make_it)


def test_signals_of_judged_incidents_carry_the_newest_verdict_and_drills_carry_none(database, now):
    first = an_incident(database, now, label="real")
    second = an_incident(database, now + timedelta(hours=2), label="false")
    an_incident(database, now + timedelta(hours=4))
    an_incident(database, now + timedelta(hours=6), label="real", world="drill")
    found = database.read_now(labels.judged)
    assert [(one.incident_id, one.real, one.score) for one in found] == [
        (first, True, 0.6),
        (first, True, 0.7),
        (second, False, 0.6),
        (second, False, 0.7),
    ]
    assert (found[0].kind, found[0].topic_id, found[0].at, found[0].frozen) == ("volume_spike", "acme", now, {"level": 1})
    assert database.read_now(figures.raised) == {("volume_spike", "acme"): 8}


def test_which_incident_of_a_topic_was_open_then(database, now):
    number = an_incident(database, now)
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    asked = [(now - hour, now), (now - hour, now + minute), (now + 59 * minute, now + hour), (now + hour, now + 2 * hour)]
    assert [database.read_now(incidents.open_at, "acme", *span) for span in asked] == [None, number, number, None]
    assert database.read_now(incidents.open_at, "rival", now, now + hour) is None
