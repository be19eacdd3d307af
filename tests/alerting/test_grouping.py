from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from alerting.grouping import incident_key, joins
from core.records import Incident, Signal, Words

NOON = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)

SPIKE = Signal(
    kind="volume_spike",
    subject="topic:acme",
    topic_id="acme",
    bucket_start=NOON,
    scale_s=3600,
    observed=40,
    expected=4,
    low=1,
    high=8,
    unit="mentions",
    score=0.9,
    words=Words(key="signal.volume_spike"),
    raised_at=NOON,
)


def risk(family, place=None):
    return replace(SPIKE, kind="single_risk", risk=family, place_id=place)


def opened(signal, **changes):
    changes = {"id": 1, "status": "open", "severity": "major", **changes}
    return Incident(
        key=incident_key(signal),
        kind=signal.kind,
        words=signal.words,
        opened_at=NOON,
        last_signal_at=NOON,
        topic_id=signal.topic_id,
        place_id=signal.place_id,
        **changes,
    )


@pytest.mark.parametrize(
    ("signal", "key"),
    [
        (SPIKE, "topic:acme|attention|-"),
        (replace(SPIKE, kind="negative_surge"), "topic:acme|attention|-"),
        (risk("boycott"), "topic:acme|attention|-"),
        (risk("food-safety", "q1"), "topic:acme|harm|q1"),
        (risk("recall"), "topic:acme|harm|-"),
        (risk("outage"), "topic:acme|outage|-"),
        (replace(SPIKE, topic_id=None, subject="source:rss", kind="source_blind"), "source:rss|source_blind|-"),
    ],
)
def test_a_signal_is_keyed_by_topic_cause_and_place(signal, key):
    assert incident_key(signal) == key


def test_a_poisoning_never_folds_into_an_outage():
    assert joins(risk("food-safety"), [opened(risk("outage"))]) is None


def test_a_poisoning_in_another_branch_is_another_incident():
    assert joins(risk("food-safety", "q1"), [opened(risk("food-safety", "q7"))]) is None


@pytest.mark.parametrize("signal", [SPIKE, replace(SPIKE, kind="negative_surge"), risk("boycott"), risk("expose"), risk("legal")])
def test_the_crowd_and_its_reactions_join_the_incident_of_the_cause(signal):
    fire = opened(risk("injury"))
    assert joins(signal, [fire]) is fire


def test_of_two_causes_attention_joins_the_graver():
    outage, fire = opened(risk("outage"), id=1, severity="minor"), opened(risk("injury"), id=2, severity="critical")
    assert joins(SPIKE, [outage, fire]) is fire


def test_a_cause_that_becomes_known_later_joins_what_attention_opened():
    crowd = opened(SPIKE)
    assert joins(risk("injury"), [crowd]) is crowd


def test_a_new_cause_does_not_wake_a_closed_incident_of_attention():
    assert joins(risk("injury"), [opened(SPIKE, status="resolved", resolved_at=NOON)]) is None


def test_the_crowd_wakes_the_incident_that_was_closed_lately():
    fire = opened(risk("injury"), status="resolved", resolved_at=NOON)
    assert joins(SPIKE, [fire]) is fire


def of_person(person="ngoc", *, beside=0.0, **changes):
    who = {"id": person, "name": person, "role": "ambassador", "beside": beside}
    return replace(SPIKE, kind="ambassador_in_trouble", frozen={"person": who, "heard_in": f"person:{person}"}, **changes)


def turned(family=None):
    who = {"id": "ngoc", "name": "ngoc", "role": "ambassador", "beside": 0.0}
    return replace(SPIKE, kind="ambassador_turned", frozen={"person": who}, risk=family)


@pytest.mark.parametrize(
    ("signal", "key"),
    [
        (of_person(), "topic:acme|person:ngoc|-"),
        (of_person(risk="injury"), "topic:acme|person:ngoc|-"),
        (of_person(beside=0.5), "topic:acme|attention|-"),
        (turned(), "topic:acme|person:ngoc|-"),
        (turned("boycott"), "topic:acme|person:ngoc|-"),
        (turned("food-safety"), "topic:acme|harm|-"),
    ],
)
def test_a_person_of_ours_is_a_cause_unless_the_brand_is_named_too_or_they_tell_of_another(signal, key):
    assert incident_key(signal) == key


def test_trouble_about_a_person_gives_its_name_to_what_attention_opened_and_stays_apart_from_other_causes():
    attention, harm = opened(SPIKE, id=1), opened(risk("recall"), id=2)
    assert joins(of_person(), [attention, harm]).id == 1
    assert joins(of_person(), [harm]) is None
    assert joins(of_person("minh"), [opened(of_person(), id=3)]) is None
    assert joins(turned(), [opened(of_person(), id=3)]).id == 3
    assert joins(SPIKE, [opened(of_person(), id=3)]).id == 3


def test_a_scandal_is_one_incident_whether_it_was_told_by_its_family_or_by_a_name():
    assert joins(of_person(), [opened(risk("ambassador"), id=4)]).id == 4
    assert joins(risk("ambassador"), [opened(of_person(), id=3)]).id == 3


def test_a_silence_stands_beside_the_crises_of_its_topic_and_joins_none():
    quiet = replace(SPIKE, kind="gone_quiet", observed=1, expected=60)
    assert joins(quiet, [opened(SPIKE), opened(risk("outage"))]) is None
    assert joins(SPIKE, [opened(quiet)]) is None
    assert joins(quiet, [opened(quiet)]) is not None


@pytest.mark.parametrize("kind", ["slow_burn", "growth"])
def test_a_slow_burn_and_a_growth_join_the_incident_of_their_burst(kind):
    signal = replace(SPIKE, kind=kind)
    assert joins(signal, [opened(risk("outage"))]) is not None
    assert incident_key(signal) == incident_key(SPIKE)
