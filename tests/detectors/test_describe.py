"""A finding with its burst; and a signal that is raised though telling its burst fails."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs

from core.bursts import Burst
from core.records import Words
from detectors import describe
from detectors.base import Finding
from detectors.describe import APART, Heard, described
from store.voices import Voice


def finding(now):
    span = {"bucket_start": now, "window_start": now - timedelta(hours=1), "window_end": now, "scale_s": 3600}
    words = Words(key="signal.volume_spike", args={})
    return Finding(kind="volume_spike", **span, observed=1.0, expected=None, low=None, high=None, score=0.6, words=words, frozen={"a": 1})


def test_the_past_ends_a_day_before_so_that_the_burst_is_not_its_own_past(now):
    told = [Voice(n, "forum", "original", n, n, text=f"{n} ấm cháy") for n in range(6)]
    past = [Voice(n, "forum", "original", n, n, text=f"đẹp {n}", at=now - timedelta(days=9)) for n in range(100, 140)]
    found = describe.describe(Heard(told, past), now)
    assert isinstance(found, Burst)
    assert (found.voices, found.past_voices, found.past_until) == (6, 40, now - APART)
    assert [theme.voices for theme in found.themes] == [6]
    assert describe.describe(Heard(told, []), now).past_until is None
    assert describe.describe(Heard([], past), now) is None


def test_long_texts_take_no_longer_than_many(now):
    told = [Voice(n, "forum", "original", n, n, text=f"{n} ấm cháy " + "x " * 140, at=now) for n in range(describe.MOST_READ)]
    past = [
        Voice(n, "forum", "original", n, n, text="y" * 300, at=now - timedelta(days=n % 9)) for n in range(1000, 1000 + describe.MOST_PAST)
    ]
    found = describe.describe(Heard(told, past), now)
    assert found.voices * len(told[0].text) <= describe.MOST_CHARS_READ
    assert found.past_voices * 300 <= describe.MOST_PAST_CHARS
    assert found.amplification.mentions == describe.MOST_READ, "who posts is told of all"


async def test_where_nobody_was_heard_the_finding_stays_as_it_was(database, now):
    assert await described(database, finding(now), "acme", brand=["Acme"], names=()) == finding(now)


async def test_a_bug_in_telling_it_does_not_keep_the_signal_back(database, now, monkeypatch):
    def broken(*_args, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr(describe, "describe", broken)
    with capture_logs() as logs:
        assert await described(database, finding(now), "acme", brand=["Acme"], names=()) == finding(now)
    assert [each["event"] for each in logs] == ["burst not described"]
