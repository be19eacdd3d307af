"""`tocsin explain` tells why a signal was raised, and whether it would be raised again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from core.records import Enrichment, Sentiment, TopicMatch
from detectors.raising import Crowd, signal_of
from detectors.signals.single_risk import Detector, Options
from store import enrichments, mentions, signals
from tests import make
from tests.console.conftest import Room
from tests.contracts.test_detectors import MONDAY, heard

SOUR = Sentiment(negative=0.9, neutral=0.08, positive=0.02, confident=True)


def a_signal(room: Room, **changes: Any) -> int:
    """An incident of a recall that one post tells; the signal as the Enricher raises it. Returns its number."""
    post = make.mention("Acme thu hồi ấm đun", source="press", at=MONDAY, author="bao")
    (mention_id,) = room.use(mentions.add, [post]).new
    topic = TopicMatch(topic_id="acme", version="1", terms=("acme",))
    said = Enrichment(mention_id=mention_id, language="vi", topics=(topic,), sentiment=SOUR, model="m1")
    room.use(enrichments.save, said, counts_at=MONDAY, story_id=None)
    finding = Detector(Options()).judge(heard(mention_id=mention_id, author="press/bao"), [])
    assert finding is not None
    crowd = Crowd(mentions=1, stories=1, authors=1, negative=1)
    signal = signal_of(finding, topic_id="acme", topic_name="Acme", now=room.now, generation=1, crowd=crowd)
    number = room.incident()
    (signal_id,) = room.use(signals.add, [msgspec.structs.replace(signal, **changes)])
    room.use(signals.take, signal_id, room.now, incident_id=number)
    return int(signal_id)


@pytest.fixture
def watched(room: Room) -> Room:
    room.configure(detectors={"signals": [{"kind": "single_risk"}]})
    return room


def test_a_signal_is_explained_and_judged_again_to_the_last_digit(watched: Room) -> None:
    number = a_signal(watched)
    said = watched.tocsin("explain", f"signal:{number}")
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == f"signal:{number}  Acme: a mention of recall (“thu hồi”)"
    for words in (
        "Raised by single_risk on Acme at",
        "incident #1",
        "a single mention in 1 minute; what is usual is not known yet",
        "Counted: 1 mention, 1 story and 1 author; 100% negative",
        "Risk: recall",
        "What was heard then:",
        "Judged by: alone_up_to: 1, min_authors: 3",
        "Judged again: identical, score 0.9",
        "press  bao  Acme thu hồi ấm đun",
    ):
        assert words in said.out, words


def test_for_programs_it_is_one_list_with_all_that_was_frozen(watched: Room) -> None:
    number = a_signal(watched)
    found = watched.tocsin("explain", "#1", "--json").json
    assert [each["kind"] for each in found] == ["single_risk", "volume_spike"]
    first = found[0]
    assert (first["signal_id"], first["incident_id"], first["share_negative"]) == (number, 1, 1.0)
    assert first["rejudged"] == {"score": first["score"], "verdict": "identical", "changes": []}
    assert first["configuration"]["generation"] == 1
    assert len(first["configuration"]["hash"]) == 16
    assert first["from"] < first["to"]
    assert first["counted"] == {"mentions": 1, "stories": 1, "authors": 1}
    assert first["evidence"][0]["source_id"] == "press"
    assert first["frozen"]["term"] == "thu hồi"
    assert found[1]["rejudged"]["verdict"] == "impossible", "what an older release froze"


def test_of_many_signals_the_first_are_told_and_the_others_counted(watched: Room) -> None:
    number = a_signal(watched)
    said = watched.tocsin("explain", "1", "--limit", "1")
    assert said.err == "1 more on this incident; see --limit, or signal:N of one alone\n"
    assert [line.split()[0] for line in said.out.splitlines() if line.startswith("signal:")] == [f"signal:{number}"]


def test_what_has_changed_since_is_said(watched: Room) -> None:
    frozen = {
        "version": "0",
        "options": {"min_authors": 5, "alone_up_to": 1},
        "alone": False,
        "authors": 7,
        "configuration": {"query": "old"},
    }
    number = a_signal(watched, score=0.6, frozen=frozen)
    said = watched.tocsin("explain", f"signal:{number}").out
    for words in (
        "Judged again: it differs, score 0.6 then, 0.583333333 now",
        "Changed since: the detector was of version 0, now 1",
        "Changed since: `min_authors` was 5, now 3",
        "Changed since: the query of acme",
    ):
        assert words in said, words
    watched.configure(detectors={"signals": [{"kind": "volume_spike"}]})
    assert "switched off" in watched.tocsin("explain", f"signal:{number}").out


def test_what_no_detector_raised_has_nothing_to_judge_again(watched: Room) -> None:
    assert watched.tocsin("missed", "--at", "2h", "--topic", "acme", "--as", "ana").status == 0
    assert "No detector of ours raised it" in watched.tocsin("explain", "1").out


@pytest.mark.parametrize(
    ("typed", "mend", "status"),
    [("9", "no incident 9", 1), ("signal:9", "no signal 9", 1), ("mention:1", "signal:34", 2), ("x", "signal:34", 2)],
)
def test_what_is_not_there_is_told_in_one_line(watched: Room, typed: str, mend: str, status: int) -> None:
    said = watched.tocsin("explain", typed)
    assert (said.status, said.out, said.err.count("\n")) == (status, "", 1)
    assert mend in said.err
