"""A silence mutes what it names, for its time, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerting.silence import silenced
from core.records import Signal, Words
from core.silences import Silence

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def signal(**change: object) -> Signal:
    fields: dict[str, object] = {
        "kind": "volume_spike", "subject": "topic:acme", "topic_id": "acme", "bucket_start": NOW, "scale_s": 900, "observed": 40.0,
        "expected": 3.0, "low": None, "high": 9.0, "unit": "mentions", "score": 0.9, "words": Words(key="signal.volume_spike"), "raised_at": NOW,
    }  # fmt: skip
    return Signal(**(fields | change))  # type: ignore[arg-type]


def silence(matches: dict[str, str], starts_at: datetime = NOW - HOUR, ends_at: datetime = NOW + HOUR) -> Silence:
    return Silence(matches=matches, starts_at=starts_at, ends_at=ends_at, by="lan", comment="campaign")


@pytest.mark.parametrize(
    ("matches", "change", "muted"),
    [
        ({"topic": "acme"}, {}, True),
        ({"topic": "rival"}, {}, False),
        ({"topic": "acme", "kind": "volume_spike"}, {}, True),
        ({"topic": "acme", "kind": "negative_surge"}, {}, False),
        ({"risk": "recall"}, {"risk": "recall"}, True),
        ({"risk": "recall"}, {}, False),
        ({"place": "q1"}, {"place_id": "q1"}, True),
        ({"source": "vnexpress"}, {"subject": "source:vnexpress", "topic_id": None}, True),
        ({"source": "vnexpress"}, {}, False),
        ({}, {}, False),
        ({"colour": "red"}, {}, False),
    ],
)
def test_every_key_of_a_silence_has_to_match(matches: dict[str, str], change: dict[str, object], muted: bool) -> None:
    assert (silenced(signal(**change), [silence(matches)], NOW) is not None) is muted


@pytest.mark.parametrize(("starts", "ends", "muted"), [(0, 1, True), (-1, 0, False), (1, 2, False)])
def test_a_silence_holds_from_its_start_up_to_its_end(starts: int, ends: int, muted: bool) -> None:
    assert (silenced(signal(), [silence({"topic": "acme"}, NOW + starts * HOUR, NOW + ends * HOUR)], NOW) is not None) is muted


def test_of_several_silences_the_longest_is_named() -> None:
    longer = silence({"kind": "volume_spike"}, ends_at=NOW + 2 * HOUR)
    assert silenced(signal(), [silence({"topic": "acme"}), longer, silence({"topic": "rival"}, ends_at=NOW + 9 * HOUR)], NOW) is longer
