"""Somebody who stands for the brand speaks against it: what fires, what must not; and a post of an ambassador through the real pipeline."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime

import pytest

from core.records import Risk, Sentiment
from detectors.enrichment.pipeline import Heard, Pipeline, TopicSpec
from detectors.people import Voice
from detectors.signals import ambassador_turned
from detectors.signals.ambassador_turned import Detector, Options

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
SOUR = Sentiment(negative=0.93, neutral=0.05, positive=0.02, confident=True)
UNSURE = Sentiment(negative=0.55, neutral=0.35, positive=0.1, confident=False)
CALM = Sentiment(negative=0.1, neutral=0.8, positive=0.1, confident=True)
GLAD = Sentiment(negative=0.02, neutral=0.08, positive=0.9, confident=True)


def voice(sentiment=SOUR, **more):
    more = {"topic_id": "acme", "topic_kind": "brand", "source_id": "facebook", "mention_id": 7, **more}
    return Voice(at=NOON, person="ngoc", name="Ngọc Vlog", **{"role": "ambassador", **more}, sentiment=sentiment)


def risk(level, family="food-safety"):
    return {"risks": (Risk(family=family, level=level, term="ngộ độc"),)}


def attend(said, **options):
    return Detector(Options(**options)).attend(said)


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline([TopicSpec(id="acme", query="acme")])


def post(pipeline, text, **more):
    """What an ambassador's post says, as the pipeline understands it."""
    said = pipeline.enrich([Heard(text=text)])[0]
    return voice(said.sentiment, risks=said.risks, triage=said.triage, weak=said.topics[0].weak, **more)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(ambassador_turned).failed == 0


@pytest.mark.parametrize("role", ["ambassador", "partner", "vip"])
def test_one_surely_negative_post_of_theirs_is_enough(role):
    finding = attend(voice(role=role))
    assert (finding.kind, finding.words.key, finding.evidence) == ("ambassador_turned", "signal.ambassador_turned", (7,))
    assert (finding.about, finding.words.args["person"], finding.words.args["role"]) == ("person:ngoc", "Ngọc Vlog", role)


@pytest.mark.parametrize(
    "said",
    [
        voice(UNSURE),
        voice(CALM),
        voice(GLAD),
        voice(triage="question"),
        voice(role="staff"),
        voice(role="troll"),
        voice(weak=True),
        voice(kind="own"),
        voice(topic_kind="competitor"),
        voice(topic_kind="person"),
        voice(GLAD, **risk(1)),
        voice(CALM, **risk(2)),
        voice(CALM, **risk(3, "spam")),
    ],
)
def test_what_is_unsure_asked_glad_or_not_theirs_raises_nothing(said):
    assert attend(said) is None


def test_a_grave_risk_counts_in_any_tone_and_a_milder_one_where_the_tone_is_negative():
    assert attend(voice(CALM, **risk(1))).risk == "food-safety"
    assert attend(voice(UNSURE, **risk(2))).words.key == "signal.ambassador_turned.risk"
    assert attend(voice(UNSURE, **risk(3, "scam"))).risk == "scam"
    assert attend(voice(UNSURE, **risk(3, "complaint"))) is None


def test_what_is_only_passed_on_is_told_as_such():
    assert attend(voice(kind="repost")).words.key == "signal.ambassador_turned.carried"
    assert attend(voice(kind="repost", **risk(1))).words.key == "signal.ambassador_turned.carried.risk"
    assert attend(voice(kind="repost")).frozen["carried"] is True


def test_the_presets_differ_in_what_is_enough():
    assert attend(voice(UNSURE), sensitivity="sensitive") is not None
    assert attend(voice(weak=True), sensitivity="sensitive") is not None
    assert attend(voice(UNSURE, **risk(2)), sensitivity="quiet") is None
    assert attend(voice(CALM, **risk(1)), sensitivity="quiet") is not None


def test_a_finding_is_judged_again_from_its_frozen_input():
    for finding in (attend(voice()), attend(voice(CALM, **risk(1)))):
        assert Detector(Options()).rejudge(finding.frozen) == finding.score
        assert 0.5 <= finding.score <= 1.0


@pytest.mark.parametrize(
    "text",
    [
        "Mình thất vọng với Acme quá, từ nay không hợp tác nữa, dịch vụ tệ hại",
        "Sorry guys, I can't recommend Acme anymore, terrible quality and they never answered me",
        "Acme lừa đảo khách hàng, mình không muốn dính líu nữa",
        "Ấm Acme của mình bốc cháy đêm qua, may mà không ai sao",
    ],
)
def test_posts_that_turn_against_the_brand(pipeline, text):
    assert attend(post(pipeline, text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Acme đỉnh thật sự, nồi chiên dùng cả năm vẫn ngon, yêu Acme",
        "Hôm nay mình ghé Acme Lê Lợi mọi người nha",
        "Acme làm mình tăng 3 ký, ghét ghê á 😂 ngon quá trời",
        "Ghét Acme ghê, ra mẫu mới hoài hết tiền luôn nè 😅❤️",
        "Acme hay ghê ha, giao hàng có 3 tuần thôi à, tuyệt vời 👏",
        "Acme không có chất cấm đâu, mọi người yên tâm nhé",
        "Why does my Acme kettle not turn on? Anyone know how to fix it?",
        "Love my new Acme kettle, best gift ever!",
    ],
)
def test_praise_jokes_and_questions_of_theirs_raise_nothing(pipeline, text):
    assert attend(post(pipeline, text)) is None
