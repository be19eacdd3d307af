"""How bad it is what people ask and carry on, and where a breach of the rules belongs."""

import pytest

from alerting.grouping import incident_key, is_caused, joins
from alerting.severity import Facts, assess
from alerting.talk import assess_breach, with_talk
from core.records import Incident
from tests import make

CALM = assess(Facts(mentions=5.0, negative_share=0.0, authors=5, tier="forum"))


def question(people=5.0, **changes):
    values = {"kind": "same_question", "observed": people, "risk": None, "frozen": {"min_authors": 5, "level": 2}, **changes}
    return make.signal(**values)


def opened(signal, **changes):
    values = {"id": 1, "key": incident_key(signal), "kind": signal.kind, "words": signal.words, "severity": "watch", "opened_at": make.NOON}
    return Incident(**{**values, "last_signal_at": make.NOON, "topic_id": signal.topic_id, **changes})


@pytest.mark.parametrize(
    ("people", "risk", "severity"), [(5.0, None, "minor"), (14.0, None, "minor"), (15.0, None, "major"), (5.0, "outage", "major")]
)
def test_a_calm_question_of_many_is_heard(people, risk, severity):
    assert CALM[0] == "watch"
    found, factors = with_talk(question(people, risk=risk), *CALM)
    assert (found, factors[0].name, factors[0].value) == (severity, "asked", people)


def test_a_post_that_spreads_is_bad_where_it_is_angry_and_no_other_signal_is_changed():
    angry = make.signal(kind="amplification", observed=30.0, risk=None, frozen={"least": 10, "negative": 0.8})
    assert with_talk(angry, *CALM)[0] == "major"
    praise = make.signal(kind="amplification", observed=30.0, risk=None, frozen={"least": 10, "negative": 0.1})
    assert with_talk(praise, *CALM) == CALM
    assert with_talk(make.signal(kind="volume_spike", risk=None), *CALM) == CALM


def test_a_breach_is_for_moderators_and_never_worse_than_minor():
    threat = make.signal(kind="guideline_breach", risk="threat", frozen={"alone": True})
    mild = make.signal(kind="guideline_breach", risk="insult", frozen={"alone": False})
    assert [assess_breach(signal)[0] for signal in (threat, mild)] == ["minor", "watch"]
    assert assess_breach(question()) is None


def test_a_breach_stands_by_itself_and_a_crisis_does_not_vanish_in_it():
    breach = make.signal(kind="guideline_breach", risk="threat")
    spike, threat = make.signal(kind="volume_spike", risk=None), make.signal(risk="threat")
    assert (incident_key(breach), is_caused(breach)) == ("topic:acme|guidelines|-", True)
    assert joins(breach, [opened(breach)]).id == 1
    assert joins(breach, [opened(spike)]) is None
    assert joins(breach, [opened(threat)]) is None
    assert joins(spike, [opened(breach)]) is None


def test_a_question_after_an_outage_is_the_outage():
    outage = make.signal(risk="outage")
    assert joins(question(risk="outage"), [opened(outage)]).id == 1
    assert joins(question(), [opened(outage)]).id == 1, "a question of no known cause is attention"
