"""What a mention wants: the cases of `tests/data/triage.yaml`, and the order of the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from core.records import Risk, Sentiment
from core.tokens import tokens
from detectors.enrichment.pipeline import Heard, Pipeline, TopicSpec
from detectors.enrichment.triage import triage

CASES: dict[str, list[str]] = yaml.safe_load(Path(__file__).parents[2].joinpath("data/triage.yaml").read_text("utf-8"))
BY_MODEL = ("complaint", "praise")  # told by sentiment too, which may miss one text in ten
CALM = Sentiment(negative=0.2, neutral=0.6, positive=0.2, confident=False)
ANGRY = Sentiment(negative=0.9, neutral=0.05, positive=0.05, confident=True)
GLAD = Sentiment(negative=0.02, neutral=0.08, positive=0.9, confident=True)


@pytest.fixture(scope="module")
def sorted_cases() -> dict[str, dict[str, str | None]]:
    pipeline = Pipeline([TopicSpec(id="acme", query="acme")])
    return {name: {text: pipeline.understand(Heard(text=text))["triage"] for text in texts} for name, texts in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_every_case_is_in_its_class_and_in_no_other(sorted_cases: dict[str, dict[str, str | None]], name: str):
    wrong = {text: found for text, found in sorted_cases[name].items() if found != (None if name == "none" else name)}
    if name in BY_MODEL:
        assert len(wrong) <= len(CASES[name]) // 10, wrong
        assert set(wrong.values()) <= {None, "complaint"}, wrong
    else:
        assert wrong == {}


def test_every_class_has_cases_enough():
    assert all(len(set(texts)) >= 25 for name, texts in CASES.items() if name != "none")


def wants(text: str, sentiment: Sentiment = CALM, *risks: Risk) -> str | None:
    return triage(text, tokens(text), risks, sentiment)


def test_who_asks_or_buys_in_anger_complains():
    assert wants("sao vậy shop?") == "question"
    assert wants("sao vậy shop?", ANGRY) == "complaint"
    assert wants("còn hàng không shop, hẹn mãi rồi", ANGRY) == "complaint"
    assert wants("còn hàng không shop", ANGRY) == "lead"  # four words, one of which looks like a denial
    assert wants("cho em hỏi bảo hành bao lâu", ANGRY) == "question"


def test_a_risk_decides_before_a_question():
    assert wants("quán này có giòi phải không?", CALM, Risk(family="food-safety", level=1, term="giòi")) == "crisis"
    assert wants("cho em hỏi", CALM, Risk(family="spam", level=3, term="x")) == "spam"
    assert wants("xin chào", CALM, Risk(family="complaint", level=3, term="chậm")) == "complaint"


def test_grave_risks_of_level_two_are_a_crisis_too_and_others_a_complaint():
    assert wants("nghe nói ngộ độc", GLAD, Risk(family="food-safety", level=2, term="ngộ độc")) == "crisis"
    assert wants("nghe nói lừa đảo", CALM, Risk(family="fraud", level=2, term="lừa đảo")) == "complaint"


def test_praise_and_complaint_need_a_confident_tone():
    assert wants("đẹp", GLAD) == "praise"
    assert wants("tệ", ANGRY) == "complaint"
    assert wants("đẹp") is None


def test_an_insult_is_a_complaint_and_swearing_alone_is_nothing():
    assert wants("đồ ngu", CALM, Risk(family="insult", level=3, term="đồ ngu")) == "complaint"
    assert wants("ngon vl", GLAD, Risk(family="tone", level=3, term="vl")) == "praise"
