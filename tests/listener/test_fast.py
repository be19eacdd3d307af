"""The fast way reads rightly what it reads, and leaves the rest."""

from __future__ import annotations

import pytest

from listener.dialects import read_dialects
from listener.entries import Raw
from listener.fast import is_usable, read_fast

SPACES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/' xmlns:atom='http://www.w3.org/2005/Atom' "
    "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' "
    "xmlns:slash='http://purl.org/rss/1.0/modules/slash/' xmlns:thr='http://purl.org/syndication/thread/1.0'"
)


def rss(*items: str, channel: str = "") -> bytes:
    return f"<rss version='2.0' {SPACES}><channel>{channel}{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>".encode()


def atom(*entries: str, about: str = "") -> bytes:
    parts = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f"<feed xmlns='http://www.w3.org/2005/Atom' {SPACES}>{about}{parts}</feed>".encode()


def same(body: bytes) -> Raw:
    """The only entry, which both readers find alike."""
    fast, exact = read_fast(body), read_dialects(body)
    assert fast is not None
    assert exact is not None
    assert (fast.title, fast.language, fast.hub, fast.self_url, fast.total) == (
        exact.title,
        exact.language,
        exact.hub,
        exact.self_url,
        exact.total,
    )
    (entry,), (other,) = fast.entries, exact.entries
    for name in ("title", "author", "published", "updated", "replies", "link"):
        assert getattr(entry, name) == getattr(other, name), name
    assert [text.strip() for text in entry.texts if text] == list(dict.fromkeys(text.strip() for text in other.texts))
    return entry


def test_the_compiled_core_is_here_and_answers_as_it_did() -> None:
    assert is_usable()


@pytest.mark.parametrize(
    "item",
    [
        "<title>t</title><link>http://a.example/1</link><guid>g</guid><description>d</description>",
        "<title>t &amp;amp; u</title><description><![CDATA[<p>a</p>]]></description><pubDate>Sat, 21 Nov 2026 10:00:00 +0700</pubDate>",
        "<title>t</title><description>d</description><content:encoded><![CDATA[<p>whole</p>]]></content:encoded><dc:creator>Lan</dc:creator>",
        "<title>t</title><content:encoded>&lt;p&gt;whole&lt;/p&gt;</content:encoded><dc:date>2026-11-21T10:00:00+07:00</dc:date>",
        "<title>t</title><pubDate>2026-11-21 10:00:00</pubDate><slash:comments>7</slash:comments>",
        "<title>t</title><media:title>other</media:title><itunes:author>Minh</itunes:author><media:content url='x'/>",
        "<title>t</title><link>http://a.example/1</link><atom:link rel='replies' href='http://a.example/r'/><thr:total>3</thr:total>",
        "<title>t</title><description><![CDATA[</item> <item> <slash:comments>9</slash:comments> <title>]]></description><slash:comments>2</slash:comments>",
    ],
)
def test_an_rss_item_is_read_as_the_exact_reader_reads_it(item: str) -> None:
    same(rss(item))


@pytest.mark.parametrize(
    "entry",
    [
        "<id>i</id><title>t</title><link href='/1'/><content type='html'>&lt;p&gt;a&lt;/p&gt;</content><author><name>Lan</name></author>",
        "<id>i</id><title>t</title><link rel='self' href='/s'/><link rel='alternate' href='/1'/><summary>s</summary>",
        "<title>t</title><link rel='enclosure' href='/e.mp3'/><link href='/1'/><published>2026-11-21T10:00:00Z</published><updated>2026-11-21T11:00:00Z</updated>",
        "<title>t</title><summary>short</summary><content>longer than that</content><thr:total>12</thr:total>",
    ],
)
def test_an_atom_entry_is_read_as_the_exact_reader_reads_it(entry: str) -> None:
    same(atom(entry, about="<title>F</title><link rel='self' href='/f'/><link rel='hub' href='https://hub.example/'/>"))


@pytest.mark.parametrize(
    "body",
    [
        rss("<media:title>stranger</media:title><title>own</title>"),
        rss("<atom:link rel='enclosure' href='x'/><link>http://a.example/1</link>"),
        rss("<itunes:author>Stranger</itunes:author><dc:creator>Lan</dc:creator>"),
        rss("<itunes:summary>stranger</itunes:summary><description>own</description>"),
        rss("<title>a <b>bold</b> word</title>"),
        rss("<title>a<!-- c -->b</title>"),
        rss("<description><![CDATA[a]]><p>b</p></description>"),
        rss("<author>lan@example.org</author><dc:creator>Lan</dc:creator>"),
        rss("<title>t</title><link xml:base='http://b.example/'>1</link>"),
        atom("<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>t</div></title>"),
        atom("<title>t</title><link xml:base='http://b.example/' href='1'/>"),
        atom("<title>t</title><media:group><media:description>d</media:description></media:group>"),
    ],
)
def test_what_the_core_would_misread_is_left_to_the_exact_reader(body: bytes) -> None:
    assert read_fast(body) is None
    assert read_dialects(body) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<rss>",
        rss("<title>t</title>")[:-9],
        rss("<title>&nbsp;</title>"),
        rss("<title>a & b</title>"),
        b"<html><body/></html>",
        b"<rdf:RDF/>",
    ],
)
def test_what_is_not_well_formed_is_left_alone(body: bytes) -> None:
    assert read_fast(body) is None


def test_a_summary_made_of_the_content_is_no_summary() -> None:
    found = read_fast(
        atom(
            "<title>t</title><content type='html'>&lt;script&gt;secret()&lt;/script&gt;a</content>",
            "<title>u</title><summary>own</summary>",
        )
    )
    assert found is not None
    assert [entry.texts for entry in found.entries] == [("<script>secret()</script>a",), ("", "own")]


def test_counters_go_to_their_entries() -> None:
    found = read_fast(
        rss("<title>a</title><slash:comments>1</slash:comments>", "<title>b</title>", "<title>c</title><slash:comments>3</slash:comments>")
    )
    assert found is not None
    assert [entry.replies for entry in found.entries] == [1, None, 3]


def test_links_start_from_what_the_document_says() -> None:
    found = read_fast(
        b"<rss version='2.0' xml:base='https://b.example/x/'><channel><item><title>t</title><link>1</link></item></channel></rss>"
    )
    assert found is not None
    assert (found.base, found.entries[0].link) == ("https://b.example/x/", "1")
