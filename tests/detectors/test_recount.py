"""The Recounter on real databases: a query changes, and the history is counted as the new one says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from core.records import Enrichment, Sentiment, TopicMatch
from core.text import fingerprint
from detectors.enrichment.records import Heard, Understood
from detectors.reading import Reader
from detectors.recount import LOOK_EVERY, Recounter
from detectors.registry import Registry
from store import enrichments, labels, mentions, recounts, series, watches
from store.open import Store
from store.streams import MemoryStream
from tests import make

HOUR = timedelta(hours=1)
CALM = Sentiment(negative=0.1, neutral=0.8, positive=0.1, confident=True)
ANGRY = Sentiment(negative=0.8, neutral=0.1, positive=0.1, confident=True)


class Query:
    """Finds a word; what it finds by itself it takes to be calm."""

    version = "words-2"

    def __init__(self, word: str, *, weak: bool = False) -> None:
        self.word = word
        self.weak = weak

    def enrich(self, texts: Sequence[Heard]) -> list[Understood]:
        match = (TopicMatch(topic_id="acme", version="2", terms=(self.word,), weak=self.weak),)
        return [
            Understood(
                language="en", topics=match if self.word in text.text else (), sentiment=CALM, risks=(), fingerprint=fingerprint(text.text)
            )
            for text in texts
        ]


class History:
    """What was said and understood with the earlier query, before it changes."""

    def __init__(self, database: Any, now: Any) -> None:
        self.database, self.now = database, now
        self.store = Store(database, MemoryStream(), MemoryStream(), MemoryStream())
        database.write_now(watches.ensure, {"acme": "1"}, now - 24 * HOUR)

    def said(self, text: str, *, hours_ago: int, matched: bool = False, feeling: Sentiment = CALM, **changes: Any) -> int:
        at = self.now - hours_ago * HOUR
        (mention_id,) = self.database.write_now(mentions.add, [make.mention(text, at=at, **changes)]).new
        self.database.write_now(mentions.mark_enriched, [mention_id], at)
        topics = (TopicMatch(topic_id="acme", version="1", terms=("old",)),) if matched else ()
        understood = Enrichment(mention_id=mention_id, language="en", topics=topics, sentiment=feeling, risks=(), model="1")
        self.database.write_now(enrichments.save, understood, counts_at=at, story_id=None)
        return mention_id

    async def change_to(self, word: str, *, weak: bool = False) -> None:
        self.database.write_now(recounts.begin, {"acme": "2"}, self.now)
        recounter = Recounter(self.store, ["acme"], reader_for=lambda _: Reader(Query(word, weak=weak), {}, {}, Registry()))
        while await recounter.step(self.now) == self.now:
            pass

    def counts(self) -> dict[str, int]:
        return self.database.read_now(series.total, "acme", self.now - 48 * HOUR, self.now + HOUR)

    def of_topic(self) -> list[int]:
        found = self.database.read_now(mentions.in_topic, "acme", self.now - 48 * HOUR, self.now + HOUR, 100)
        return sorted(mention.id for mention in found)


async def test_history_counts_as_the_new_query_says(database, now):
    history = History(database, now)
    history.said("an old kettle", hours_ago=9, matched=True)
    kettles = [history.said("a new kettle", hours_ago=hours) for hours in (8, 7)]
    history.said("rain", hours_ago=6)
    await history.change_to("new kettle")
    assert history.of_topic() == kettles
    assert history.counts()["mentions"] == 2
    (match,) = database.read_now(enrichments.get, kettles)[kettles[0]].topics
    assert (match.version, match.terms) == ("2", ("new kettle",))


async def test_how_a_mention_felt_stays_as_it_was_understood(database, now):
    history = History(database, now)
    history.said("kettle on fire", hours_ago=3, matched=True, feeling=ANGRY)
    await history.change_to("kettle")
    assert history.counts() | {"mentions": 1, "negative": 1, "confident_negative": 1, "authors": 1} == history.counts()


async def test_words_that_were_deleted_leave_their_count_where_it_was(database, now):
    history = History(database, now)
    gone = history.said("an old kettle", hours_ago=3, matched=True)
    (mention,) = database.read_now(mentions.get, [gone])
    database.write_now(mentions.remove, [mention.key], now)
    await history.change_to("new kettle")
    assert (history.of_topic(), history.counts()["mentions"]) == ([gone], 1)


async def test_what_a_person_called_irrelevant_stays_out(database, now):
    history = History(database, now)
    told = history.said("a new kettle", hours_ago=3)
    database.write_now(labels.add, now, "lan", "irrelevant", mention_id=told)
    await history.change_to("kettle")
    assert (history.of_topic(), history.counts()["mentions"]) == ([], 0)


async def test_what_a_person_called_relevant_is_surely_in(database, now):
    history = History(database, now)
    told = history.said("am kettle", hours_ago=3)
    database.write_now(labels.add, now, "lan", "relevant", mention_id=told)
    await history.change_to("kettle", weak=True)
    (match,) = database.read_now(enrichments.get, [told])[told].topics
    assert not match.weak


async def test_imported_history_trains_nothing_by_itself_and_is_found_all_the_same(database, now):
    history = History(database, now)
    old = history.said("a kettle", hours_ago=3, arrival="backfill")
    await history.change_to("kettle")
    assert database.read_now(enrichments.get, [old])[old].topics
    assert history.counts()["mentions"] == 0


async def test_the_detectors_learn_from_all_of_it_once_it_is_counted(database, now):
    history = History(database, now)
    history.said("a kettle", hours_ago=3)
    await history.change_to("kettle")
    (watch,) = database.write_now(watches.claim, ["acme"], now, now + HOUR, 1)
    assert (watch.counted_from, database.read_now(watches.states, "acme")) == (None, {})


async def test_a_process_that_lost_its_claim_counts_nothing(database, now):
    history = History(database, now)
    history.said("a kettle", hours_ago=3)
    database.write_now(recounts.begin, {"acme": "2"}, now)

    class Slow(Query):
        def enrich(self, texts: Sequence[Heard]) -> list[Understood]:
            database.write_now(recounts.begin, {"acme": "3"}, now)  # the query changes again while it reads
            return super().enrich(texts)

    recounter = Recounter(history.store, ["acme"], reader_for=lambda _: Reader(Slow("kettle"), {}, {}, Registry()))
    await recounter.step(now)
    assert (history.of_topic(), history.counts()["mentions"]) == ([], 0)


async def test_with_nothing_to_count_it_looks_again_in_an_hour(database, now):
    history = History(database, now)
    recounter = Recounter(history.store, ["acme"], reader_for=lambda _: Reader(Query("x"), {}, {}, Registry()))
    assert await recounter.step(now) == now + LOOK_EVERY
