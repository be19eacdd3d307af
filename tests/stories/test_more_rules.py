"""Rules 4, 5 and 10 to 14 as stories; the others stand in test_rules.py."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from alerting.events import Acknowledged, Noted, Resolved
from alerting.incident import decide
from alerting.save import save
from console.assemble import assemble
from console.config import parse
from console.drill import perform
from console.replay import replay
from console.web.door import local_names, may_enter
from console.web.routes import ROUTES
from core.errors import StaleVersion
from core.messages import translator
from playbooks.drill import load_drill
from store import audit, evidence, incidents, notifications, schema
from store.database import Database
from tests import make
from tests.alerting.desk import Desk

FIRE = "Acme kettle caught fire and burned my son"


def dump(tx, *, without=()):
    """Every row of every table, as text."""
    tables = [table for table in schema.metadata.sorted_tables if table.name not in without]
    return "\n".join(f"{table.name} {tuple(row)!r}" for table in tables for row in tx.execute(sa.select(table)))


async def test_rule_4_an_acknowledgement_that_races_an_escalation_is_not_lost(database, database_url):
    """A hundred people press at the moment the next step falls due, through two processes: one of them has it, all of them are answered."""
    one = Desk(database)
    await one.hear(make.signal())
    await one.forward()
    second = Database(database_url)
    other = Desk(second)
    one.now = other.now = make.NOON + timedelta(minutes=15)
    presses = [desk.respond(Acknowledged(by=person, via="link")) for desk in (one, other) for person in ("ana", "ben") for _ in range(25)]
    presses.insert(50, one.dispatcher.step(one.now))
    answers = [answer.answer.key for answer in await asyncio.gather(*presses) if hasattr(answer, "answer")]
    assert len(answers) == 100
    assert answers.count("answer.taken") == 1
    assert set(answers) <= {"answer.taken", "answer.already_taken", "answer.yours"}
    assert one.kinds().count("acknowledged") == 1
    assert one.incident.status == "acknowledged"
    assert one.incident.next_step_at is None
    assert database.read_now(audit.first_broken) is None
    second.close()


async def test_rule_5_the_same_decision_saved_twice_plans_once(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    before = desk.incident
    decision = decide(before, Acknowledged(by="ben", via="command"), desk.now, database.read_now(desk.roster))
    database.write_now(save, before, decision)
    planned = [(one.key, one.state) for one in desk.notifications]
    with pytest.raises(StaleVersion):
        database.write_now(save, before, decision)
    again = [replace(one, incident_id=1, link_id=f"again-{at}") for at, one in enumerate(decision.notifications)]
    assert database.write_now(notifications.plan, again) == []
    assert [(one.key, one.state) for one in desk.notifications] == planned


async def test_rule_5_the_same_event_decided_by_two_has_the_same_keys(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    roster = database.read_now(desk.roster)
    first, second = (decide(desk.incident, Resolved(by="ben", reason="fixed"), desk.now, roster) for _ in range(2))
    assert first == second
    assert [one.key for one in first.notifications]


async def a_crisis(house, text=FIRE, **who):
    await house.say(text, **who)
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    await house.respond(Resolved(by="ana", reason="recall announced"))
    await house.settle()


async def test_rule_10_what_is_stored_is_words_that_each_reader_reads_in_their_language(house):
    await a_crisis(house)
    stored = house.simulation.store.database.read_now(dump)
    read = {language: [translator(language).render(entry.words) for entry in house.timeline()] for language in ("vi", "en")}
    for vietnamese, english in zip(read["vi"], read["en"], strict=True):
        assert vietnamese != english
        for sentence in (vietnamese, english):
            assert "timeline." not in sentence, "there are words for it"
            assert sentence not in stored, "no sentence is stored"


async def test_rule_11_a_drill_and_a_replay_leave_the_live_database_untouched(house):
    await a_crisis(house)
    database = house.simulation.store.database
    before = database.read_now(dump)
    drill = load_drill("recall")
    short = drill.model_copy(
        update={
            "background": drill.background.model_copy(update={"length": timedelta(hours=1)}),
            "injects": drill.injects[:1],
            "expected": drill.expected[:1],
        }
    )
    config = parse(make.config(store={"database": str(database.engine.url)}))
    recorded = [make.mention(FIRE, at=make.NOON + timedelta(minutes=minute), native_id=f"r{minute}") for minute in range(3)]
    played, replayed = await perform(short), await replay(config, recorded)
    assert played.incident.world == "drill"
    assert len(replayed.incidents) == 1
    assert replayed == await replay(config, recorded), "the same again"
    assert database.read_now(dump) == before


SECRET_LIFE = "Acme kettle caught fire at 12 Hidden Lane, call me on 0901 234 567"
ERASABLE = ("mention_texts", "mention_payloads", "revisions", "authors")


def erased(tx, mention_id, now):
    """What erasure takes away: the text, its revisions, the author."""
    author = sa.select(schema.mentions.c.author_id).where(schema.mentions.c.id == mention_id).scalar_subquery()
    forgotten = {"key": "erased:1", "handle": None, "name": None, "followers": None, "erased_at": now}
    tx.execute(sa.update(schema.authors).where(schema.authors.c.id == author).values(**forgotten))
    for table in (schema.mention_texts, schema.mention_payloads, schema.revisions):
        tx.execute(sa.delete(table).where(table.c.mention_id == mention_id))


async def test_rule_12_text_and_authors_stand_in_erasable_tables_alone(house):
    await a_crisis(house, SECRET_LIFE, author="hidden-person", url="https://forum.example/hidden-thread")
    database = house.simulation.store.database
    kept = database.read_now(dump, without=ERASABLE)
    for trace in ("Hidden Lane", "0901", "hidden-person", "hidden-thread", SECRET_LIFE):
        assert trace not in kept, trace
        assert trace in database.read_now(dump), trace


async def test_rule_12_erasing_leaves_counts_digests_and_an_unbroken_audit_chain(house):
    await a_crisis(house, SECRET_LIFE, author="hidden-person")
    database = house.simulation.store.database
    (piece,) = database.read_now(evidence.of_incident, 1)
    counts = database.read_now(lambda tx: tx.execute(sa.select(schema.buckets).order_by(schema.buckets.c.width)).all())
    timeline = house.timeline()
    database.write_now(erased, piece.mention_id, house.now)
    left = database.read_now(dump)
    for trace in ("Hidden Lane", "0901", "hidden-person"):
        assert trace not in left, trace
    assert database.read_now(evidence.of_incident, 1) == [piece]
    assert database.read_now(lambda tx: tx.execute(sa.select(schema.buckets).order_by(schema.buckets.c.width)).all()) == counts
    assert house.timeline() == timeline
    assert database.read_now(audit.first_broken) is None
    await house.respond(Noted(by="ana", text="erased on request"))
    assert database.read_now(audit.first_broken) is None


async def test_rule_13_signals_and_notifications_carry_the_generation_that_decided_them(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    simulation = house.simulation
    before = simulation.monitor
    simulation.monitor = assemble(  # taken up between two steps, as a whole
        parse(make.config(name="Acme, renamed")),
        simulation.store,
        simulation.clock,
        simulation.http,
        roles=("detectors", "alerting"),
        notifier_for=before.notifier_for,
        virtual=True,
    )
    assert simulation.monitor.generation == before.generation + 1
    await house.forward(minutes=5)
    await house.say("Acme kettle exploded, a child was burned")
    await house.phone("ben").expect("Acme")
    generations = simulation.store.database.read_now(
        lambda tx: tx.execute(sa.select(schema.signals.c.generation).order_by(schema.signals.c.id)).scalars().all()
    )
    await house.acknowledge("ben")
    await house.phone("ana").expect("update")
    assert generations[0] == before.generation
    assert generations[-1] == simulation.monitor.generation
    sent = simulation.store.database.read_now(notifications.of_incident, 1)
    assert (sent[0].generation, sent[-1].generation) == (before.generation, simulation.monitor.generation)


async def test_rule_13_a_running_escalation_keeps_the_policy_it_began_with(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    simulation = house.simulation
    values = make.config()
    values["alerting"]["policies"][0]["steps"] = [{"notify": ["ana"], "after": "0m"}]
    simulation.monitor = assemble(
        parse(values),
        simulation.store,
        simulation.clock,
        simulation.http,
        roles=("detectors", "alerting"),
        notifier_for=simulation.monitor.notifier_for,
        virtual=True,
    )
    await house.forward(minutes=5)
    await house.phone("ben").expect("Acme")
    assert simulation.store.database.read_now(incidents.get, 1).policy["id"] == "default"


def test_rule_14_the_console_is_for_loopback_and_its_own_names_alone():
    """The door in whole: tests/console/web/test_door.py and test_routes.py."""
    names = local_names("127.0.0.1:8765")
    assert may_enter("local", "127.0.0.1", {"Host": "127.0.0.1:8765"}, names)
    assert not may_enter("local", "192.0.2.7", {"Host": "127.0.0.1:8765"}, names)
    assert not may_enter("local", "127.0.0.1", {"Host": "tocsin.evil.example"}, names)
    assert not may_enter("local", "127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "192.0.2.7"}, names)


def test_rule_14_get_changes_nothing_and_every_change_brings_a_proof():
    for route in ROUTES:
        assert (route.proof == "none") == (route.method == "GET"), route.path
        assert route.who == "local" or "token" in route.path or route.proof == "signature" or route.method == "GET", route.path
