"""Breaches of guidelines: seen by moderators, never a page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from core.records import Risk
from core.text import unmarked
from detectors.base import Heard
from detectors.enrichment import breaches, language, offence, risks
from detectors.enrichment.breaches import BREACHES
from detectors.enrichment.doc import blank, notes
from detectors.signals import single_risk

assert breaches
assert language
assert risks


@pytest.fixture(scope="module")
def nlp() -> Language:
    made = blank()
    for component in ("tocsin_language", "tocsin_risks", "tocsin_offence", "tocsin_breaches"):
        made.add_pipe(component)
    return made


def heard(nlp: Language, text: str) -> dict[str, int]:
    return {risk.family: risk.level for risk in notes(nlp(text)).risks if risk.family in BREACHES}


@pytest.mark.parametrize(
    "text",
    [
        "thằng ngu như bò, câm mồm lại đi mày",
        "con dmm óc chó ngu vcl",
        "thang oc cho nay ngu vcl",
        "you are a fucking idiot, shut the fuck up",
    ],
)
def test_insults_are_heard_at_level_three(nlp: Language, text: str):
    assert heard(nlp, text) == {"insult": 3}


def test_hate_needs_a_group_that_is_named(nlp: Language):
    assert "hate" in heard(nlp, "bọn bắc kỳ ngu như chó, cút hết đi")
    assert "hate" in heard(nlp, "you idiots, fucking muslims, get the fuck out")
    assert "hate" not in heard(nlp, "đồ ngu như chó, cút đi")
    assert "hate" not in heard(nlp, "you fucking idiot, muslims were here before you")


@pytest.mark.parametrize(
    "text",
    [
        "hàng đẹp, giao nhanh, cảm ơn shop",
        "sản phẩm kém chất lượng, giao hàng chậm, thất vọng",
        "bún đậu bắc kỳ quán này ngon",
        "cho em hỏi shop mở cửa mấy giờ ạ",
        "terrible service, still no refund after three weeks",
        "Muslims celebrate Eid this week",
        "",
        "🔥🔥",
    ],
)
def test_a_complaint_and_a_name_of_people_break_no_rule(nlp: Language, text: str):
    assert heard(nlp, text) == {}


def test_a_breach_never_pages_not_even_in_a_crowd():
    detector = single_risk.Detector(single_risk.Options(min_authors=2))
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for family in BREACHES:
        crowd = [
            Heard(
                at=noon, topic_id="acme", topic_kind="brand", risk=Risk(family=family, level=3, term="x"), source_id="forum", author=f"a{n}"
            )
            for n in range(20)
        ]
        assert detector.judge(crowd[0], crowd[1:]) is None


@pytest.mark.shared
@pytest.mark.parametrize(("name", "told"), [("en", "en-offensive-val"), ("vi", "vi-vihos-dev"), ("vi-bare", "vi-vihos-dev")])
def test_the_models_are_as_good_as_told(shared: Path, name: str, told: str):
    lines = [json.loads(line) for line in (shared / "sentiment" / f"{told}.jsonl").read_text("utf-8").splitlines()]
    model = offence.load_models()[name[:2]]
    found = model.probabilities([unmarked(line["text"]) if name == "vi-bare" else line["text"] for line in lines]) >= model.threshold
    truth = np.array([line["label"] == "offensive" for line in lines])
    assert truth[found].mean() > 0.85
    assert found[truth].mean() > (0.18 if name == "en" else 0.7)
