"""What no detector saw is kept by a person's word, with what was said then."""

from datetime import timedelta

import pytest

from alerting.missed import Told, record_missed
from core.errors import Refused
from core.messages import render
from core.records import Enrichment, Sentiment, TopicMatch
from store import enrichments, incidents, labels, mentions, signals
from tests import make
from tests.alerting.desk import Desk

NEUTRAL = Sentiment(negative=0.1, neutral=0.8, positive=0.1, confident=True)


@pytest.fixture
def desk(database):
    return Desk(database)


def tell(desk, at, **more):
    told = Told(at=at, topic_id="acme", topic_name="Ấm Acme", **more)
    roster = desk.database.read_now(desk.roster)
    return desk.database.write_now(record_missed, told, by="ana", now=make.NOON, roster=roster, channel="cli")


async def test_what_was_said_then_is_its_evidence_and_nobody_is_paged(desk):
    at = make.NOON - timedelta(hours=5)
    (heard,) = desk.database.write_now(mentions.add, [make.mention("Ấm Acme kêu to", at=at + timedelta(minutes=7))]).new
    topic = TopicMatch(topic_id="acme", version="1", terms=("acme",))
    said = Enrichment(mention_id=heard, language="vi", topics=(topic,), sentiment=NEUTRAL)
    desk.database.write_now(enrichments.save, said, counts_at=at + timedelta(minutes=7), story_id=None)
    answer = tell(desk, at)
    await desk.forward()
    incident = desk.database.read_now(incidents.get, answer.args["incident"])
    assert (incident.status, incident.kind, incident.next_step_at, desk.notifications) == ("resolved", "missed", None, [])
    (signal,) = desk.database.read_now(signals.of_incident, incident.id)
    assert (signal.bucket_start, signal.evidence, signal.frozen["counted"]["mentions"]) == (at, (heard,), 1)
    assert render(incident.words, "vi") == "Ấm Acme: có sự cố (do Ana báo, hệ thống không phát hiện)"
    assert [each.reason for each in desk.database.read_now(labels.of_incident, incident.id)] == ["missed"]


async def test_what_is_still_to_come_cannot_have_been_missed(desk):
    with pytest.raises(Refused, match="still to come"):
        tell(desk, make.NOON + timedelta(minutes=1))
