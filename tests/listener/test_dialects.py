"""Every well-formed dialect, exactly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listener.dialects import read_dialects
from listener.entries import Found, Raw, words

RDF = (
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/' {own}>"
    "<channel rdf:about='http://a.example/'><title>F</title><dc:language>vi</dc:language></channel>{items}</rdf:RDF>"
)


def found(body: str) -> Found:
    read = read_dialects(body.encode())
    assert read is not None
    return read


def only(body: str) -> Raw:
    (entry,) = found(body).entries
    return entry


@pytest.mark.parametrize("own", ["xmlns='http://purl.org/rss/1.0/'", "xmlns='http://my.netscape.com/rdf/simple/0.9/'", ""])
def test_rdf_keeps_its_items_beside_the_channel(own: str) -> None:
    items = "<item rdf:about='http://a.example/1'><title>t</title><link>http://a.example/1</link><dc:date>2026-11-21T10:00:00+07:00</dc:date><dc:creator>Lan</dc:creator></item>"
    feed = found(RDF.format(own=own, items=items * 2))
    assert (feed.title, feed.language, feed.total) == ("F", "vi", 2)
    entry = feed.entries[0]
    assert (entry.id, entry.link, entry.author) == ("http://a.example/1", "http://a.example/1", "Lan")
    assert entry.published == datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_prefixes_are_names_and_mean_nothing() -> None:
    plain = "<x:feed xmlns:x='http://www.w3.org/2005/Atom'><x:entry><x:id>i</x:id><x:title>t</x:title><m:title xmlns:m='http://search.yahoo.com/mrss/'>n</m:title></x:entry></x:feed>"
    assert (only(plain).id, only(plain).title) == ("i", "t")
    item = "<item><d:creator xmlns:d='http://purl.org/dc/elements/1.1/'>Lan</d:creator><dc:creator xmlns:dc='http://other.example/'>No</dc:creator></item>"
    assert only(f"<rss><channel>{item}</channel></rss>").author == "Lan"


def test_a_default_namespace_changes_nothing() -> None:
    assert only("<rss xmlns='http://backend.userland.com/rss2'><channel><item><title>t</title></item></channel></rss>").title == "t"


def test_markup_that_was_not_escaped_is_kept_as_markup() -> None:
    entry = only(
        "<rss><channel><item><title>a <b>b</b> &lt; c</title><description>d<p>e</p>f<!-- g -->h</description></item></channel></rss>"
    )
    assert (entry.title, entry.texts) == ("a <b>b</b> &lt; c", ("d<p>e</p>fh",))
    xhtml = "<content type='xhtml'><x:div xmlns:x='http://www.w3.org/1999/xhtml'><x:p>a</x:p><x:p>b</x:p></x:div></content>"
    (whole,) = only(f"<feed xmlns='http://www.w3.org/2005/Atom'><entry>{xhtml}</entry></feed>").texts
    assert words(whole) == "a\n\nb"


def test_links_are_resolved_where_they_stand() -> None:
    body = (
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/x/'><link rel='hub' href='/hub'/>"
        "<entry xml:base='y/'><link rel='self' href='s'/><link href='1'/></entry></feed>"
    )
    assert only(body).link == "https://a.example/x/y/1"
    assert found(body).hub == "https://a.example/hub"


def test_a_page_goes_before_other_links() -> None:
    entry = "<link rel='edit' href='e'/><link rel='enclosure' href='m'/><link type='application/pdf' href='p'/><link rel='alternate' type='text/html' href='h'/>"
    assert only(f"<feed xmlns='http://www.w3.org/2005/Atom'><entry>{entry}</entry></feed>").link == "h"
    assert only("<feed xmlns='http://www.w3.org/2005/Atom'><entry><link rel='self' href='s'/></entry></feed>").link is None


def test_captions_speak_where_an_entry_has_no_words() -> None:
    media = "<m:group xmlns:m='http://search.yahoo.com/mrss/'><m:description>caption</m:description></m:group>"
    assert only(f"<feed xmlns='http://www.w3.org/2005/Atom'><entry>{media}</entry></feed>").texts == ("caption",)
    assert only(f"<feed xmlns='http://www.w3.org/2005/Atom'><entry>{media}<summary>own</summary></entry></feed>").texts == ("own",)


def test_atoms_author_stands_for_entries_without_one() -> None:
    feed = found("<feed xmlns='http://www.w3.org/2005/Atom'><author><name>Lan</name></author><entry><title>t</title></entry></feed>")
    assert (feed.author, feed.entries[0].author) == ("Lan", None)
    assert found("<rss><channel><managingEditor>Lan</managingEditor><author>Minh</author><item/></channel></rss>").author is None


def test_replies_are_counted_where_the_feed_says_so() -> None:
    thread = "xmlns:thr='http://purl.org/syndication/thread/1.0'"
    assert (
        only(
            f"<feed xmlns='http://www.w3.org/2005/Atom' {thread}><entry><link rel='replies' href='r' thr:count='4'/></entry></feed>"
        ).replies
        == 4
    )
    assert only(f"<feed xmlns='http://www.w3.org/2005/Atom' {thread}><entry><thr:total> 5 </thr:total></entry></feed>").replies == 5
    assert only(f"<feed xmlns='http://www.w3.org/2005/Atom' {thread}><entry><thr:total>many</thr:total></entry></feed>").replies is None


@pytest.mark.parametrize("label", ["TCVN-5712", "VISCII"])
def test_what_libxml2_knows_of_vietnams_old_encodings_is_read(label: str) -> None:
    # "đường" in TCVN 5712 and VISCII, from the standards' tables
    word = {"TCVN-5712": b"\xae\xad\xeang", "VISCII": b"\xf0\xdf\xb6ng"}[label]
    read = read_dialects(
        b"<?xml version='1.0' encoding='%s'?><rss><channel><item><title>%s</title></item></channel></rss>" % (label.encode(), word)
    )
    assert read is not None
    assert read.entries[0].title == "đường"


@pytest.mark.parametrize(
    "body", [b"", b"<rss>", b"<html/>", b"<rss><channel><item><title>a & b</title></item></channel></rss>", b"\xff\xfe"]
)
def test_what_is_no_well_formed_feed_is_left_alone(body: bytes) -> None:
    assert read_dialects(body) is None
