"""The life of an incident, as the people see it who have it in hand."""

from __future__ import annotations

import threading
from datetime import timedelta

from alerting.events import Acknowledged, Noted, Resolved, SeveritySet
from core.records import Enrichment, Sentiment, TopicMatch
from store import enrichments, evidence, incidents, mentions, notifications
from tests import make
from tests.alerting.conftest import Stage
from tests.alerting.desk import Desk

FIRE = "Acme kettle caught fire and burned my son"
ANGRY = "Acme is so bad, terrible, I hate it"
PLACES = {
    "sources": [
        {"id": "forum", "kind": "rss", "url": "https://forum.example/feed", "tier": "forum"},
        {"id": "paper", "kind": "rss", "url": "https://paper.example/feed", "tier": "press"},
        {"id": "beat", "kind": "rss", "url": "https://beat.example/feed", "tier": "page"},
    ]
}


async def test_a_critical_incident_without_an_update_asks_its_owner_and_then_calls_the_others(build_house):
    house = build_house(alerting={**make.config()["alerting"], "update_within": {"critical": "30m"}})
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    await house.forward(minutes=28)
    await house.phone("ana").expect_nothing()
    await house.forward(minutes=2)
    await house.phone("ana").expect("without an update for 30 minutes")
    await house.respond(Noted(by="ana", text="called the factory"))
    await house.forward(minutes=28)
    await house.phone("ana").expect_nothing()
    await house.forward(minutes=2)
    await house.phone("ana").expect("without an update")
    await house.forward(minutes=4)
    await house.phone("ana").expect("said nothing")
    await house.forward(minutes=5)
    await house.phone("ben").expect("Acme")
    assert house.incident.status == "open"
    await house.acknowledge("ben")
    await house.phone("ana").expect("Ben")


async def test_an_acknowledged_incident_from_months_ago_wakes_nobody(database):
    """Grafana OnCall #3111, from the first page to the sixtieth day."""
    desk = Desk(database)
    await desk.hear(make.signal())
    await desk.respond(Acknowledged(by="ana", via="link"))
    await desk.respond(Noted(by="ana", text="the shop is closed"))
    desk.now += timedelta(days=60)
    before = {person: len(phone.got) for person, phone in desk.phones.items()}
    await desk.forward(minutes=1)
    await desk.forward(hours=5)
    assert {person: len(phone.got) for person, phone in desk.phones.items()} == before
    assert (desk.incident.status, desk.incident.next_step_at) == ("acknowledged", None)


async def test_a_cool_down_of_a_major_never_hides_a_critical(database):
    """worldmonitor #516: a HIGH alert's cool-down swallowed the CRITICAL one a minute later."""
    desk = Desk(database)
    await desk.hear(make.signal(risk="fraud", frozen={"level": 1}, evidence=()))
    await desk.respond(SeveritySet(by="ana", severity="major", because="it spreads"))
    await desk.respond(SeveritySet(by="ben", severity="critical", because="a child was hurt"))
    await desk.respond(SeveritySet(by="ben", severity="major", because="it was not"))
    await desk.respond(SeveritySet(by="ana", severity="critical", because="it was"))  # within the cool-down: once is enough
    pages = [one for one in desk.notifications if one.kind == "page"]
    severities = [entry.words.args["new"] for entry in desk.timeline() if entry.kind == "severity_changed"]
    assert severities == ["major", "critical", "major", "critical"]
    assert [one.person for one in pages] == ["ana"] * 3  # when it opened, for major, for critical


def test_ten_thousand_signals_of_one_story_are_one_page():
    stage = Stage()
    stage.do(stage.signal("major"))
    for _ in range(10_000):
        stage.do(stage.signal("major", repeated=True), minutes=0.001)
    assert [one.kind for one in (*stage.planned, *stage.cancelled)] == ["page"]
    assert stage.kinds().count("signal") == 1


async def test_a_hundred_hands_at_once_are_one_acknowledgement(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    answers: list[str] = []
    go = threading.Barrier(20)

    def take(number: int) -> None:
        go.wait()
        for turn in range(5):
            person = ("ana", "ben")[(number + turn) % 2]
            answers.append(desk.database.write_now(desk.respond_now, 1, Acknowledged(by=person, via="link")).answer.key)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 100
    assert answers.count("answer.taken") == 1
    assert desk.kinds().count("acknowledged") == 1
    assert {one.state for one in desk.notifications if one.kind == "page"} == {"cancelled"}


async def test_the_press_makes_it_an_outbreak_and_big_pages_spread_it(build_house):
    house = build_house(listener=PLACES)
    await house.say(ANGRY, times=20, within=timedelta(minutes=8))
    await house.phone("ana").expect("Acme")
    assert house.incident.stage == "smouldering"
    await house.acknowledge("ana")
    await house.say(ANGRY, source="paper")
    await house.forward(minutes=5)
    assert house.incident.stage == "outbreak"
    await house.say(ANGRY, source="beat")
    await house.forward(minutes=5)
    assert house.incident.stage == "spread"
    turns = [entry.words.args["because"]["key"] for entry in house.timeline() if entry.kind == "stage_changed"]
    assert turns == ["stage_because.press_joined", "stage_because.pages_carry"]


async def test_an_incident_freezes_the_heaviest_posts_beside_those_that_decided(house):
    await house.say("Acme kettle is fine", times=3)
    await house.say("Acme is terrible, never again", reach=90_000)
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    database = house.simulation.store.database
    frozen = [piece.mention_id for piece in database.read_now(evidence.of_incident, house.incident.id)]
    first, second = database.read_now(mentions.get, frozen[:2])
    assert first.text == FIRE
    assert second.reach == 90_000
    assert all(piece.data["followers"] is None for piece in database.read_now(evidence.pieces, house.incident.id, 50))


async def test_a_mean_of_sentiment_pages_nobody(database):
    """Ten who are a little cross, and three who are furious among ten, have the same mean; only the furious are counted."""

    def heard(tx, topic: str, negatives: list[float]) -> int:
        posts = [make.mention(f"{topic} {number}") for number in range(len(negatives))]
        ids = mentions.add(tx, posts).new
        for number, negative in zip(ids, negatives, strict=True):
            sentiment = Sentiment(negative=negative, neutral=1 - negative, positive=0.0, confident=True)
            match = TopicMatch(topic_id=topic, version="1", terms=("acme",))
            found = Enrichment(mention_id=number, language="en", topics=(match,), sentiment=sentiment)
            enrichments.save(tx, found, counts_at=make.NOON, story_id=None)
        return mentions.told_in(tx, topic, make.NOON - timedelta(minutes=1), make.NOON + timedelta(minutes=1)).negative

    cross, furious = [0.34] * 10, [1.0] * 3 + [0.4 / 7] * 7
    assert abs(sum(cross) - sum(furious)) < 1e-9
    assert database.write_now(heard, "cross", cross) == 0
    assert database.write_now(heard, "furious", furious) == 3


async def test_closing_as_a_false_alarm_needs_a_reason_and_teaches(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    await desk.respond(Resolved(by="ana", reason="campaign"))
    await desk.hear(make.signal(at=make.NOON + timedelta(minutes=5), subject="topic:acme/again"))
    assert desk.incident.status == "resolved"  # the same again stays closed
    rows = desk.database.read_now(lambda tx: tx.exec_driver_sql("SELECT label, reason FROM labels").all())
    assert [tuple(row) for row in rows] == [("false", "campaign")]
    assert desk.database.read_now(incidents.get, 1).close_reason == "campaign"
    assert [one.kind for one in desk.database.read_now(notifications.of_incident, 1)].count("page") == 1
