"""Blind sources as incidents: how bad, one for all that belong together, and closed by themselves."""

from datetime import timedelta

import pytest

from alerting.blindness import assess_blindness
from alerting.events import Acknowledged, Resolved
from core.records import Words
from tests import make
from tests.alerting.desk import Desk

SINCE = make.NOON - timedelta(hours=1)
WHY = {
    "en": "Source forum cannot be heard since 2026-11-21 11:00: HTTP 503",
    "vi": "Không nghe được nguồn forum từ 11:00 21/11/2026: HTTP 503",
}


@pytest.fixture
def desk(database):
    return Desk(database)


def blind(source="forum", *, group=1, at=SINCE, **frozen):
    facts = {"group": group, "blind": 1, "all": 12, "tiers": ["press"], "unseen": None, "sources": [{"id": source, "why": "failing"}]}
    words = Words(key="signal.source_blind", args={"source": source, "since": at.isoformat(), "reason": "HTTP 503"})
    more = {"subject": f"source:{source}", "risk": None, "unit": "sources", "words": words, "frozen": {**facts, **frozen}}
    return make.signal(at=at, kind="source_blind", topic=None, **more)


def heard(*names, group=1, left=0, at=make.NOON):
    words = Words(key="signal.source_heard", args={"count": len(names), "sources": list(names), "left": left})
    frozen = {"group": group, "left": left, "sources": [{"id": name} for name in names]}
    return make.signal(at=at, kind="source_heard", topic=None, subject=f"sources:{group}", risk=None, words=words, frozen=frozen)


@pytest.mark.parametrize(
    ("severity", "facts"),
    [
        ("watch", {"unseen": 0.1, "blind": 1, "all": 12, "tiers": ["forum"]}),
        ("watch", {"unseen": None, "blind": 1, "all": 12, "tiers": ["social", "page"]}),
        ("minor", {"unseen": 0.1, "blind": 1, "all": 12, "tiers": ["press"]}),
        ("minor", {"unseen": 0.1, "blind": 1, "all": 12, "tiers": ["owned"]}),
        ("minor", {"unseen": 0.2, "blind": 1, "all": 12, "tiers": ["forum"]}),
        ("minor", {"unseen": 0.5, "blind": 6, "all": 12, "tiers": ["forum"]}),
        ("major", {"unseen": 0.51, "blind": 1, "all": 12, "tiers": ["forum"]}),
        ("major", {"unseen": None, "blind": 7, "all": 12, "tiers": ["forum"]}),
        ("minor", {"unseen": 0.3, "blind": 7, "all": 12, "tiers": ["forum"]}),  # many, but not those that speak
    ],
)
def test_how_bad_it_is_goes_by_what_is_unseen_and_by_whose_place_it_is(severity, facts):
    assert assess_blindness(facts)[0] == severity


def test_what_is_not_known_speaks_for_nothing():
    _, factors = assess_blindness({"unseen": None, "blind": 1, "all": 12, "tiers": []})
    assert {factor.name: factor.speaks_for for factor in factors} == {"unseen": None, "blind": "watch"}


async def test_a_blind_source_pages_and_says_what_cannot_be_heard_since_when_and_why(desk):
    await desk.hear(blind())
    await desk.forward(seconds=1)
    (message,) = desk.phone("ana").got
    assert WHY["en"] in message.subject
    assert "mentions" not in message.body, "there is nothing to be unusual"
    assert "What to do: Open the source's address yourself" in message.body
    assert desk.incident.playbook_id is None, "what to say in public fits no broken feed"
    assert desk.incident.severity == "minor"


async def test_the_next_one_on_call_reads_it_in_vietnamese(desk):
    await desk.hear(blind())
    await desk.forward(seconds=1)
    await desk.forward(minutes=15)
    (message,) = desk.phone("ben").got
    assert WHY["vi"] in f"{message.subject}\n{message.body}"


async def test_sources_of_one_group_are_one_incident_that_pages_again_only_when_it_gets_worse(desk):
    await desk.hear(blind(), blind("press", at=SINCE + timedelta(minutes=1)))
    await desk.forward(seconds=1)
    assert len(desk.incidents) == 1
    assert len(desk.phone("ana").got) == 1
    assert desk.kinds().count("signal") == 2, "each is told on the timeline"
    await desk.hear(blind("page", at=SINCE + timedelta(minutes=2), unseen=0.9))
    await desk.forward(seconds=1)
    assert (desk.incident.severity, len(desk.phone("ana").got)) == ("major", 2)


async def test_another_group_is_another_incident(desk):
    await desk.hear(blind(), blind("press", group=2))
    assert [incident.key for incident in desk.incidents] == ["sources:1|source_blind|-", "sources:2|source_blind|-"]


async def test_the_incident_closes_by_itself_when_the_last_of_them_is_heard_again(desk):
    await desk.hear(blind(), blind("press"))
    await desk.forward(seconds=1)
    await desk.hear(heard("forum", left=1))
    assert desk.incident.is_open
    await desk.hear(heard("press", at=make.NOON + timedelta(minutes=5)))
    await desk.forward(seconds=1)
    assert (desk.incident.status, desk.incident.close_reason) == ("resolved", "heard_again")
    assert desk.kinds()[-3:] == ["heard_again", "resolved", "notified"]
    assert "Heard again: press" in desk.phone("ana").got[-1].body


async def test_it_closes_whoever_has_it_in_hand(desk):
    await desk.hear(blind())
    await desk.forward(seconds=1)
    await desk.respond(Acknowledged(by="ana", via="command"))
    await desk.hear(heard("forum"))
    assert desk.incident.status == "resolved"


async def test_where_somebody_closed_it_before_nobody_is_told(desk):
    await desk.hear(blind())
    await desk.forward(seconds=1)
    await desk.respond(Resolved(by="ana", reason="fixed"))
    before = desk.kinds()
    await desk.hear(heard("forum"), heard("nobody", group=99))
    assert desk.kinds() == before


async def test_the_same_source_blind_again_within_hours_is_the_same_incident(desk):
    await desk.hear(blind())
    await desk.hear(heard("forum"))
    desk.now += timedelta(hours=2)
    await desk.hear(blind(at=make.NOON + timedelta(hours=1)))
    assert (desk.incident.status, desk.incident.stage) == ("open", "flare-up")
