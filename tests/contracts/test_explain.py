"""Whatever a signal on the shelf finds is explained in both languages, and judged again to the same score from what was frozen."""

import re
from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerting.coverage import Coverage
from console.config import parse
from console.explaining import Explained, rejudge, window_of
from console.verbs.explain import lines
from core.messages import LANGUAGES, catalogue, translator
from core.records import Signal
from detectors.raising import Crowd, signal_about, signal_of
from tests import make
from tests.contracts.test_detectors import KINDS, findings_of

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
UNFILLED = re.compile(r"\{\w+(:\w+)?\}")
CROWD = Crowd(mentions=40, stories=12, authors=31, negative=30)


def signals_of(kind):
    """What a kind finds, as it is stored: through JSON."""
    for number, finding in enumerate(findings_of(kind), start=1):
        about = {"now": make.NOON, "generation": 1}
        if finding.words.args.get("topic"):
            crowd = None if "counted" in finding.frozen else CROWD
            signal = signal_of(finding, topic_id="acme", topic_name="Ấm Acme", crowd=crowd, **about)
        else:
            signal = signal_about(finding, subject="source:forum", topic_id=None, **about)
        yield msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(signal, id=number)), type=Signal)


def configured(kind):
    return parse(make.config(detectors={"signals": [{"kind": kind}]}))


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_is_judged_again_to_the_same_score_and_nothing_has_changed(kind):
    for signal in signals_of(kind):
        again = rejudge(signal, configured(kind))
        assert (again.verdict, again.score) == ("identical", signal.score)
        assert [each.key for each in again.changes if each.key != "explain.option"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_freezes_its_version_and_its_options(kind):
    for signal in signals_of(kind):
        assert {"version", "options", "configuration", "from_to"} <= set(signal.frozen)
        assert signal.frozen["options"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_is_explained_in_the_reader_s_words(kind, language):
    words = catalogue(language)
    assert f"kind.{kind}" in words
    for signal in signals_of(kind):
        start, end = window_of(signal)
        told = Explained(
            signal=signal,
            incident_id=12,
            start=start,
            end=end,
            rejudged=rejudge(signal, configured(kind)),
            coverage=Coverage(start=start, end=end),
            burst=None,
            deciding=(),
        )
        said = "\n".join(lines(translator(language, zone=HANOI), told, {"acme": "Ấm Acme"}))
        assert UNFILLED.findall(said) == []
        assert f"unit.{signal.unit}" in words
        assert signal.words.key in words
        assert not re.search(r"\b(explain|finding|signal|unit|coverage)\.[a-z_]+\b", said), said
