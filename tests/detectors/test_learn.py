"""The Learner: labels change how later mentions are read, and what was usual starts anew only where that changes much."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from core.records import Sentiment, TopicMatch
from detectors.base import load_state
from detectors.enrich import Enricher, Topic
from detectors.enrichment.correction import BITS, Correction
from detectors.enrichment.records import Heard, Understood
from detectors.learn import AGAIN_AFTER, FEWEST, LOOK_EVERY
from detectors.reading import Reader
from detectors.registry import Registry
from detectors.signals import negative_surge
from store import enrichments, labels, mentions, schema, series, watches
from tests import make

SURGE = negative_surge.Detector(negative_surge.Options())
HOUR = timedelta(hours=1)


class Deaf:
    """Understands "acme" as the topic, and takes everything for neutral."""

    version = "deaf-1"
    broken = False

    def enrich(self, texts: Sequence[Heard]) -> list[Understood]:
        if self.broken:
            raise RuntimeError("no model")
        sentiment = Sentiment(negative=0.2, neutral=0.6, positive=0.2, confident=False)
        topics = (TopicMatch(topic_id="acme", version="1", terms=("acme",)),)
        return [Understood(language="vi", topics=topics, sentiment=sentiment, risks=(), fingerprint=b"") for _ in texts]


class Team:
    """An Enricher, and people who label what it read."""

    def __init__(self, database, now):
        self.database, self.now, self.pipeline = database, now, Deaf()
        self.store = make.store(database)
        database.write_now(watches.ensure, {"acme": "1"}, now)
        self.open()

    def open(self):
        topic = Topic(id="acme", name="Acme", kind="brand", version="1")
        self.enricher = Enricher(
            self.store, self.pipeline, {"acme": topic}, brand_context={}, detectors={}, generation=1, on_sentiment={"negative_surge": SURGE}
        )

    async def hear(self, *texts):
        ids = self.database.write_now(mentions.add, [make.mention(f"acme {text}", at=self.now) for text in texts]).new
        await self.store.mentions.publish(ids)
        await self.settle()
        return ids

    async def settle(self, after=LOOK_EVERY):
        self.now += after
        while await self.enricher.step(self.now) == self.now:
            pass

    def label(self, ids, label):
        for mention_id in ids:
            self.database.write_now(labels.add, self.now, "lan", label, mention_id=mention_id)
            self.database.write_now(enrichments.judged, mention_id)

    def said(self, mention_id):
        return self.database.read_now(enrichments.get, [mention_id])[mention_id]

    async def teach(self, bad=8, good=8):
        self.label(await self.hear(*(f"bếp từ hỏng mặt kính {number}" for number in range(bad))), "negative")
        self.label(await self.hear(*(f"bếp từ giao nhanh {number}" for number in range(good))), "neutral")


@pytest.fixture
def team(database, now):
    return Team(database, now)


async def test_what_the_team_says_changes_how_the_next_mention_is_read_and_counted(team):
    (before,) = await team.hear("mặt kính hỏng rồi")
    await team.teach()
    counted = team.database.read_now(series.read, "acme", team.now - HOUR, team.now + HOUR)
    assert sum(cell.negative for cell in counted) == 0  # counts stay as they were judged
    (after, other) = await team.hear("mặt kính hỏng rồi", "giao nhanh thật")
    assert team.said(before).sentiment.label == "neutral"
    assert team.said(after).sentiment.label == "negative"
    assert team.said(other).sentiment.label != "negative"
    assert team.said(before).model == "deaf-1"
    assert team.said(after).model.startswith("deaf-1+")
    counted = team.database.read_now(series.read, "acme", team.now - HOUR, team.now + HOUR)
    assert sum(cell.negative for cell in counted) == 1
    told = team.database.read_now(watches.learnt)["acme"]
    assert told["labels"] == 16
    assert told["loss_after"] < told["loss_before"]


async def test_another_start_learns_the_same_from_the_same_labels(team):
    await team.teach()
    (first,) = await team.hear("mặt kính")
    team.open()
    (second,) = await team.hear("mặt kính hai")
    assert team.said(second).model == team.said(first).model


async def test_nine_labels_change_nothing(team):
    await team.teach(bad=5, good=4)
    (mention_id,) = await team.hear("mặt kính hỏng")
    assert team.said(mention_id).model == "deaf-1"


async def test_the_words_of_an_erased_mention_are_forgotten_within_a_day(team):
    await team.teach(bad=5, good=5)
    with team.database.begin() as tx:
        tx.execute(sa.delete(schema.mention_texts).where(schema.mention_texts.c.mention_id == 1))
    await team.settle(AGAIN_AFTER)
    (mention_id,) = await team.hear("mặt kính hỏng")
    assert team.said(mention_id).model == "deaf-1"
    assert team.database.read_now(watches.learnt)["acme"]["labels"] == 9


async def test_where_much_more_is_negative_the_surge_starts_anew_aloud_and_once(team):
    await team.hear(*(f"mặt kính hỏng {number}" for number in range(FEWEST + 1)))
    old = watches.SavedState("negative_surge", SURGE.version, team.now, b'{"settled_to":"2026-11-01T00:00:00Z"}')
    team.database.write_now(watches.save_state, "acme", old)
    with capture_logs() as logs:
        await team.teach()
        await team.settle()
        team.label([1], "negative")
        await team.settle()
    assert [each["kind"] for each in logs if "starts again" in each["event"]] == ["negative_surge"]
    state = load_state(SURGE, team.database.read_now(watches.states, "acme")["negative_surge"].state)
    assert state.settled_to == team.now.replace(minute=0, second=0, microsecond=0)
    assert team.database.read_now(watches.learnt)["acme"]["since"] is not None


async def test_who_steps_the_topic_meanwhile_does_so_in_vain(team):
    (watch,) = team.database.write_now(watches.claim, ["acme"], team.now, team.now + HOUR, 1)
    saved = watches.SavedState("negative_surge", SURGE.version, team.now, b"{}")
    team.database.write_now(watches.start_again, "acme", saved)
    assert team.database.write_now(watches.finish, watch, due_at=None, stepped_at=team.now) is False


async def test_labels_that_cannot_be_learnt_from_keep_nobody_from_being_heard(team):
    await team.teach()
    team.pipeline.broken = True
    with capture_logs() as logs:
        await team.settle()
    assert [each["event"] for each in logs] == ["labels not learnt from"]
    team.pipeline.broken = False
    (mention_id,) = await team.hear("mặt kính")
    assert team.said(mention_id).model == "deaf-1"


async def test_what_is_about_us_after_all_is_read_back_into_its_topic(team):
    (mention_id,) = await team.hear("ấm cháy")
    team.label([mention_id], "irrelevant")
    await team.settle()
    assert team.said(mention_id).topics == ()
    team.label([mention_id], "relevant")
    await team.settle()
    assert [match.topic_id for match in team.said(mention_id).topics] == ["acme"]
    counted = team.database.read_now(series.read, "acme", team.now - HOUR, team.now + HOUR)
    assert sum(cell.mentions for cell in counted) == 1


def test_of_a_mention_in_two_topics_the_first_that_was_taught_decides():
    reader = Reader(Deaf(), {}, {}, Registry())
    topics = [TopicMatch(topic_id=topic, version="1", terms=()) for topic in ("rival", "acme", "shop")]
    reader.corrections = {
        topic: Correction(version=topic, bias=bias, slope=1.0, words=np.zeros(1 << BITS), threshold=0.5)
        for topic, bias in (("acme", 5.0), ("shop", -5.0))
    }
    assert (reader.model_of(topics), reader.model_of(topics[:1])) == ("deaf-1+acme", "deaf-1")
    (read,) = reader.read([make.mention("acme ấm")], {})
    assert (read.said.sentiment.label, read.said.sentiment.confident) == ("negative", True)
    (by_itself,) = reader.uncorrected([read.mention])
    assert by_itself.label == "neutral"
