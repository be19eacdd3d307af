"""A feed's bytes made ready for the parsers."""

from __future__ import annotations

import time

import pytest

from core.errors import SourceUnreadable
from listener.document import mended, prepared, recoded, what_it_is

PHUONG = "Phường Phước Long cúp điện"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_becomes_one(encoding: str) -> None:
    assert f"<rss>{PHUONG}</rss>" in prepared(f"<?xml version='1.0'?><rss>{PHUONG}</rss>".encode(encoding), "", "s").decode()


def test_an_encoding_is_named_by_the_document_or_else_by_the_header() -> None:
    said, unsaid = "<?xml version='1.0' encoding='windows-1251'?><rss>чай</rss>", "<rss>чай</rss>"
    assert prepared(said.encode("cp1251"), "text/xml; charset=utf-8", "s").decode() == unsaid
    assert prepared(unsaid.encode("cp1251"), 'text/xml; charset="windows-1251"', "s").decode() == unsaid


def test_valid_utf_8_is_utf_8_whatever_it_says() -> None:
    lying = f"<?xml version='1.0' encoding='ISO-8859-1'?><rss>{PHUONG}</rss>".encode()
    assert prepared(lying, "text/xml; charset=windows-1252", "s").decode() == f"<rss>{PHUONG}</rss>"


def test_a_document_that_is_not_the_utf_8_it_says_is_read_as_the_header_says() -> None:
    body = "<?xml version='1.0' encoding='utf-8'?><rss>чай</rss>".encode("cp1251")
    assert recoded(prepared(body, "", "s"), "text/xml; charset=windows-1251").decode() == "<rss>чай</rss>"


@pytest.mark.parametrize("label", ["zlib_codec", "unicode_escape", "punycode", "idna", "rot13", "nonsense", "TCVN-5712"])
def test_a_stranger_does_not_choose_among_pythons_codecs(label: str) -> None:
    body = f"<?xml version='1.0' encoding='{label}'?><rss>\xe9</rss>".encode("latin-1")
    assert prepared(body, "", "s") == body


@pytest.mark.parametrize(
    ("slip", "mended_to"),
    [
        ("a & b", "a &amp; b"),
        ("Q&A;", "Q&amp;A;"),
        ("caf&eacute;&nbsp;ngon", "café\xa0ngon"),
        ("&lt;b&gt; &#273; &#x111; &amp;", "&lt;b&gt; &#273; &#x111; &amp;"),
        ("bell\x07 form\x0c feed\tkept", "bell form feed\tkept"),
        ("<![CDATA[a & b &eacute;]]> & c", "<![CDATA[a & b &eacute;]]> &amp; c"),
    ],
)
def test_the_common_slips_are_mended_outside_of_cdata(slip: str, mended_to: str) -> None:
    assert mended(slip.encode()).decode() == mended_to


@pytest.mark.parametrize(
    "hostile", [b"&" * 300_000, b"<![CDATA[" * 30_000, b"<?" * 150_000, b"<!DOCTYPE " * 30_000, b"<!--" * 70_000, b" " * 300_000]
)
def test_a_hostile_document_costs_bounded_time(hostile: bytes) -> None:
    began = time.process_time()
    for body in (hostile, b"<rss>" + hostile, b"<?xml version='1.0' encoding='" + hostile):
        mended(body)
        try:
            prepared(body, "", "s")
        except SourceUnreadable:
            continue
    assert time.process_time() - began < 5.0


def test_what_is_no_feed_is_named() -> None:
    assert "empty" in what_it_is(b"  ")
    assert "HTML" in what_it_is(b"<!DOCTYPE html><p>")
    assert "no entry" in what_it_is(b"<svg/>")
    assert what_it_is(b"hello") == "not a feed"
