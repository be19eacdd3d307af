"""How a burst spread, in plain numbers."""

from datetime import timedelta

from core.bursts import Amplification
from detectors.amplification import profile
from store.voices import Voice

DAY = timedelta(days=1)


def test_a_storm_of_copies_by_new_accounts(now):
    """Four people who are long known tell stories; one that came yesterday posts the first of them six times more, and a paper reprints it."""
    month = now - 30 * DAY
    known = [Voice(n, "forum", "original", n, n, author_since=month, source_since=month) for n in range(1, 5)]
    pushed = [Voice(10 + n, "group", "repost", 9, 1, author_since=now - DAY, source_since=month) for n in range(6)]
    wire = Voice(20, "paper", "wire", None, 1, source_since=month)
    assert profile([*known, *pushed, wire], now) == Amplification(
        mentions=11,
        stories=4,
        reposts=6,
        wires=1,
        accounts=5,
        by_accounts=10,
        by_top_account=6,
        new_accounts=1,
        aged_accounts=5,
        sources=3,
        top_source="group",
        by_top_source=6,
    )


def test_on_a_source_that_is_new_itself_nobody_is_told_to_be_new(now):
    found = profile([Voice(1, "forum", "original", 1, 1, author_since=now, source_since=now - 6 * DAY), Voice(2, "feed", "original")], now)
    assert (found.new_accounts, found.aged_accounts) == (0, 0), "unknown is not zero, and not all"
    assert (found.accounts, found.by_accounts, found.stories) == (1, 1, 2)


def test_of_equal_sources_the_first_by_name_is_told(now):
    assert profile([Voice(1, "b", "original"), Voice(2, "a", "original")], now).top_source == "a"
    assert profile([], now).mentions == 0
