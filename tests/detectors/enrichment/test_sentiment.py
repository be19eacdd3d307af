"""The shipped sentiment models, on words of our own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigError
from detectors.enrichment.pipeline import Pipeline
from detectors.enrichment.records import Heard
from detectors.enrichment.sentiment import load_models


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline()


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
def test_plain_feelings_are_told(pipeline: Pipeline, text: str, label: str):
    sentiment = pipeline.enrich([Heard(text=text)])[0].sentiment
    assert sentiment.label == label
    assert sentiment.confident


def test_probabilities_sum_to_one():
    for model in load_models().values():
        assert np.allclose(model.probabilities(["", "tốt", "bad bad bad", "!" * 5_000]).sum(axis=1), 1, atol=1e-5)


def test_a_language_without_a_model_is_never_judged_confidently(pipeline: Pipeline):
    found = pipeline.enrich([Heard(text="Je déteste ce produit, c'est vraiment horrible et terrible")])[0]
    assert found.language == "fr"
    assert not found.sentiment.confident


def test_a_text_is_judged_the_same_alone_and_in_a_batch(pipeline: Pipeline):
    texts = [Heard(text=text) for text in ("great", "tệ quá", "", "ok", "hang dep lam shop oi")]
    alone = [pipeline.enrich([text])[0] for text in texts]
    assert [found.sentiment.negative for found in alone] == pytest.approx([found.sentiment.negative for found in pipeline.enrich(texts)])


@pytest.mark.parametrize("holds", [None, b"", b"no model", b"PK\x03\x04 cut off", b"\x93NUMPY"])
def test_a_file_that_is_no_model_is_told_in_one_line(tmp_path: Path, holds: bytes | None):
    path = tmp_path / "mine.npz"
    if holds is not None:
        path.write_bytes(holds)
    with pytest.raises(ConfigError, match=r"^detectors.sentiment.model: .*mine.npz' is no model that training wrote"):
        Pipeline(sentiment_model=str(path))


def test_arrays_of_something_else_are_no_model(tmp_path: Path):
    np.savez(tmp_path / "other.npz", prices=np.arange(3))
    np.save(tmp_path / "other.npy", np.arange(3))
    for name in ("other.npz", "other.npy"):
        with pytest.raises(ConfigError, match=r"is no model that training wrote"):
            load_models(str(tmp_path / name))
