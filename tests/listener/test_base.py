"""What all collectors share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.errors import SourceUnavailable
from core.http import Fetcher
from listener.base import ask, known_time, web_link

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("/1", "https://b.example/1"),
        ("//a.example/1", "https://a.example/1"),
        (" https://a.example/\n1\u200b", "https://a.example/1"),
        ("javascript:alert(1)", None),
        ("JAVASCRIPT:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:lan@a.example", None),
        ("http://[broken", None),
        ("http://a.example:99999/", None),
        ("https://a.example/" + "x" * 3_000, None),
        (None, None),
        (7, None),
    ],
)
def test_only_web_links_are_kept(written: object, link: str | None) -> None:
    assert web_link(written, "https://b.example/feed") == link


@pytest.mark.parametrize(
    ("at", "known"),
    [
        (datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=7))), NOW),
        (datetime(2099, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)),
        (datetime(2026, 11, 21), None),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=7))), None),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=7))), None),
        (None, None),
    ],
)
def test_a_time_is_known_where_it_has_a_zone_and_makes_sense(at: datetime | None, known: datetime | None) -> None:
    assert known_time(at) == known


async def test_a_forbidden_address_is_unavailable_and_says_the_mend() -> None:
    async with Fetcher(now=lambda: NOW) as http:
        with pytest.raises(SourceUnavailable, match="allow_private_hosts"):
            await ask(http, "http://127.0.0.1:1/", source="forum")
