from __future__ import annotations

import pytest

from core.errors import SourceUnreadable
from listener.opml import Outline, guessed_tier, read_opml, source_id

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head><title>Nguồn của tôi</title></head>
  <body>
    <outline text="Báo chí" title="Báo chí">
      <outline type="rss" text="Tuổi Trẻ" title="Tuổi Trẻ &amp; bạn đọc" xmlUrl="https://tuoitre.vn/rss/tin-moi-nhat.rss?a=1&amp;b=2" htmlUrl="https://tuoitre.vn" language="vi-VN"/>
      <outline text="Công nghệ"><outline type="rss" text="Tinh tế" xmlURL="feed://tinhte.vn/rss"/></outline>
    </outline>
    <outline type="rss" text="Tuổi Trẻ lần nữa" xmlUrl="https://TUOITRE.vn/rss/tin-moi-nhat.rss?b=2&amp;a=1"/>
    <outline type="rss" text="Xấu" xmlUrl="javascript:alert(1)"/>
    <outline type="link" text="Trang" url="https://a.example/"/>
  </body>
</opml>"""


def test_a_list_gives_each_feed_once_with_its_folders() -> None:
    found = read_opml(LIST.encode())
    first, second = found.feeds
    assert (first.title, first.url) == ("Tuổi Trẻ & bạn đọc", "https://tuoitre.vn/rss/tin-moi-nhat.rss?a=1&b=2")
    assert (first.folders, first.language) == (("Báo chí",), "vi")
    assert (second.title, second.url, second.folders) == ("Tinh tế", "https://tinhte.vn/rss", ("Báo chí", "Công nghệ"))
    assert (found.repeated, found.unusable) == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1258"])
def test_a_list_may_be_of_another_encoding(encoding: str) -> None:
    text = LIST.replace("UTF-8", encoding)
    feeds = read_opml(text.encode(encoding, "xmlcharrefreplace")).feeds
    assert feeds[1].title == "Tinh tế"


def test_a_list_with_bare_ampersands_and_without_its_end_is_read_as_far_as_it_goes() -> None:
    broken = (
        '<opml version="1.0"><body><outline text="A & B" xmlUrl="https://a.example/?x=1&y=2"/><outline text="B" xmlUrl="https://b.example/"'
    )
    assert [feed.url for feed in read_opml(broken.encode()).feeds][:1] == ["https://a.example/?x=1&y=2"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"feeds",
        b"<rss version='2.0'/>",
        b"<html><body>opml</body></html>",
        b"\x00\x01",
        b"<!DOCTYPE opml [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><opml><body><outline text='&a;' xmlUrl='https://a.example/'/></body></opml>",
    ],
)
def test_what_is_no_list_says_so(body: bytes) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        read_opml(body, name="x.opml")
    assert caught.value.source == "x.opml"


@pytest.mark.parametrize(
    ("title", "url", "expected"),
    [
        ("Tuổi Trẻ Online", "https://a.example/", "tuoi-tre-online"),
        ("  --- ", "https://www.dantri.com.vn/rss", "dantri-com-vn"),
        ("日本語", "https://日本.example/", "example"),
        ("a" * 300, "https://a.example/", "a" * 60),
    ],
)
def test_an_id_is_made_of_the_title(title: str, url: str, expected: str) -> None:
    assert source_id(Outline(title=title, url=url), ()) == expected
    assert source_id(Outline(title=title, url=url), {expected, f"{expected}-2"}) == f"{expected}-3"


@pytest.mark.parametrize(
    ("title", "url", "expected"),
    [
        ("VnExpress", "https://vnexpress.net/rss/tin-moi-nhat.rss", "press"),
        ("Cục An toàn thực phẩm", "https://vfa.gov.vn/rss", "regulator"),
        ("Diễn đàn mẹ và bé", "https://a.example/feed", "forum"),
        ("Voz", "https://voz.vn/f/-/index.rss", "forum"),
        ("Lan viết", "https://lan.example/feed", "page"),
    ],
)
def test_a_tier_is_guessed(title: str, url: str, expected: str) -> None:
    assert guessed_tier(Outline(title=title, url=url)) == expected
