"""Whom a question for counters goes to, and what it says; the whole story stands in tests/stories/test_unseen_groups.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting import recounts
from alerting.links import Signer
from alerting.message import Reader, compose_question
from alerting.policy import Roster, policy_for
from alerting.respond import open_link, open_question
from alerting.settings import AlertingSettings
from core.errors import NotFound
from core.flagged import Counted
from core.messages import catalogue
from core.records import Engagement, Incident, Notification, Words
from store.readings import Reading
from tests import make

SETTINGS = AlertingSettings.model_validate(
    {
        "people": [
            {"id": "ana", "name": "Ana", "channels": [{"kind": "log", "id": "phone"}]},
            {"id": "mai", "name": "Mai", "channels": [{"kind": "email", "to": "Mai@example.org"}, {"kind": "log", "handle": "@mai_mod"}]},
            {"id": "sms-only", "name": "Tú", "channels": [{"kind": "log", "id": "sms", "only": "critical"}]},
        ],
        "policies": [{"id": "default", "steps": [{"notify": ["ana"]}]}],
    }
)
ROSTER = Roster.of(SETTINGS)


def incident(**changes):
    policy = policy_for(SETTINGS, severity="major", topic_id="acme", kind="single_risk")
    given = {
        "key": "acme/injury",
        "kind": "single_risk",
        "words": Words(key="x"),
        "severity": "major",
        "opened_at": make.NOON,
        "last_signal_at": make.NOON,
    }
    return Incident(**{**given, "id": 7, "policy": policy, **changes})


@pytest.mark.parametrize(
    ("by", "person"),
    [("mai", "mai"), ("mai@example.org", "mai"), ("MAI@EXAMPLE.ORG", "mai"), ("@mai_mod", "mai"), ("@la", None), ("", None)],
)
def test_a_flagger_is_known_by_id_or_by_a_channel(by, person):
    assert recounts.person_of(ROSTER, by) == person


@pytest.mark.parametrize(
    ("by", "changes", "asked"),
    [
        ("mai@example.org", {}, ["mai"]),
        ("@la", {"owner": "mai"}, ["mai"]),
        ("@la", {}, ["ana"]),
        ("sms-only", {}, ["ana"]),
        ("sms-only", {"severity": "critical"}, ["sms-only"]),
        ("@la", {"policy": {"digest": "daily", "fallback": []}}, []),
        ("@la", {"step": 1}, ["ana"]),
    ],
)
def test_whom_it_goes_to(by, changes, asked):
    assert [one.person for one in recounts.whom(incident(**changes), by, make.NOON, ROSTER)] == asked


def question(**args):
    told = {
        "mention": 41,
        "place": "zalo_group",
        "group": "Cư dân CT3",
        "person": "Mai",
        "at": make.NOON.isoformat(),
        "last": [{"key": "counter.likes", "args": {"n": 1200}}],
    }
    words = Words(key=recounts.ASK, args={**told, **args})
    return Notification(
        key="k", incident_id=7, kind="update", person="mai", channel="email", due_at=make.NOON, planned_at=make.NOON, words=words
    )


def test_the_message_asks_for_the_counters_and_nothing_else():
    message = compose_question(incident(), question(), Reader(person="mai", name="Mai"), link="https://t.example/f/abc")
    assert message.subject == "Xem lại số: Cư dân CT3 (sự cố #7)"
    assert 'nhờ xem lại bài "Cư dân CT3" (nhóm Zalo). Lần trước, lúc 12:00: thích 1.200.' in message.body
    assert "https://t.example/f/abc" in message.body
    assert message.short.endswith("https://t.example/f/abc")
    assert message.ack_code == ""
    assert "số 41 thích 480" in message.body


def test_a_groups_name_is_inert_in_it():
    message = compose_question(incident(), question(group="@everyone https://evil.example"), Reader(person="mai", name="Mai"), link=None)
    assert "@everyone" not in message.body + message.subject
    assert "https://evil" not in message.body + message.subject


def test_a_drill_is_a_drill_here_too():
    message = compose_question(incident(world="drill"), question(), Reader(person="mai", name="Mai"), link=None)
    assert "DIỄN TẬP" in message.subject
    assert message.drill


def test_what_was_counted_in_words():
    reading = Reading(mention_id=1, at=make.NOON, by="mai", likes=3, views=9)
    assert recounts.counted_words(reading) == [{"key": "counter.likes", "args": {"n": 3}}, {"key": "counter.views", "args": {"n": 9}}]


def test_every_line_of_it_has_words_in_both_languages():
    kinds = ["read", "first", "same", "asked", "asked_slowly", "gone"]
    wanted = [f"timeline.counters_{kind}" for kind in kinds] + [
        f"counter.{name}{tail}" for name in recounts.COUNTERS for tail in ("", ".moved")
    ]
    for language in ("vi", "en"):
        assert [key for key in wanted if key not in catalogue(language)] == []


def test_what_nobody_flagged_cannot_be_counted(database, now):
    given = Counted(mention_id=99, by="mai", engagement=Engagement(likes=3))
    with pytest.raises(NotFound):
        database.write_now(recounts.answer, given, now, ROSTER, channel="cli")


def test_a_link_of_nothing_opens_nothing(database, now):
    signer = Signer("key")
    for open_one in (open_link, open_question):
        assert database.read_now(open_one, signer, signer.link("unknown", now), now + timedelta(minutes=1)) is None
