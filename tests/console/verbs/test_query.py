"""`tocsin query`: an operator tries a query before saving it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from store import mentions
from tests import make
from tests.console.conftest import Room


@pytest.fixture
def told(room: Room) -> Room:
    """A room with some history: five mentions within the month, one before it."""
    said = [
        ("Ấm Acme bốc cháy", "forum", timedelta(hours=1)),
        ("am acme dùng ko sao", "forum", timedelta(days=1)),
        ("Ấm Acme tốt", "blog", timedelta(days=1, hours=1)),
        ("ấm khác", "blog", timedelta(days=2)),
        ("Acme nói chuyện phim", "blog", timedelta(days=3)),
        ("Ấm Acme năm ngoái", "blog", timedelta(days=90)),
    ]
    page = [make.mention(text, source=source, at=room.now - ago, author="lan" if source == "blog" else None) for text, source, ago in said]
    room.use(mentions.add, page)
    return room


def test_what_a_query_would_have_matched(told: Room) -> None:
    said = told.tocsin("query", '"ấm acme" NOT phim', "--json").json
    assert (said["read"], said["mentions"], said["weak"]) == (5, 3, 1)
    assert said["understood"] == '"ấm acme" AND NOT phim'
    assert said["days"] == {"2026-11-20": 2, "2026-11-21": 1}
    assert said["sources"] == {"forum": 2, "blog": 1}
    assert [(each["text"], each["weak"]) for each in said["examples"]] == [
        ("Ấm Acme bốc cháy", False), ("am acme dùng ko sao", True), ("Ấm Acme tốt", False),
    ]  # fmt: skip
    assert said["always_evaluated"] is False


def test_history_goes_back_as_far_as_is_asked(told: Room) -> None:
    assert told.tocsin("query", "acme", "--since", "2h", "--json").json["mentions"] == 1
    assert told.tocsin("query", "acme", "--since", "100d", "--json").json["read"] == 6
    assert told.tocsin("query", "acme", "--since", "2026-11-20", "--json").json["mentions"] == 3
    assert told.tocsin("query", "acme", "--since", "yesterday").status == 2


def test_people_read_it_in_their_language(told: Room) -> None:
    told.configure(language="vi")
    said = told.tocsin("query", '"ấm acme" NOT phim')
    assert "3 trong 5 lượt nhắc" in said.out
    assert "21/11/2026" in said.out
    assert "khớp yếu" in said.out
    assert said.err == ""
    assert "Không lượt nhắc nào khớp" in told.tocsin("query", "rival").out


def test_a_query_without_a_necessary_word_is_warned_of(told: Room) -> None:
    said = told.tocsin("query", "author:lan")
    assert "every mention is looked at in full" in said.err
    assert "3 of 5 mentions" in said.out
    assert told.tocsin("query", "kind:rss").out.count("None of 5") == 1


def test_why_a_text_does_not_match(told: Room) -> None:
    said = told.tocsin("query", "đường OR (acme NOT phim)", "--explain", "họ dương xem phim acme")
    assert said.status == 0
    assert said.out.startswith(
        "DOES NOT MATCH: None of these holds: đường and acme AND NOT phim. NOT phim takes it out: “phim” stands there."
    )
    assert "- đường: “dương” (with other marks)" in said.out


def test_why_a_mention_with_fields_matches(told: Room) -> None:
    mention = {
        "text": "acme nổ",
        "title": "Ấm",
        "author": {"handle": "@Lan"},
        "url": "https://tinhte.vn/1",
        "source_id": "forum",
        "likes": 3,
    }
    said = told.tocsin("query", "author:lan site:tinhte.vn title:ấm acme", "--explain", json.dumps(mention), "--json").json
    assert (said["matches"], said["weak"]) == (True, False)
    assert [part["holds"] for part in said["parts"]] == ["surely"] * 4
    assert told.tocsin("query", "acme", "--explain", '{"title": 1}').status == 2


def test_a_bad_query_is_told_in_one_line(told: Room) -> None:
    said = told.tocsin("query", "^a.*b$")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "regular expression" in said.err
    assert "at character 1" in said.err
