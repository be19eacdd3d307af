"""What people say of incidents and mentions is kept, audited, and wins."""

import pytest
import sqlalchemy as sa

from alerting.labelling import label_incident, label_mention
from alerting.quotes import quotes_of
from core.errors import NotFound, Refused
from core.messages import render
from core.records import Enrichment, Sentiment, TopicMatch
from store import audit, enrichments, evidence, incidents, labels, mentions, schema
from tests import make
from tests.alerting.desk import Desk

MODEL = Sentiment(negative=0.7, neutral=0.2, positive=0.1, confident=True)


@pytest.fixture
async def desk(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    await desk.forward()
    return desk


def kept(database):
    with database.begin() as tx:
        return [tuple(row) for row in tx.execute(sa.select(schema.labels.c["by", "label", "comment"]).order_by(schema.labels.c.id))]


def mention(database, at):
    (mention_id,) = database.write_now(mentions.add, [make.mention("Ấm Acme rẻ ghê, cháy cả nhà", at=at)]).new
    topic = TopicMatch(topic_id="acme", version="1", terms=("acme",))
    said = Enrichment(mention_id=mention_id, language="vi", topics=(topic,), sentiment=MODEL)
    database.write_now(enrichments.save, said, counts_at=at, story_id=None)
    return mention_id


async def test_an_incident_s_label_stands_on_its_timeline_and_in_the_audit_chain(desk, now):
    def say(label, by="ana", reason="our own campaign"):
        told = {"by": by, "now": now, "roster": desk.database.read_now(desk.roster), "channel": "cli"}
        return desk.database.write_now(label_incident, 1, label, reason, **told)

    assert render(say("false"), "en") == "Noted: incident #1 was a false alarm."
    assert render(say("false"), "vi") == "Đã ghi: sự cố #1 là báo nhầm."
    assert kept(desk.database) == [("ana", "false", "our own campaign")]
    say("real", by="ben")
    assert [each.label for each in desk.database.read_now(labels.of_incident, 1)] == ["false", "real"]
    lines = [render(each.words, "en") for each in desk.database.read_now(incidents.entries, 1) if each.kind == "labelled"]
    assert lines[0] == "Ana says that it was a false alarm: our own campaign"
    assert len(lines) == 2
    assert desk.database.read_now(audit.first_broken) is None
    with pytest.raises(NotFound, match="99"):
        desk.database.write_now(
            label_incident, 99, "real", "-", by="ana", now=now, roster=desk.database.read_now(desk.roster), channel="cli"
        )
    with pytest.raises(Refused, match="real, false"):
        say("negative")


async def test_a_mention_s_label_wins_over_the_model_wherever_it_is_shown(desk, now):
    database, mention_id = desk.database, mention(desk.database, now)
    shown = database.read_now(mentions.get, [mention_id])
    database.write_now(evidence.freeze, 1, shown, now, signal_id=None, salt=lambda: b"salt")

    def say(label, by="ana"):
        return database.write_now(label_mention, mention_id, label, by=by, now=now, channel="web")

    assert render(say("positive"), "en").startswith(f"Noted: mention #{mention_id} is positive.")
    say("positive")
    say("irrelevant", by="ben")
    assert kept(database) == [("ana", "positive", None), ("ben", "irrelevant", None)]
    (quote,) = database.read_now(quotes_of, 1, 10)
    assert (quote.sentiment, quote.judged) == ("positive", (("ana", "sentiment.positive"), ("ben", "relevance.irrelevant")))
    say("neutral", by="ben")
    assert database.read_now(quotes_of, 1, 10)[0].sentiment == "neutral"
    assert len(kept(database)) == 3


async def test_what_was_never_read_cannot_be_labelled(desk, now):
    (unread,) = desk.database.write_now(mentions.add, [make.mention()]).new
    for number in (unread, 10**15):
        with pytest.raises(NotFound, match="no mention"):
            desk.database.write_now(label_mention, number, "negative", by="ana", now=now, channel="cli")
    with pytest.raises(Refused, match="no label"):
        desk.database.write_now(label_mention, unread, "angry", by="ana", now=now, channel="cli")
