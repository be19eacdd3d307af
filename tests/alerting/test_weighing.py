"""What the Intake makes of a signal beside others: surer, milder in an industry's storm, held by the budget. On both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerting.budget import Budget
from alerting.events import Resolved
from alerting.weighing import TopicFacts
from core.messages import render
from core.records import Enrichment, Sentiment, TopicMatch
from core.silences import Silence
from store import enrichments, mentions, series, signals, silences
from tests import make
from tests.alerting.desk import Desk

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TELECOM = (
    TopicFacts(id="acme", kind="brand", name="Acme"),
    TopicFacts(id="rival", kind="competitor", name="Rival"),
    TopicFacts(id="third", kind="competitor", name="Third"),
    TopicFacts(id="isp", kind="industry", name="Mạng internet"),
    TopicFacts(id="bank", kind="industry", name="Ngân hàng", industry="banks"),
)
FLEET = Budget(alarms=2.0, looks=5000 * 168.0, topics=5000)


@pytest.fixture
def telecom(database):
    return Desk(database, topics=TELECOM)


@pytest.fixture
def fleet(database):
    return Desk(database, topics=[TopicFacts(id=f"t{number}", kind="brand") for number in range(20)], budget=FLEET)


def spike(topic: str = "acme", **changes: Any) -> Any:
    values = {"kind": "volume_spike", "risk": None, "frozen": {}, "observed": 60.0, "expected": 4.0, "scale_s": 3600, "score": 0.6}
    return make.signal(**{"topic": topic, **values, **changes})


def said(desk: Desk, count: int, *topics: str, negative: float = 0.7, source: str = "forum") -> list[int]:
    """People speak of these topics within the last half hour."""
    posts = [make.mention(at=make.NOON - timedelta(minutes=number % 30), source=source) for number in range(count)]
    sentiment = Sentiment(negative=negative, neutral=0.9 - negative, positive=0.1, confident=True)
    matched = tuple(TopicMatch(topic_id=topic, version="1", terms=(topic,)) for topic in topics)

    def work(tx: Any) -> list[int]:
        added = mentions.add(tx, posts)
        for mention_id, mention in zip(added.new, posts, strict=True):
            understood = Enrichment(mention_id=mention_id, language="en", topics=matched, sentiment=sentiment)
            enrichments.save(tx, understood, counts_at=mention.at, story_id=None)
        return added.new

    return desk.database.write_now(work)


def usual(desk: Desk, count: int, *topics: str) -> None:
    """As many mentions in this hour of each of the seven days before."""
    at = [int((make.NOON - day * DAY).timestamp()) - 600 for day in range(1, 8)]
    counts = [series.Count(topic_id=topic, at=when, source_id="forum", kind="original", arrival="live") for topic in topics for when in at]
    eldest = [series.Count(topic_id=one, at=at[-1] - 86_400, source_id="forum", kind="original", arrival="live") for one in topics]
    desk.database.write_now(series.add, counts * count + eldest)


def factors(desk: Desk, number: int = 0) -> dict[str, Any]:
    return {one.name: one for one in desk.incidents[number].factors}


# --- corroboration --------------------------------------------------------------------------------------------------------------------------


async def test_a_second_independent_sign_from_another_kind_of_place_is_said(database):
    desk = Desk(database)
    forum, paper = said(desk, 30, "acme"), said(desk, 2, "acme", source="paper")
    await desk.hear(spike(evidence=tuple(forum[:5])))
    assert "corroboration" not in factors(desk), "one sign confirms nothing"
    await desk.hear(spike(kind="slow_burn", evidence=tuple(forum[:5])))
    assert "corroboration" not in factors(desk), "the same mentions, counted in another way"
    await desk.hear(make.signal(kind="outside_count", risk=None, frozen={}, observed=40.0, expected=5.0, evidence=()))
    await desk.hear(make.signal(kind="negative_surge", risk=None, frozen={}, observed=20.0, expected=1.0, evidence=tuple(paper)))
    found = factors(desk)["corroboration"]
    assert (found.value, found.beside, found.speaks_for) == (3.0, 2.0, "major")
    await desk.forward(minutes=16)
    body = desk.phone("ben").got[-1].body
    assert "3 dấu hiệu độc lập, 2 loại nguồn" in body
    assert len(desk.incidents) == 1


async def test_signs_of_days_ago_confirm_nothing(database):
    desk = Desk(database)
    await desk.hear(spike(at=make.NOON - 2 * DAY))
    await desk.hear(make.signal(kind="negative_surge", risk=None, frozen={}, observed=20.0, expected=1.0))
    assert "corroboration" not in factors(desk)


# --- the industry ---------------------------------------------------------------------------------------------------------------------------


async def test_a_cable_is_cut_and_our_alarm_is_one_level_lower(telecom):
    usual(telecom, 4, "acme", "rival", "third", "isp")
    for topic in ("acme", "rival", "third", "isp"):
        said(telecom, 60, topic)
    await telecom.hear(spike())
    assert telecom.incident.severity == "minor"
    assert telecom.incident.factors[0].name == "industry"
    told = [render(entry.words, "vi") for entry in telecom.timeline() if entry.kind == "weighed"]
    assert told == ["Cả ngành cùng tăng (Mạng internet, Rival và Third, gấp 15 lần bình thường): để mức cần xử lý thay vì nghiêm trọng"]
    await telecom.forward(minutes=0)
    assert "the whole industry rises (15 times its usual)" in telecom.phone("ana").got[0].body


async def test_a_story_about_us_alone_is_not_damped(telecom):
    usual(telecom, 4, "acme", "rival", "third", "isp")
    said(telecom, 60, "acme")
    await telecom.hear(spike())
    assert telecom.incident.severity == "major"


async def test_posts_that_name_us_and_the_industry_are_about_us(telecom):
    usual(telecom, 4, "acme", "rival", "third", "isp")
    said(telecom, 60, "acme", "isp")
    said(telecom, 30, "acme", "rival", "third")
    await telecom.hear(spike())
    assert telecom.incident.severity == "major"


async def test_where_we_rise_clearly_beyond_the_others_it_is_about_us(telecom):
    usual(telecom, 4, "acme", "rival", "third", "isp")
    said(telecom, 200, "acme")
    for topic in ("rival", "third", "isp"):
        said(telecom, 40, topic)
    await telecom.hear(spike())
    assert telecom.incident.severity == "major"


@pytest.mark.parametrize(("ours", "expected"), [(0.7, "major"), (0.2, "watch")])
async def test_the_mood_about_us_is_damped_only_where_it_is_no_worse_than_about_the_others(telecom, ours, expected):
    usual(telecom, 4, "acme", "rival", "third", "isp")
    said(telecom, 60, "acme", negative=ours)
    said(telecom, 20, "acme")
    for topic in ("rival", "third"):
        said(telecom, 40, topic, negative=0.2)
        said(telecom, 40, topic)
    await telecom.hear(spike(kind="negative_surge"))
    assert telecom.incident.severity == expected


async def test_a_risk_within_the_storm_still_pages(telecom):
    usual(telecom, 4, "acme", "rival", "third", "isp")
    for topic in ("acme", "rival", "third", "isp"):
        said(telecom, 60, topic)
    await telecom.hear(spike())
    await telecom.hear(make.signal(risk="injury", subject="topic:acme/injury"))
    assert (telecom.incident.severity, telecom.incident.key) == ("critical", "topic:acme|harm|-")
    await telecom.hear(spike(at=make.NOON + timedelta(minutes=20), observed=300.0))
    assert [entry.kind for entry in telecom.timeline()].count("weighed") == 1, "a cause of our own is known: nothing is explained away"


async def test_the_industrys_own_incident_is_watched_and_another_industry_is_none_of_it(telecom):
    usual(telecom, 4, "rival", "third", "isp")
    for topic in ("rival", "third", "isp"):
        said(telecom, 60, topic)
    await telecom.hear(spike("isp"), spike("rival"), spike("bank"))
    assert {one.topic_id: one.severity for one in telecom.incidents} == {"isp": "watch", "rival": "watch", "bank": "minor"}


async def test_a_rival_that_rises_alone_is_told_as_before(telecom):
    usual(telecom, 4, "rival", "third", "isp")
    said(telecom, 60, "rival")
    await telecom.hear(spike("rival"))
    assert telecom.incident.severity == "major"


async def test_where_nothing_usual_is_known_nothing_is_damped(telecom):
    for topic in ("acme", "rival", "third", "isp"):
        said(telecom, 60, topic)
    await telecom.hear(spike())
    assert telecom.incident.severity == "major"


# --- the budget -----------------------------------------------------------------------------------------------------------------------------


def onset(topic: str, chance: float, **changes: Any) -> Any:
    return spike(topic, **{"frozen": {"log10_chance": chance}, "observed": 90.0, **changes})


async def test_what_chance_brings_every_week_is_kept_and_pages_nobody(fleet):
    await fleet.hear(onset("t1", -5.0))
    assert (fleet.incident.severity, fleet.incident.status, fleet.notifications) == ("watch", "open", [])
    assert fleet.incident.factors[0].name == "budget"
    told = [render(entry.words, "en") for entry in fleet.timeline() if entry.kind == "weighed"]
    assert told == [
        "Held by the alarm budget, nobody is paged (else major): over 5,000 topics, chance alone brings 8.4 such a week; the budget is 2"
    ]
    assert len(fleet.database.read_now(signals.of_incident, fleet.incident.id)) == 1


async def test_what_was_held_pages_once_it_grows_beyond_chance(fleet):
    await fleet.hear(onset("t1", -5.0))
    await fleet.hear(onset("t1", -30.0, at=make.NOON + timedelta(minutes=5), observed=200.0))
    assert fleet.incident.severity == "major"
    assert [one.person for one in fleet.notifications] == ["ana"]
    assert "budget" not in factors(fleet)


async def test_the_budget_of_the_week_is_spent_and_what_is_far_beyond_still_pages(fleet):
    await fleet.hear(*(onset(f"t{number}", -7.0) for number in range(4)), onset("t9", -40.0))
    severities = {one.topic_id: one.severity for one in fleet.incidents}
    assert severities == {"t0": "major", "t1": "major", "t2": "watch", "t3": "watch", "t9": "major"}
    held = fleet.incidents[2]
    assert held.factors[0].name == "budget_spent"
    assert "2/2 cảnh báo" in render(fleet.timeline(held.id)[1].words, "vi")


async def test_the_same_again_on_an_incident_that_has_paged_costs_nothing(fleet):
    await fleet.hear(onset("t1", -7.0))
    await fleet.hear(*(onset("t1", -5.0, at=make.NOON + timedelta(minutes=20 * n)) for n in range(1, 4)), onset("t2", -7.0))
    assert [one.severity for one in fleet.incidents] == ["major", "major"]


async def test_what_a_silence_mutes_costs_nothing(fleet):
    muted = Silence(matches={"topic": "t1"}, starts_at=fleet.now, ends_at=fleet.now + HOUR, by="ana", comment="our campaign")
    fleet.database.write_now(silences.add, muted)
    await fleet.hear(onset("t1", -7.0), onset("t2", -7.0), onset("t3", -7.0))
    assert {one.topic_id: one.severity for one in fleet.incidents} == {"t1": "major", "t2": "major", "t3": "major"}


async def test_a_single_risk_is_never_held(fleet):
    await fleet.hear(*(make.signal(topic=f"t{n}", subject=f"topic:t{n}/injury", risk="injury", score=0.5) for n in range(6)))
    assert all(one.severity == "major" for one in fleet.incidents)


async def test_a_held_incident_that_was_closed_is_judged_anew(fleet):
    await fleet.hear(onset("t1", -5.0))
    await fleet.respond(Resolved(by="ana", reason="fixed"))
    await fleet.hear(onset("t1", -5.1, at=make.NOON + HOUR))
    assert (fleet.incident.severity, fleet.notifications) == ("watch", [])
    await fleet.hear(onset("t1", -8.0, at=make.NOON + 2 * HOUR))
    assert (fleet.incident.severity, len(fleet.notifications)) == ("major", 1)
