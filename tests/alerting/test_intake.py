"""The Intake on both databases: signals become incidents, and nothing is lost on the way."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy.exc import OperationalError

from alerting.events import Resolved
from core.records import Enrichment, Sentiment, TopicMatch, Words
from core.silences import Silence
from store import dead_letters, enrichments, evidence, mentions, signals, silences, steps
from tests import make
from tests.alerting.desk import Desk

BEFORE_ALL_TIME = datetime(1, 1, 1, tzinfo=UTC)  # no window lies before it: a signal that no Intake can take


@pytest.fixture
def desk(database):
    return Desk(database)


def stored(desk, *said, topic="acme"):
    """Mentions that were heard, understood as surely negative, and are about the topic."""

    def work(tx):
        added = mentions.add(tx, said)
        sentiment = Sentiment(negative=0.9, neutral=0.05, positive=0.05, confident=True)
        topics = (TopicMatch(topic_id=topic, version="1", terms=("acme",)),)
        for mention_id, mention in zip(added.new, said, strict=True):
            understood = Enrichment(mention_id=mention_id, language="en", topics=topics, sentiment=sentiment)
            enrichments.save(tx, understood, counts_at=mention.at, story_id=None)
        return added.new

    return desk.database.write_now(work)


async def test_signals_of_one_crisis_fold_into_one_incident(desk):
    found = [make.signal(at=make.NOON + timedelta(minutes=minute)) for minute in range(20)]
    found += [make.signal(kind="volume_spike", risk=None, frozen={}), make.signal(kind="negative_surge", risk=None, frozen={})]
    await desk.hear(*found)
    assert len(desk.incidents) == 1
    assert len(desk.database.read_now(signals.of_incident, desk.incident.id)) == 22
    assert [one.person for one in desk.notifications] == ["ana"]


async def test_another_cause_is_an_incident_of_its_own(desk):
    await desk.hear(make.signal(), make.signal(risk="outage", subject="topic:acme/outage"))
    assert sorted(incident.key for incident in desk.incidents) == ["topic:acme|harm|-", "topic:acme|outage|-"]


async def test_what_was_found_twice_is_told_once(desk):
    await desk.hear(make.signal())
    await desk.hear(make.signal())
    assert desk.kinds().count("signal") == 1


async def test_a_poison_signal_is_dead_lettered_and_the_others_come_through(desk):
    poison = make.signal(at=BEFORE_ALL_TIME, scale_s=900)
    await desk.hear(poison, make.signal())
    assert desk.incident.severity == "major"
    (letter,) = desk.database.read_now(dead_letters.listing)
    assert letter.stage == "intake"
    assert "OverflowError" in letter.error
    assert desk.database.read_now(signals.to_take, 10) == []


async def test_a_database_that_is_away_is_no_fault_of_the_signals(desk, monkeypatch):
    async def away(*_args, **_kwargs):
        raise OperationalError("UPDATE", {}, OSError("the disk is full"))

    desk.database.write_now(signals.add, [make.signal()])
    with monkeypatch.context() as full:
        full.setattr(desk.database, "write", away)
        for _ in range(5):
            with pytest.raises(OperationalError):
                await desk.intake.step(desk.now)
    await desk.hear()
    assert desk.database.read_now(dead_letters.listing) == []
    assert len(desk.incidents) == 1


async def test_a_dead_letter_that_was_handed_back_is_tried_again(desk):
    await desk.hear(make.signal(at=BEFORE_ALL_TIME, scale_s=900))
    (letter,) = desk.database.read_now(dead_letters.listing)
    assert desk.database.write_now(dead_letters.replay, letter.id, desk.now)
    await desk.hear()
    assert len(desk.database.read_now(dead_letters.listing)) == 2


async def test_what_was_never_announced_is_found_by_the_sweep(desk):
    desk.database.write_now(signals.add, [make.signal()])  # committed, and then the process died
    due = await desk.intake.step(desk.now)
    assert due == desk.now, "it found something, so it looks again at once"
    assert desk.incident.is_open
    assert await desk.intake.step(desk.now) == desk.now + timedelta(seconds=30)


async def test_facts_that_are_not_known_stay_unknown(desk):
    await desk.hear(make.signal())
    factors = {factor.name: factor for factor in desk.incident.factors}
    for name in ("volume", "negative", "authors", "reach", "tier"):
        assert factors[name].value is None, name
        assert factors[name].speaks_for is None, name
    assert factors["harm"].speaks_for == "critical"


async def test_facts_that_are_known_speak(desk):
    said = [make.mention(author=f"u{number}", reach=20_000, source="paper") for number in range(4)]
    ids = stored(desk, *said)
    await desk.hear(make.signal(kind="volume_spike", risk=None, frozen={}, observed=24.0, expected=2.0, evidence=tuple(ids)))
    values = {factor.name: factor.value for factor in desk.incident.factors}
    assert values == {"volume": 12.0, "negative": 1.0, "authors": 4, "reach": 80_000, "tier": "press", "risk": None}


async def test_evidence_is_frozen_with_a_digest_the_deciding_mention_first(desk):
    first, second = stored(desk, make.mention("Acme kettle burns"), make.mention("Acme kettle smokes"))
    await desk.hear(make.signal(evidence=(second, first)))
    pieces = desk.database.read_now(evidence.of_incident, desk.incident.id)
    assert [piece.mention_id for piece in pieces] == [second, first]
    assert all(len(piece.digest) == 64 for piece in pieces)
    assert len({piece.digest for piece in pieces}) == 2


async def test_evidence_stays_as_it_was_when_the_post_is_edited(desk):
    said = make.mention("Acme kettle burns")
    (mention_id,) = stored(desk, said)
    await desk.hear(make.signal(evidence=(mention_id,)))
    before = desk.database.read_now(evidence.of_incident, desk.incident.id)
    desk.database.write_now(mentions.add, [replace(said, text="never mind")])
    await desk.hear(make.signal(at=make.NOON + timedelta(minutes=1), evidence=(mention_id,)))
    assert desk.database.read_now(evidence.of_incident, desk.incident.id) == before


async def test_the_steps_of_the_playbook_are_laid_out_once(desk):
    await desk.hear(make.signal())
    assert desk.incident.playbook_id == "product-recall"
    laid = desk.database.read_now(steps.of_incident, desk.incident.id)
    assert laid
    assert laid[0].due_at >= desk.incident.opened_at
    await desk.hear(make.signal(at=make.NOON + timedelta(minutes=1)))
    assert desk.database.read_now(steps.of_incident, desk.incident.id) == laid


async def test_a_silenced_signal_opens_and_pages_nobody(desk):
    muted = Silence(matches={"topic": "acme"}, starts_at=desk.now, ends_at=desk.now + timedelta(hours=1), by="ana", comment="our campaign")
    desk.database.write_now(silences.add, muted)
    await desk.hear(make.signal())
    assert desk.notifications == []
    assert "silenced" in desk.kinds()


@pytest.mark.parametrize(("hours", "expected"), [(5, 1), (7, 2)])
async def test_a_signal_within_the_reopen_window_is_a_flare_up(desk, hours, expected):
    await desk.hear(make.signal())
    await desk.respond(Resolved(by="ana", reason="fixed"))
    desk.now += timedelta(hours=hours)
    await desk.hear(make.signal(at=desk.now))
    assert len(desk.incidents) == expected
    assert desk.incidents[-1].is_open


async def test_an_incident_carries_the_newest_generation_it_heard_of(desk):
    await desk.hear(make.signal(generation=1))
    await desk.hear(make.signal(at=make.NOON + timedelta(minutes=1), generation=3))
    assert desk.incident.generation == 3


async def test_a_signal_about_a_source_has_no_topic_and_still_opens(desk):
    words = Words(key="signal.volume_spike", args={"topic": "forum", "observed": 1, "scale": 60, "expected": 1})
    await desk.hear(make.signal(topic=None, subject="source:forum", kind="source_lost", risk=None, frozen={}, words=words))
    assert desk.incident.key == "source:forum|source_lost|-"
