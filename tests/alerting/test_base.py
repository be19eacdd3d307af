"""However little a channel carries, the link and the code stand whole."""

from __future__ import annotations

import pytest

from alerting.base import Message, fitted, headed
from alerting.inert import utf16_units

LINK = "http://127.0.0.1:8765/i/abcdefgh"


def message(**change: object) -> Message:
    fields = {
        "kind": "page", "subject": "S", "body": f"{'nội dung ' * 60}\n{LINK}\nK7P2", "short": f"[MAJOR] INCIDENT #12 {'title ' * 10}{LINK} K7P2", "language": "en",
        "idempotency_key": "k", "thread_key": "t", "link": LINK, "ack_code": "K7P2",
    }  # fmt: skip
    return Message(**(fields | change))


@pytest.mark.parametrize("limit", [80, 100, 160, 280, 400, 500, 5000])
def test_what_does_not_fit_is_cut_before_the_link(limit: int) -> None:
    said = fitted(message(), limit)
    assert len(said) <= limit
    assert LINK in said
    assert "K7P2" in said
    assert "#12" in said or limit >= len(message().body)


def test_all_of_it_where_it_fits_and_a_line_before_the_text_where_it_does_not() -> None:
    assert fitted(message(), 5000) == message().body
    assert fitted(message(), 400).startswith(message().short + "\n\nnội dung")


def test_without_a_link_the_line_is_cut_at_its_end() -> None:
    bare = message(link=None, ack_code="", short="[MAJOR] " + "x" * 200, body="y" * 900)
    assert fitted(bare, 80) == "[MAJOR] " + "x" * 71 + "…"


def test_a_channel_without_subjects_says_it_first_and_the_line_says_it_where_all_is_too_long() -> None:
    told = message(subject="[MAJOR] INCIDENT #12")
    assert headed(told, 5000) == f"[MAJOR] INCIDENT #12\n{told.body}"
    assert headed(told, len(told.body) + 5).startswith("[MAJOR] INCIDENT #12 title")


@pytest.mark.parametrize("limit", [80, 161, 300, 900])
def test_it_is_cut_as_the_channel_counts(limit: int) -> None:
    said = headed(message(body="👩‍👩‍👧" * 300), limit, utf16_units)
    assert utf16_units(said) <= limit
    assert LINK in said
