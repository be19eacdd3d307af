import io
import json
import sys

import pytest

from console.verbs import texts
from tests.console.conftest import Room


def _type(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO("\n".join(lines).encode() + b"\n"))
    monkeypatch.setattr(sys, "stdin", stream)


def test_texts_come_back_understood_and_in_order(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    _type(monkeypatch, json.dumps({"text": "Ấm Acme bốc cháy, hàng quá tệ"}), json.dumps({"text": "I love my Acme kettle", "lang": "en"}))
    said = room.tocsin("enrich", "--topics")
    assert said.status == 0
    first, second = said.lines
    assert set(first) == {"lang", "sentiment", "risks", "topics", "triage"}
    assert set(first["sentiment"]) == {"label", "negative", "neutral", "positive", "confident"}
    assert (first["lang"], second["lang"]) == ("vi", "en")
    assert first["risks"][0]["family"]
    assert [topic["topic_id"] for topic in second["topics"]] == ["acme"]


def test_without_topics_no_configuration_is_needed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.file.unlink()
    _type(monkeypatch, json.dumps({"text": "Acme is great"}))
    said = room.tocsin("enrich")
    assert said.status == 0
    assert said.lines[0]["topics"] == []


def test_a_bad_line_gives_an_error_in_its_place(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    _type(monkeypatch, "not json", json.dumps({"words": "x"}), "", json.dumps({"text": ""}))
    said = room.tocsin("enrich")
    assert said.status == 1
    assert ["error" in line for line in said.lines] == [True, True, False]
    assert "line 1" in said.lines[0]["error"]


def test_a_line_without_an_end_is_read_past_and_what_follows_is_answered(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_LINE_BYTES", 100)
    _type(monkeypatch, "\ufeff" + json.dumps({"text": "a"}), json.dumps({"text": "b" * 1_000}), json.dumps({"text": "c"}))
    said = room.tocsin("enrich")
    assert said.status == 1
    assert [line.get("error") for line in said.lines] == [None, "line 2: is longer than 100 bytes", None]
