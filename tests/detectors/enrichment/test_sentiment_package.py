"""A spaCy package of the team's own judges in place of the shipped models."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigError
from detectors.enrichment.sentiment import identity, load

MODULE = """
import spacy
from spacy.language import Language

class Feelings:
    labels = {labels}
    def __call__(self, doc):
        doc.cats = dict.fromkeys(self.labels, 0.02) | {{self.labels[0] if "bad" in doc.text else self.labels[-1]: 0.96}}
        return doc

@Language.factory("{name}_feelings")
def _make(nlp, name):
    return Feelings()

def load(**_):
    nlp = spacy.blank("xx")
    nlp.add_pipe("{name}_feelings")
    return nlp
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def install(name: str, labels: tuple[str, ...]) -> str:
        (tmp_path / f"{name}.py").write_text(MODULE.format(name=name, labels=labels))
        facts = tmp_path / f"{name}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, name, raising=False)
        return name

    return install


def test_a_package_with_feelings_judges_in_place_of_the_shipped_models(installed):
    name = installed("team_feelings", ("NEGATIVE", "NEUTRAL", "POSITIVE"))
    judge = load(name)["xx"]
    assert judge.probabilities(["so bad this thing", "hàng đẹp lắm shop ơi"]) == pytest.approx(
        np.array([[0.96, 0.02, 0.02], [0.02, 0.02, 0.96]])
    )
    assert identity(name) == b"team_feelings 1.0"


def test_a_package_without_feelings_is_told_in_one_line(installed):
    with pytest.raises(ConfigError, match=r"^detectors.sentiment.model: the package 'team_topics' has no text categories"):
        load(installed("team_topics", ("SPORT", "TRADE")))
