"""The recipe of the sentiment models, on a few sentences of our own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="training needs the extra `train`")

from detectors.enrichment.sentiment_model import SentimentModel, load_models, save
from detectors.enrichment.training import data, fit, train
from detectors.enrichment.training.data import POLAR, Source
from detectors.enrichment.training.train import Recipe

GOOD = ["hàng đẹp lắm", "rất hài lòng", "giao nhanh tốt", "tuyệt vời luôn", "đẹp và tốt"]
BAD = ["hàng tệ lắm", "rất thất vọng", "giao chậm tệ", "dở quá trời", "hỏng và tệ"]
PLAIN = ["hàng màu xanh", "giao thứ hai", "giá bao nhiêu", "còn size không", "shop ở đâu"]


@pytest.fixture(scope="module", autouse=True)
def few_turns() -> Iterator[None]:
    """A dozen sentences are learnt in a dozen turns; every turn goes over all the weights of a real model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "ITERATIONS", 12)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("texts")
    three = [(text, label) for label, texts in (("positive", GOOD), ("negative", BAD), ("neutral", PLAIN)) for text in texts]
    (tmp_path / "three.jsonl").write_text("\n".join(json.dumps({"text": text, "label": label}) for text, label in three))
    two = [{"text": text, "label": label} for label, texts in (("positive", GOOD), ("negative", BAD)) for text in texts]
    (tmp_path / "two.jsonl").write_text("\n".join(json.dumps(one | {"text": one["text"].replace("hàng", "máy")}) for one in two))
    (tmp_path / "asides.jsonl").write_text("\n".join(json.dumps({"text": f"{text} thầy ạ", "label": label}) for text, label in three))
    return tmp_path


def model(folder: Path, *sources: Source) -> SentimentModel:
    return train.fitted(data.read(folder, sources), Recipe(sources, ("vi",), ridge=0.1, copies=True))


@pytest.fixture(scope="module")
def taught_three(folder: Path) -> SentimentModel:
    return model(folder, Source("three"))


@pytest.mark.slow
def test_a_model_tells_what_it_was_taught_with_and_without_marks(taught_three: SentimentModel):
    said = taught_three.probabilities(["hàng tệ", "hang te", "đẹp", "dep", "giá bao nhiêu"]).argmax(axis=1)
    assert said.tolist() == [0, 0, 2, 2, 1]


@pytest.mark.slow
def test_an_expert_of_two_labels_never_says_the_third_and_the_gate_knows_its_texts(folder: Path):
    taught = model(folder, Source("three"), Source("two", choice=POLAR), Source("asides"))
    mixture = taught.experts
    found = taught.probabilities(["máy tệ", "máy tuyệt vời", "giá bao nhiêu"])
    assert found.argmax(axis=1).tolist() == [0, 2, 1]
    assert mixture.experts == 3
    assert found[:2, 1].max() < found[2, 1]


@pytest.mark.slow
def test_the_same_texts_give_the_same_file_bit_for_bit(folder: Path, taught_three: SentimentModel):
    files = []
    for number, taught in enumerate((taught_three, model(folder, Source("three")))):
        save(folder / f"{number}.npz", {"vi": taught})
        files.append((folder / f"{number}.npz").read_bytes())
    assert files[0] == files[1]
    assert load_models(str(folder / "0.npz"))["vi"].threshold == 1.0


def test_the_power_makes_bold_probabilities_hold(taught_three: SentimentModel):
    drawn = np.random.default_rng(1)
    bold = np.full((2_000, 3), 0.005, dtype=np.float32)
    bold[:, 0] = 0.99
    labels = np.where(drawn.random(2_000) < 0.7, 0, drawn.integers(1, 3, 2_000))
    every = np.ones((2_000, 3), dtype=bool)
    texts = data.Texts(None, None, None, np.eye(3, dtype=bool)[labels], every, np.ones(2_000, dtype=np.float32), labels)  # type: ignore[arg-type]
    mended = fit.calibrated(taught_three, [bold], texts)
    assert mended.blended([bold])[0, 0] == pytest.approx(0.7, abs=0.03)


def test_the_threshold_is_the_lowest_that_keeps_its_promise():
    count = 1_000
    negative = np.linspace(0.99, 0.5, count).astype(np.float32)
    probabilities = np.column_stack((negative, 1 - negative, np.zeros(count))).astype(np.float32)
    truth = np.arange(count) < count // 3  # the surest third is negative, as assumed
    found = fit.threshold(probabilities, truth, np.zeros(count, dtype=np.int64))
    told = negative >= found
    assert truth[told].mean() == pytest.approx(fit.PRECISION, abs=0.005)
    assert fit.threshold(probabilities, ~truth, np.zeros(count, dtype=np.int64)) == 1.0
