"""The shipped sentiment models, on words of our own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from core.errors import ConfigError
from core.records import Sentiment
from detectors.enrichment import language, topics
from detectors.enrichment.doc import Notes, blank, notes
from detectors.enrichment.sentiment import load
from detectors.enrichment.sentiment_model import load_models

REGISTERED = (language, topics)  # by being imported
ACME = {"id": "acme", "query": "acme", "languages": []}


@pytest.fixture(scope="module")
def pipeline() -> Language:
    nlp = blank()
    nlp.add_pipe("tocsin_language")
    nlp.add_pipe("tocsin_topics", config={"topics": [ACME]})
    nlp.add_pipe("tocsin_sentiment")
    return nlp


def noted(pipeline: Language, text: str) -> Notes:
    return notes(pipeline(text))


def told(pipeline: Language, text: str) -> Sentiment:
    found = noted(pipeline, text).sentiment
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Terrible service, the worst phone I ever bought. Awful!", "negative"),
        ("I love this kettle, it is amazing, thank you so much!", "positive"),
        ("Sản phẩm quá tệ, thất vọng, phí tiền", "negative"),
        ("san pham qua te, that vong, phi tien", "negative"),
        ("Hàng đẹp, giao nhanh, rất hài lòng", "positive"),
        ("hang dep, giao nhanh, rat hai long", "positive"),
    ],
)
def test_plain_feelings_are_told(pipeline: Language, text: str, label: str):
    assert told(pipeline, text).label == label
    assert told(pipeline, text).confident


def test_probabilities_sum_to_one():
    for model in load_models().values():
        assert np.allclose(model.probabilities(["", "tốt", "bad bad bad", "!" * 5_000]).sum(axis=1), 1, atol=1e-5)


def test_a_language_without_a_model_is_never_judged_confidently(pipeline: Language):
    found = noted(pipeline, "Ik haat dit product, het is echt verschrikkelijk slecht en terrible")
    assert found.language == "nl"
    assert found.sentiment is not None
    assert not found.sentiment.confident


@pytest.mark.parametrize(
    "text",
    [
        "Great, my Acme kettle died after two days. Just what I needed, thanks a lot Acme!",
        "Oh wonderful, Acme lost my parcel again. Best service ever \N{FACE WITH ROLLING EYES}",
        "Well done Acme, charged me twice. Brilliant.",
    ],
)
def test_english_sarcasm_is_left_undecided_rather_than_called_praise(pipeline: Language, text: str):
    """Vietnamese is not always: see docs/standard.md, T21."""
    assert not told(pipeline, text).confident


def test_the_sentence_that_names_the_topic_weighs_more(pipeline: Language):
    text = "Mình mua ấm của hãng kia thì quá tệ, thất vọng, phí tiền. {} thì đẹp, bền, rất hài lòng!"
    about, aside = told(pipeline, text.format("Acme")), told(pipeline, text.format("Sanaky"))
    assert about.label == "positive"
    assert about.negative < aside.negative


def test_a_sentence_that_holds_only_the_name_says_nothing_by_itself(pipeline: Language):
    text = "Acme. Máy quá tệ, thất vọng, phí tiền."
    assert told(pipeline, text).negative == pytest.approx(load_models()["vi"].probabilities([text])[0, 0], abs=1e-5)


def test_a_text_is_judged_the_same_alone_and_in_a_batch(pipeline: Language):
    texts = ["great", "tệ quá", "", "ok", "hang dep lam shop oi", "Acme tệ. Mình buồn quá trời."]
    together = [notes(doc).sentiment for doc in pipeline.pipe(texts)]
    assert [told(pipeline, text).negative for text in texts] == pytest.approx([found.negative for found in together if found])


@pytest.mark.parametrize("holds", [None, b"", b"no model", b"PK\x03\x04 cut off", b"\x93NUMPY"])
def test_a_file_that_is_no_model_is_told_in_one_line(tmp_path: Path, holds: bytes | None):
    path = tmp_path / "mine.npz"
    if holds is not None:
        path.write_bytes(holds)
    with pytest.raises(ConfigError, match=r"^detectors.sentiment.model: .*mine.npz' is no model that training wrote"):
        load(str(path))


def test_arrays_of_something_else_are_no_model(tmp_path: Path):
    np.savez(tmp_path / "other.npz", prices=np.arange(3))
    np.save(tmp_path / "other.npy", np.arange(3))
    for name in ("other.npz", "other.npy"):
        with pytest.raises(ConfigError, match=r"is no model that training wrote"):
            load_models(str(tmp_path / name))
