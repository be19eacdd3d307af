"""feedparser, as we ask it."""

from __future__ import annotations

from datetime import UTC, datetime

from listener.reference import read_reference


def test_a_malformed_feed_is_read_as_far_as_it_goes() -> None:
    found = read_reference(
        b"<rss version='2.0'><channel><title>F</title><item><title>a & b</title><dc:creator>Lan</dc:creator></item><item><title>c"
    )
    assert found is not None
    assert (found.broken, found.total, found.title) == (True, 2, "F")
    assert found.entries[0].title == "a & b"


def test_its_times_without_a_zone_are_not_believed() -> None:
    dates = "<item><pubDate>Sat, 21 Nov 2026 10:00:00</pubDate></item><item><pubDate>Sat, 21 Nov 2026 10:00:00 GMT+7</pubDate></item>"
    found = read_reference(f"<rss version='2.0'><channel>{dates}</channel></rss>".encode())
    assert found is not None
    assert [entry.published for entry in found.entries] == [None, datetime(2026, 11, 21, 3, tzinfo=UTC)]


def test_what_it_cannot_make_a_feed_of_is_none() -> None:
    assert read_reference(b"") is None
    assert read_reference(b"<html><p>x</p></html>") is None
    assert read_reference(b"/etc/passwd") is None


def test_counters_and_links_are_taken_from_it() -> None:
    body = (
        b"<rss version='2.0' xmlns:slash='http://purl.org/rss/1.0/modules/slash/' xmlns:atom='http://www.w3.org/2005/Atom'><channel>"
        b"<atom:link rel='hub' href='https://hub.example/'/><item><title>t</title><slash:comments>7</slash:comments></item></channel></rss>"
    )
    found = read_reference(body)
    assert found is not None
    assert (found.hub, found.entries[0].replies) == ("https://hub.example/", 7)
