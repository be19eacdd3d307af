"""What people do, through the one door, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting import respond
from alerting.events import Acknowledged, EscalationDue, Noted, Reopened, Resolved, SeveritySet
from core.errors import NotFound, Refused
from playbooks.drill import load_drill
from store import audit, schema, steps
from tests import make
from tests.alerting.desk import LIBRARY, Desk


@pytest.fixture
async def desk(database):
    """Ana was called for a recall."""
    built = Desk(database)
    await built.hear(make.signal())
    await built.forward()
    return built


def rows(desk, table):
    return desk.database.read_now(lambda tx: [row._asdict() for row in tx.execute(sa.select(table).order_by(table.c.id))])


def page(desk):
    """The link and a fresh nonce, as the page behind the link holds them."""
    message = desk.phone("ana").got[0]
    link = desk.notifications[0].link_id
    return message.link.rpartition("/")[2], desk.signer.nonce(link, desk.now)


def press(desk, token, nonce):
    return desk.database.write_now(lambda tx: respond.acknowledge_by_link(tx, desk.signer, token, nonce, desk.now, desk.roster(tx)))


async def test_who_takes_it_reads_so_and_the_second_reads_who_has_it(desk):
    assert (await desk.respond(Acknowledged(by="ana", via="command"))).answer.key == "answer.taken"
    second = await desk.respond(Acknowledged(by="ben", via="command"))
    assert second.answer.key == "answer.already_taken"
    assert second.answer.args["person"] == "Ana"
    assert second.incident.acknowledged_by == "ana"


async def test_what_does_not_exist_is_told_in_one_line(desk):
    with pytest.raises(NotFound, match="^there is no incident 99$"):
        await desk.respond(Noted(by="ana", text="?"), 99)


async def test_only_the_program_raises_signals_and_lets_steps_fall_due(desk):
    with pytest.raises(Refused, match="only the program"):
        await desk.respond(EscalationDue())


async def test_everything_people_do_stands_in_the_audit_chain(desk):
    await desk.respond(Acknowledged(by="ana", via="command"))
    await desk.respond(Noted(by="ana", text="called the factory"))
    await desk.respond(Resolved(by="ana", reason="fixed"))
    lines = rows(desk, schema.audit)
    assert [(line["actor"], line["channel"], line["action"], line["subject"]) for line in lines] == [
        ("ana", "cli", "acknowledged", "incident:1"),
        ("ana", "cli", "noted", "incident:1"),
        ("ana", "cli", "resolved", "incident:1"),
    ]
    assert "factory" not in str(lines)
    assert desk.database.read_now(audit.first_broken) is None


async def test_a_line_of_the_audit_chain_that_was_changed_is_found(desk):
    await desk.respond(Acknowledged(by="ana", via="command"))
    await desk.respond(Noted(by="ana", text="-"))
    desk.database.write_now(lambda tx: tx.execute(sa.update(schema.audit).where(schema.audit.c.id == 1).values(actor="ben")))
    assert desk.database.read_now(audit.first_broken) == 1


@pytest.mark.parametrize(("reason", "label"), [("false_alarm", "false"), ("campaign", "false"), ("old_news", "false"), ("fixed", "real")])
async def test_why_it_was_closed_becomes_a_label(desk, reason, label):
    await desk.respond(Resolved(by="ana", reason=reason))
    (kept,) = rows(desk, schema.labels)
    assert (kept["by"], kept["incident_id"], kept["label"], kept["reason"]) == ("ana", 1, label, reason)


@pytest.mark.parametrize("reason", ["false_alarm", "fixed"])
async def test_closing_what_is_closed_labels_nothing_twice(desk, reason):
    await desk.respond(Resolved(by="ana", reason="fixed"))
    assert (await desk.respond(Resolved(by="ben", reason=reason))).answer.key == "answer.already_resolved"
    assert [kept["by"] for kept in rows(desk, schema.labels)] == ["ana"]


async def test_a_digest_incident_that_a_person_raises_pages(database):
    routes = [{"match": {"severity": ["critical"]}, "policy": "default"}, {"digest": "daily"}]
    desk = Desk(database, routes=routes)
    await desk.hear(make.signal())
    await desk.forward()
    assert desk.notifications == []
    await desk.respond(SeveritySet(by="ben", severity="critical", because="a child was hurt"))
    await desk.forward()
    assert [message.severity for message in desk.phone("ana").got] == ["critical"]
    assert desk.incident.policy["id"] == "default"


async def test_a_person_who_calms_it_pages_nobody(desk):
    before = len(desk.notifications)
    await desk.respond(SeveritySet(by="ben", severity="watch", because="a joke"))
    assert desk.incident.severity == "watch"
    assert len(desk.notifications) == before


async def test_a_step_is_ticked_and_taken_back(desk):
    step = desk.database.read_now(steps.of_incident, 1)[0].step_id
    await desk.respond(respond.ticked("ana", step, LIBRARY.get("product-recall")))
    ticked = next(each for each in desk.database.read_now(steps.of_incident, 1) if each.step_id == step)
    assert (ticked.done_by, ticked.done_at) == ("ana", desk.now)
    entry = desk.timeline()[-1]
    assert entry.kind == "step_ticked"
    assert set(entry.words.args["step"]) == {"vi", "en"}, "each reader gets their own words"
    await desk.respond(respond.ticked("ana", step, None, done=False))
    assert next(each for each in desk.database.read_now(steps.of_incident, 1) if each.step_id == step).done_at is None


async def test_a_step_that_does_not_exist_is_refused_with_those_that_do(desk):
    with pytest.raises(NotFound, match="has no step 'dance'; it has: .+"):
        await desk.respond(respond.ticked("ana", "dance", None))
    assert "step_ticked" not in desk.kinds()


async def test_the_button_behind_a_link_takes_the_incident(desk):
    token, nonce = page(desk)
    assert press(desk, token, nonce).answer.key == "answer.taken"
    assert desk.incident.acknowledged_by == "ana"
    (line,) = rows(desk, schema.audit)
    assert (line["actor"], line["channel"], line["action"]) == ("ana", "link", "acknowledged")


async def test_opening_a_link_changes_nothing(desk):
    token, _ = page(desk)
    before = desk.incident
    for _ in range(3):
        notification, incident = desk.database.read_now(respond.open_link, desk.signer, token, desk.now)
    assert (notification.person, incident) == ("ana", before)
    assert desk.incident == before


async def test_a_nonce_is_good_once(desk):
    token, nonce = page(desk)
    press(desk, token, nonce)
    with pytest.raises(Refused, match="open the link again"):
        press(desk, token, nonce)
    assert press(desk, token, desk.signer.nonce(desk.notifications[0].link_id, desk.now)).answer.key == "answer.yours"


async def test_the_nonce_of_another_page_is_refused(desk):
    token, _ = page(desk)
    with pytest.raises(Refused):
        press(desk, token, desk.signer.nonce("somebody-else", desk.now))
    assert desk.incident.status == "open"


async def test_a_page_that_is_too_old_is_refused(desk):
    token, nonce = page(desk)
    desk.now += timedelta(hours=1)
    with pytest.raises(Refused):
        press(desk, token, nonce)


@pytest.mark.parametrize("how", ["forged", "expired", "revoked"])
async def test_a_link_that_is_not_good_opens_nothing(desk, how):
    token, nonce = page(desk)
    if how == "forged":
        token = token[:-4] + ("aaaa" if token[-4] != "a" else "bbbb")  # not the last letter alone: some of its bits say nothing
    elif how == "expired":
        desk.now += timedelta(hours=24)
    else:
        await desk.respond(Resolved(by="ben", reason="fixed"))
    assert desk.database.read_now(respond.open_link, desk.signer, token, desk.now) is None
    with pytest.raises(NotFound, match="no longer valid"):
        press(desk, token, nonce)


async def test_a_link_that_died_with_its_incident_stays_dead_when_it_opens_again(desk):
    token, _ = page(desk)
    await desk.respond(Resolved(by="ben", reason="fixed"))
    await desk.respond(Reopened(by="ben", reason="it burns again"))
    assert desk.database.read_now(respond.open_link, desk.signer, token, desk.now) is None


async def test_a_link_dies_when_its_person_leaves(desk):
    token, nonce = page(desk)
    left = Desk(desk.database, people=[{"id": "ben"}], policies=[{"id": "default", "steps": [{"notify": ["ben"]}]}])
    with pytest.raises(NotFound, match="has left"):
        press(left, token, nonce)
    assert desk.incident.status == "open"
    assert press(desk, token, nonce).answer.key == "answer.taken", "nothing was spent"


async def test_a_link_takes_its_own_incident_and_no_other(desk):
    await desk.hear(make.signal(risk="outage", subject="topic:acme/outage"))
    await desk.forward()
    token, nonce = page(desk)
    press(desk, token, nonce)
    assert [incident.status for incident in desk.incidents] == ["acknowledged", "open"]


async def test_two_who_take_it_at_once_are_one_transition(desk):
    with ThreadPoolExecutor(2) as pool:
        both = [
            pool.submit(desk.database.write_now, desk.respond_now, 1, Acknowledged(by=person, via="command")) for person in ("ana", "ben")
        ]
        answers = sorted(each.result().answer.key for each in both)
    assert answers == ["answer.already_taken", "answer.taken"]
    assert desk.kinds().count("acknowledged") == 1
    assert desk.kinds().count("already_acknowledged") == 1


async def test_a_statement_is_drafted_kept_and_told(desk):
    playbook = LIBRARY.get("product-recall")
    deed = next(deed for deed in load_drill("recall").expected if deed.do == "statement")

    def work(tx):
        return respond.draft_statement(tx, 1, playbook, deed.text, deed.values, by="ana", now=desk.now, roster=desk.roster(tx))

    text = desk.database.write_now(work)
    assert next(iter(deed.values.values())) in text
    assert desk.kinds()[-1] == "statement_drafted"
    assert text not in str(desk.timeline()[-1]), "the timeline refers to it"
    (kept,) = rows(desk, schema.statements)
    assert (kept["text"], kept["state"], kept["drafted_by"]) == (text, "draft", "ana")


async def test_a_statement_with_an_open_blank_is_refused_and_leaves_nothing(desk):
    playbook = LIBRARY.get("product-recall")

    def work(tx):
        respond.draft_statement(tx, 1, playbook, playbook.holding_statements[0].id, {}, by="ana", now=desk.now, roster=desk.roster(tx))

    with pytest.raises(Refused):
        desk.database.write_now(work)
    assert rows(desk, schema.statements) == []
