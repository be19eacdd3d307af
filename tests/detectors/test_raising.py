from datetime import timedelta

import pytest
from msgspec.structs import replace

from core.records import Author, Engagement, Enrichment, Risk, Sentiment, Words
from detectors.base import Finding
from detectors.raising import EVIDENCE, Crowd, deciding, signal_of, was_heard
from tests import make

CROWD = Crowd(mentions=40, stories=12, authors=31, negative=30)
NOON = make.NOON
CALM = Sentiment(negative=0.1, neutral=0.8, positive=0.1, confident=True)


def finding(**changes):
    values = {
        "kind": "volume_spike",
        "bucket_start": NOON,
        "window_start": NOON - timedelta(minutes=14),
        "window_end": NOON + timedelta(minutes=1),
        "scale_s": 900,
        "observed": 40.0,
        "expected": 3.5,
        "low": 0.0,
        "high": 8.0,
        "score": 0.8,
        "words": Words(key="signal.volume_spike", args={"topic": "acme", "observed": 40}),
        "frozen": {"window": [1, 2]},
    }
    return Finding(**{**values, **changes})


def signal(found, evidence=()):
    return signal_of(found, topic_id="acme", topic_name="Ấm Acme", now=NOON, generation=7, evidence=evidence, crowd=CROWD)


def heard(number, text=None, **changes):
    return replace(make.mention(text or f"text {number}"), id=number, **changes)


def understood(number, *, negative=0.1, confident=True, risks=()):
    feeling = Sentiment(negative=negative, neutral=round(0.9 - negative, 3), positive=0.1, confident=confident)
    return {number: Enrichment(mention_id=number, language="vi", topics=(), sentiment=feeling, risks=risks)}


def test_a_signal_says_what_the_finding_says():
    raised = signal(finding(), [3, 1])
    same = ("kind", "bucket_start", "scale_s", "observed", "expected", "low", "high", "unit", "score")
    assert [getattr(raised, name) for name in same] == [getattr(finding(), name) for name in same]
    assert raised.frozen["counted"] == {"mentions": 40, "stories": 12, "authors": 31, "negative": 30}
    assert raised.frozen["from_to"] == ["2026-11-21T04:46:00+00:00", "2026-11-21T05:01:00+00:00"]
    assert (raised.subject, raised.topic_id, raised.raised_at, raised.generation, raised.evidence) == (
        "topic:acme",
        "acme",
        NOON,
        7,
        (3, 1),
    )


def test_the_topic_is_called_by_its_name():
    assert signal(finding()).words == Words(key="signal.volume_spike", args={"topic": "Ấm Acme", "observed": 40})


def test_two_risks_of_one_minute_stand_apart():
    assert signal(finding(risk="recall")).subject != signal(finding(risk="fire")).subject
    assert signal(finding(risk="recall")).risk == "recall"


def test_two_places_of_one_minute_stand_apart():
    assert signal(finding(risk="recall", place_id="q1")).subject != signal(finding(risk="recall", place_id="q7")).subject
    assert signal(finding(place_id="q1")).place_id == "q1"


def test_the_detectors_own_evidence_goes_before_ours():
    assert signal(finding(evidence=(9,)), [3, 1]).evidence == (9,)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (understood(2, risks=(Risk(family="fire", level=1, term="x"),)), understood(1, negative=0.9)),
        (understood(2, risks=(Risk(family="fire", level=1, term="x"),)), understood(1, risks=(Risk(family="rude", level=3, term="x"),))),
        (understood(2, negative=0.6), understood(1, negative=0.2)),
        (understood(2, negative=0.6), understood(1, negative=0.6, confident=False)),
        (understood(2), {}),
    ],
)
def test_the_gravest_and_surest_decide_first(first, second):
    assert deciding([heard(1), heard(2)], first | second) == [2, 1]


def test_of_equals_the_one_with_reach_then_echo_then_the_earlier_comes_first():
    quiet, wide, loud = heard(1), heard(2, reach=1000), heard(3, engagement=Engagement(likes=5))
    early = heard(4, seen_at=NOON - timedelta(hours=1), published_at=NOON - timedelta(hours=1))
    assert deciding([quiet, loud, early, wide], {}) == [2, 3, 4, 1]


def test_an_original_goes_before_a_repost():
    assert deciding([heard(1, kind="repost", reach=1000), heard(2)], {}) == [2, 1]


def test_one_text_is_quoted_once_by_the_one_with_most_reach():
    an, binh = Author(key="an"), Author(key="binh")
    same = [
        heard(1, "It burns", author=an),
        heard(2, "it burns!", author=an),
        heard(3, "It burns", author=binh, reach=9),
        heard(4, "It smokes"),
    ]
    assert deciding(same, {}) == [3, 4]


def test_a_mention_without_words_stands_for_itself():
    assert deciding([replace(heard(1), text=""), replace(heard(2), text="")], {}) == [1, 2]


def test_no_more_is_shown_than_a_person_reads():
    assert len(deciding([heard(number) for number in range(1, 100)], {})) == EVIDENCE
    assert deciding([], {}) == []


def test_what_configured_a_finding_is_frozen_with_it():
    def configured(found, query=""):
        return signal_of(found, topic_id="acme", topic_name="Acme", now=NOON, generation=7, crowd=CROWD, query=query).frozen[
            "configuration"
        ]

    plain = finding(frozen={"version": "1", "options": {"chance": 1e-5, "min_mentions": 10}, "window": 1})
    told = configured(plain, "v1")
    assert (told["generation"], told["query"], len(told["hash"])) == (7, "v1", 16)
    turned = finding(frozen={"version": "1", "options": {"min_mentions": 10, "chance": 1e-5}, "window": 2})
    assert configured(turned, "v1") == told, "neither what was seen nor the order of options configures anything"
    others = [
        configured(plain, "v2"),
        configured(finding(frozen={"version": "2", "options": {}}), "v1"),
        configured(finding(kind="x"), "v1"),
    ]
    assert len({told["hash"], *(other["hash"] for other in others)}) == 4


@pytest.mark.parametrize(
    ("heard", "changes", "told"),
    [
        (60, {}, True),
        (49, {}, False),  # the other half was brought in
        (0, {"scale_s": 3600}, True),  # so short a window holds nothing that came late
        (0, {"observed": 2.0}, True),  # a silence is no rise
        (0, {"unit": "hours"}, True),
    ],
)
def test_a_rise_that_was_brought_in_is_none(heard, changes, told):
    rise = {"observed": 100.0, "expected": 20.0, "scale_s": 24 * 3600, "frozen": {"counted": {"mentions": heard}}, **changes}
    assert was_heard(make.signal(kind="slow_burn", risk=None, **rise), timedelta(hours=2)) is told
