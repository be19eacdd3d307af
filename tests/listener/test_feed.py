"""Feeds of every dialect, whole and hostile."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from core.errors import SourceUnreadable
from listener.entries import MAX_ENTRIES, Entry
from listener.feed import read

SHARED = Path(__file__).parents[3] / "shared" / "data" / "feeds"
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Báo Thử</title><language>vi-VN</language>
 <atom:link rel="hub" href="https://hub.example/"/>{items}</channel></rss>"""


def rss(*items: str) -> bytes:
    return RSS.format(items="".join(f"<item>{item}</item>" for item in items)).encode()


def only(body: bytes, content_type: str = "") -> Entry:
    (entry,) = read(body, content_type, base="https://a.example/feeds/all.xml").entries
    return entry


def test_an_rss_entry_is_read_whole() -> None:
    body = rss(
        "<guid isPermaLink='false'>n1</guid><link>/tin/1</link><title>Ấm Acme &amp;amp; bốc cháy</title><dc:creator>Lan</dc:creator>"
        "<pubDate>Sat, 21 Nov 2026 10:00:00 +0700</pubDate><description>ngắn</description>"
        "<content:encoded><![CDATA[<p>Một</p><p>hai<script>x()</script></p>]]></content:encoded>"
    )
    feed = read(body, base="https://a.example/feeds/all.xml")
    assert (feed.title, feed.language, feed.hub, feed.total, feed.broken) == ("Báo Thử", "vi", "https://hub.example/", 1, False)
    assert feed.entries[0] == Entry(
        native_id="n1",
        url="https://a.example/tin/1",
        title="Ấm Acme & bốc cháy",
        text="Một\n\nhai",
        author="Lan",
        published_at=datetime(2026, 11, 21, 3, tzinfo=UTC),
        language="vi",
    )


DIALECTS = {
    "rss 0.91": b"<?xml version='1.0'?><!DOCTYPE rss PUBLIC '-//Netscape//DTD RSS 0.91//EN' 'http://my.netscape.com/publish/formats/rss-0.91.dtd'>"
    b"<rss version='0.91'><channel><title>T</title><item><title>one</title><link>http://a.example/1</link></item></channel></rss>",
    "rss 0.92": b"<rss version='0.92'><channel><item><title>one</title><link>http://a.example/1</link></item></channel></rss>",
    "rdf 1.0": b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel/>"
    b"<item rdf:about='http://a.example/1'><title>one</title><link>http://a.example/1</link></item></rdf:RDF>",
    "rdf 0.90": b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'>"
    b"<item><title>one</title><link>http://a.example/1</link></item></rdf:RDF>",
    "atom 0.3": b"<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title>one</title><link rel='alternate' href='http://a.example/1'/></entry></feed>",
    "atom 1.0": b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='html'>one</title><link href='http://a.example/1'/></entry></feed>",
    "json feed": b'\xef\xbb\xbf {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 1, "url": "http://a.example/1", "title": "one"}]}',
    "utf-16": "<?xml version='1.0' encoding='utf-16'?><rss version='2.0'><channel><item><title>one</title><link>http://a.example/1</link></item></channel></rss>".encode(
        "utf-16"
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_read(dialect: str) -> None:
    entry = only(DIALECTS[dialect])
    assert (entry.title, entry.url) == ("one", "http://a.example/1")


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Sat, 21 Nov 2026 10:00:00 +0700", datetime(2026, 11, 21, 3, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 03:00:00 GMT", datetime(2026, 11, 21, 3, tzinfo=UTC)),
        ("2026-11-21T10:00:00+07:00", datetime(2026, 11, 21, 3, tzinfo=UTC)),
        ("2026-11-21T03:00:00Z", datetime(2026, 11, 21, 3, tzinfo=UTC)),
        ("Thu, 01 Jan 2099 00:00:00 GMT", datetime(2099, 1, 1, tzinfo=UTC)),
        ("2026-11-21 10:00:00", None),
        ("Sat, 21 Nov 2026 10:00:00", None),
        ("2026-11-21", None),
        ("yesterday", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
    ],
)
def test_a_date_is_aware_or_unknown(written: str, at: datetime | None) -> None:
    assert only(rss(f"<title>t</title><pubDate>{written}</pubDate>")).published_at == at


def test_an_edit_is_told_from_the_publication() -> None:
    body = b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>t</title><published>2026-11-21T03:00:00Z</published><updated>%s</updated></entry></feed>"
    assert only(body % b"2026-11-21T04:00:00Z").edited_at == datetime(2026, 11, 21, 4, tzinfo=UTC)
    assert only(body % b"2026-11-21T03:00:00Z").edited_at is None


