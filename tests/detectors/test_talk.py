"""How detectors of talk are shown a conversation and asked, by themselves and by the Watcher."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.records import Enrichment, Sentiment, TopicMatch, Words
from detectors.base import Finding
from detectors.talk import Said, Talk, Topic, ask
from detectors.watch import AT_LEAST_EVERY, Watched, Watcher
from store import enrichments, mentions, signals, watches
from tests import make

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CALM = Sentiment(negative=0.1, neutral=0.8, positive=0.1, confident=True)


class Shouts:
    """Finds whoever shouted within the hour, once each."""

    version = "1"
    window = HOUR

    def __init__(self) -> None:
        self.shown: list[Talk] = []

    def hear(self, talk: Talk) -> list[Finding]:
        self.shown.append(talk)
        told = {one.about for one in talk.told}
        return [self._finding(one, talk.end) for one in talk.said if one.text.isupper() and one.who not in told]

    def rejudge(self, frozen: Any) -> float:
        return 0.6

    def _finding(self, said: Said, end: datetime) -> Finding:
        words, counted = Words(key="signal.volume_spike"), {"mentions": 1, "stories": 1, "authors": 1}
        span = {"bucket_start": end - MINUTE, "window_start": end - HOUR, "window_end": end, "scale_s": 3600}
        more = {"evidence": (said.mention_id,), "frozen": {"counted": counted}, "about": said.who}
        return Finding(kind="shouts", **span, observed=1.0, expected=None, low=None, high=None, score=0.6, words=words, **more)


class Waits(Shouts):
    """Wants to be asked again a quarter of an hour after whatever was said last."""

    def ask_again_at(self, talk: Talk) -> datetime | None:
        return talk.said[-1].at + 15 * MINUTE if talk.said else None


@pytest.fixture
def detector() -> Shouts:
    return Shouts()


@pytest.fixture
def watcher(database, now, detector) -> Watcher:
    database.write_now(watches.ensure, {"acme": "1"}, now)
    watched = {"acme": Watched(id="acme", name="Acme", zone="Asia/Ho_Chi_Minh", kind="person")}
    tiers = {"forum": "forum"}
    return Watcher(make.store(database), watched, {}, lateness=2 * HOUR, generation=3, talk={"shouts": detector}, tiers=tiers)


def say(tx, text: str, at: datetime) -> None:
    mention = make.mention(text, at=at, author="an")
    (mention_id,) = mentions.add(tx, [mention]).new
    match = TopicMatch(topic_id="acme", version="1", terms=())
    enrichments.save(tx, Enrichment(mention_id=mention_id, language="vi", topics=(match,), sentiment=CALM), counts_at=at, story_id=None)
    watches.changed(tx, ["acme"], at + MINUTE)


def raised(database) -> list[Any]:
    return database.read_now(signals.get, database.read_now(signals.to_take, 100))


async def test_what_is_said_raises_a_signal_that_shows_who_said_it(database, now, watcher, detector):
    database.write_now(say, "SẬP RỒI", now)
    await watcher.step(now + MINUTE)
    (signal,) = raised(database)
    assert (signal.kind, signal.subject, signal.bucket_start, signal.generation) == ("shouts", "topic:acme#forum/an", now, 3)
    assert (len(signal.evidence), signal.frozen["counted"]["authors"], signal.frozen["about"]) == (1, 1, "forum/an")
    assert signal.words.args["topic"] == "Acme"
    talk = detector.shown[0]
    assert (talk.topic.kind, talk.tier_of(talk.said[0]), talk.end) == ("person", "forum", now + MINUTE)


async def test_what_was_told_is_shown_and_not_told_again(database, now, watcher, detector):
    database.write_now(say, "SẬP RỒI", now)
    await watcher.step(now + MINUTE)
    database.write_now(say, "vẫn sập", now + 10 * MINUTE)
    await watcher.step(now + 11 * MINUTE)
    assert len(raised(database)) == 1
    assert [(one.about, one.at, one.observed) for one in detector.shown[-1].told] == [("forum/an", now, 1.0)]


async def test_a_silence_speaks_to_those_who_wait_for_it(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    waits = Waits()
    watched = {"acme": Watched(id="acme", name="Acme", zone="UTC")}
    watcher = Watcher(make.store(database), watched, {}, lateness=2 * HOUR, generation=3, talk={"waits": waits})
    database.write_now(say, "có ai không", now)
    await watcher.step(now + MINUTE)
    assert database.read_now(watches.next_due, ["acme"]) == now + 15 * MINUTE
    await watcher.step(now + 20 * MINUTE)
    assert database.read_now(watches.next_due, ["acme"]) == now + 21 * MINUTE, "in the past it would be asked without end"


async def test_nothing_is_read_where_nobody_follows_what_is_said(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    watcher = Watcher(make.store(database), {"acme": Watched(id="acme", name="Acme", zone="UTC")}, {}, lateness=2 * HOUR, generation=3)
    database.write_now(say, "SẬP RỒI", now)
    await watcher.step(now + MINUTE)
    assert raised(database) == []
    assert database.read_now(watches.next_due, ["acme"]) == now + MINUTE + AT_LEAST_EVERY


async def test_what_was_said_before_is_looked_up_where_something_is_found(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    compares = Shouts()
    compares.past = 24 * HOUR
    watched = {"acme": Watched(id="acme", name="Acme", zone="UTC")}
    watcher = Watcher(make.store(database), watched, {}, lateness=2 * HOUR, generation=3, talk={"shouts": compares})
    for hours in (30, 20, 0):
        database.write_now(say, "còn hàng không", now - hours * HOUR)
    await watcher.step(now + MINUTE)
    assert [talk.before for talk in compares.shown] == [None]
    database.write_now(say, "SẬP RỒI", now + MINUTE)
    await watcher.step(now + 2 * MINUTE)
    assert [one.at for one in compares.shown[-1].before] == [now - 20 * HOUR]


def test_each_detector_is_shown_its_own_window_and_what_it_told_itself(now):
    short, long = Shouts(), Shouts()
    short.window = 10 * MINUTE
    said = tuple(Said(mention_id=minutes, at=now - minutes * MINUTE, seen_at=now, source_id="forum") for minutes in (50, 5))
    ask({"short": short, "long": long}, Talk(topic=Topic(id="acme"), end=now, said=said), [make.signal(kind="long")])
    assert [len(one.shown[0].said) for one in (short, long)] == [1, 2]
    assert [len(one.shown[0].told) for one in (short, long)] == [0, 1]