@pytest.mark.parametrize(
    ("item", "native"),
    [
        ("<title>t</title><link>http://A.example/1?utm_source=rss</link>", "http://a.example/1"),
        ("<title>t</title><guid>g</guid><link>http://a.example/1</link>", "g"),
    ],
)
def test_an_entry_without_an_id_is_known_by_its_link(item: str, native: str) -> None:
    assert only(rss(item)).native_id == native


def test_an_entry_without_id_and_link_is_known_by_its_words() -> None:
    assert only(rss("<title>t</title>")).native_id == only(rss("<title>T!</title>")).native_id != only(rss("<title>u</title>")).native_id


def test_every_field_is_taken_for_hostile() -> None:
    entry = only(
        rss(
            "<guid>a\u202eb</guid><title>&lt;script&gt;alert(1)&lt;/script&gt;hi</title><link>javascript:alert(1)</link>"
            f"<author>&lt;img src=x onerror=y&gt;</author><description>{'x' * 100_000}</description><pubDate>2099</pubDate>"
        )
    )
    assert (entry.native_id, entry.title, entry.url, entry.author, entry.published_at) == ("ab", "hi", None, None, None)
    assert len(entry.text) == 20_000


def test_entities_are_refused_before_anything_is_parsed() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    file = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    for doctype in (
        bomb,
        file,
        bomb.lower(),
        "<!-- x --> \n" + bomb,
        '<!DOCTYPE x [<!ENTITY a "]>">]>',
        "<!ENTITY a 'b'>",
        '<!DOCTYPE x [<!-- ]> --><!ENTITY a "b">]>',
    ):
        body = f"<?xml version='1.0'?>{doctype}<rss version='2.0'><channel><item><title>&b;</title></item></channel></rss>"
        for bytes_ in (body.encode(), body.encode("utf-16"), body.encode("utf-16-be"), body.encode("utf-32")):
            with pytest.raises(SourceUnreadable, match="entities"):
                read(bytes_)


def test_an_article_may_write_about_entities() -> None:
    assert only(rss("<title><![CDATA[On &lt;!ENTITY a SYSTEM&gt;]]></title>")).title == "On <!ENTITY a SYSTEM>"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!DOCTYPE html><html><body><p>Hi</p></body></html>", "HTML page"),
        (b"<html><head><link rel='alternate' href='/feed'></head></html>", "HTML page"),
        (b"not a feed", "not a feed"),
        (b"/etc/passwd", "not a feed"),
        (b"http://127.0.0.1:1/feed", "not a feed"),
        (b"<svg/>", "no entry"),
        (b"<rss version='2.0'><channel><tit", "no entry"),
        (b"{}", "JSON Feed"),
        (b'{"items": [', "broken JSON"),
        (b'{"a":' * 100_000, "broken JSON"),
        (b"\x00\xff\xfe" * 100, "not a feed"),
    ],
)
def test_what_is_no_feed_is_said_in_one_line(body: bytes, reason: str) -> None:
    with pytest.raises(SourceUnreadable, match=reason) as caught:
        read(body, source="vnexpress")
    assert str(caught.value).startswith("vnexpress: ")
    assert "\n" not in str(caught.value)


def test_an_empty_feed_is_a_feed() -> None:
    assert read(b"<rss version='2.0'><channel><title>T</title></channel></rss>").entries == ()


def test_a_broken_feed_is_read_as_far_as_it_goes() -> None:
    feed = read(rss("<title>one</title>", "<title>a & b</title>")[:-20])
    assert feed.broken
    assert feed.total == 2


def test_a_feed_without_end_is_cut() -> None:
    feed = read(rss(*(["<title>t</title>"] * (MAX_ENTRIES + 5))))
    assert (len(feed.entries), feed.total) == (MAX_ENTRIES, MAX_ENTRIES + 5)


@pytest.mark.shared
def test_every_recorded_feed_is_read_or_refused_and_none_of_its_entries_is_lost() -> None:
    files = [path for path in sorted(SHARED.rglob("*")) if path.suffix in (".xml", ".rss", ".atom", ".json", ".html")]
    assert len(files) > 70
    read_count = 0
    for path in files:
        body = path.read_bytes()
        try:
            feed = read(body, base="https://a.example/")
        except SourceUnreadable:
            assert path.suffix in (".json", ".html") or not feedparser.parse(io.BytesIO(body)).entries, path.name
            continue
        read_count += 1
        if path.suffix != ".json":
            assert feed.total == len(feedparser.parse(io.BytesIO(body)).entries), path.name
        assert all(entry.native_id for entry in feed.entries), path.name
    assert read_count > 55
