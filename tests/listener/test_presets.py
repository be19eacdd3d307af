"""Each preset's address, and its sample of `tests/data/rss` read by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SourceUnreadable
from core.records import Engagement
from listener.posts import Post
from listener.presets import PRESETS, Asked, asked_of

DATA = Path(__file__).parents[1] / "data" / "rss"


def address(name: str, page: int = 1, **told: str) -> str:
    preset = PRESETS[name]
    return preset.address(asked_of(preset, Asked(**told)), page)


def posts(name: str, file: str, **told: str) -> tuple[Post, ...]:
    preset = PRESETS[name]
    asked = asked_of(preset, Asked(**told))
    read = preset.reader(asked)
    return read((DATA / file).read_bytes(), "", (), base=preset.address(asked, 1), source="here").posts


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("xenforo", {"site": "https://f.example/"}, "https://f.example/forums/-/index.rss?order=post_date"),
        (
            "xenforo",
            {"site": "https://f.example", "section": "bếp.12"},
            "https://f.example/forums/b%E1%BA%BFp.12/index.rss?order=post_date",
        ),
        ("voz", {"section": "diem-bao.33"}, "https://voz.vn/f/diem-bao.33/index.rss?order=post_date"),
        ("tinhte", {}, "https://tinhte.vn/rss"),
        ("phpbb", {"site": "https://b.example/forum"}, "https://b.example/forum/feed.php"),
        ("phpbb", {"site": "https://b.example", "section": "7"}, "https://b.example/feed.php?f=7"),
        ("flarum", {"site": "https://g.example"}, "https://g.example/atom/discussions"),
        ("flarum", {"site": "https://g.example", "section": "ho-tro"}, "https://g.example/atom/t/ho-tro/discussions"),
        ("nodebb", {"site": "https://n.example"}, "https://n.example/recentposts.rss"),
        ("nodebb", {"site": "https://n.example", "section": "4"}, "https://n.example/category/4/recentposts.rss"),
        ("wordpress_comments", {"site": "https://blog.example/"}, "https://blog.example/comments/feed/atom/"),
        (
            "wordpress_comments",
            {"site": "https://blog.example", "section": "thu-hoi-am-k2"},
            "https://blog.example/thu-hoi-am-k2/feed/atom/",
        ),
        (
            "mediawiki_changes",
            {"site": "https://wiki.example/w/api.php", "section": "1"},
            "https://wiki.example/w/api.php?action=feedrecentchanges&feedformat=atom&hidebots=1&days=7&limit=50&namespace=1",
        ),
        ("google_news", {"query": "ấm acme"}, "https://news.google.com/rss/search?q=%E1%BA%A5m+acme&hl=vi&gl=VN&ceid=VN%3Avi"),
        (
            "google_news",
            {"query": "acme", "lang": "en", "country": "us"},
            "https://news.google.com/rss/search?q=acme&hl=en-US&gl=US&ceid=US%3Aen",
        ),
        ("app_store_reviews", {"app": "123"}, "https://itunes.apple.com/vn/rss/customerreviews/id=123/sortBy=mostRecent/json"),
    ],
)
def test_an_address_is_made_of_what_the_operator_knows(name: str, told: dict[str, str], expected: str) -> None:
    assert address(name, **told) == expected


def test_reviews_stand_on_ten_pages() -> None:
    assert PRESETS["app_store_reviews"].pages == 10
    expected = "https://itunes.apple.com/us/rss/customerreviews/page=3/id=5/sortBy=mostRecent/json"
    assert address("app_store_reviews", page=3, app="5", country="US") == expected


def test_a_slash_in_a_section_stays_inside_its_part_of_the_address() -> None:
    assert address("nodebb", site="https://n.example", section="../admin") == "https://n.example/category/..%2Fadmin/recentposts.rss"


def test_xenforo_gives_openers_with_their_counter_and_thread_number() -> None:
    first, second = posts("xenforo", "xenforo.xml", site="https://dien-dan.example")
    assert (first.native_id, first.author, first.opens) == ("1204331", "Lan Chi", True)
    assert first.text.startswith("Nhà mình vừa mua hôm qua, sáng nay khói mù & khét.")
    assert second.native_id == "1204330"


def test_a_retitled_thread_is_the_one_it_was() -> None:
    preset = PRESETS["voz"]
    read = preset.reader(asked_of(preset, Asked()))
    page = (DATA / "xenforo.xml").read_text("utf-8").replace('<guid isPermaLink="false">1204331</guid>', "")
    again = page.replace("am-sieu-toc-acme-boc-chay.", "acme-da-thu-hoi.")
    ids = [read(each.encode(), "", (), base="https://voz.vn/", source="here").posts[0].native_id for each in (page, again)]
    assert ids == ["1204331", "1204331"]


def test_phpbb_tells_replies_from_openers_and_leaves_out_its_statistics() -> None:
    reply, opener = posts("phpbb", "phpbb.xml", site="https://board.example")
    assert (reply.native_id, reply.thread, reply.opens, reply.title) == ("p302", "45", False, "Re: Ấm Acme rò điện")
    assert (opener.native_id, opener.thread, opener.opens, opener.title) == ("p300", "45", True, "Ấm Acme rò điện")
    assert (reply.text, opener.text) == ("Mình cũng bị, giật tê tay.", "Sáng nay cắm vào là giật.")
    assert opener.engagement == Engagement(replies=1, views=204)
    assert reply.engagement == Engagement()
    assert opener.edited_at is not None


def test_flarum_gives_openers() -> None:
    (post,) = posts("flarum", "flarum.xml", site="https://gopy.example")
    assert (post.native_id, post.title, post.text, post.author) == ("21", "App Acme văng liên tục", "Mở lên là văng, bản 3.2.", "hoa")


def test_nodebb_gives_every_post_under_its_topic() -> None:
    (post,) = posts("nodebb", "nodebb.xml", site="https://nodebb.example")
    assert (post.native_id, post.title, post.text, post.author) == ("post-5012", "Acme giao hàng trễ", "Ba tuần rồi chưa thấy 😡", "tuan")


def test_wordpress_comments_know_what_they_answer() -> None:
    reply, comment = posts("wordpress_comments", "wordpress_comments.xml", site="https://blog.example")
    assert (reply.native_id, reply.parent) == ("comment-7", ("https://blog.example/", "comment-5"))
    assert (comment.native_id, comment.parent) == ("comment-5", ("https://blog.example/feed/", "https://blog.example/?p=12"))
    assert (comment.text, comment.author, comment.language) == ("Bao giờ hoàn tiền & đổi máy?", "Lan", "vi")


def test_a_change_of_a_wiki_says_what_it_added() -> None:
    edit, new = posts("mediawiki_changes", "mediawiki_changes.xml", site="https://wiki.example/w")
    assert (edit.native_id, edit.title, edit.author) == ("rev3", "Acme", "Admin")
    assert edit.text == "thêm vụ cháy\nAcme làm ấm hay cháy & nổ <b>to</b>.\nĐã có ba vụ."
    assert (new.native_id, new.text) == ("rev2", "Acme làm ấm.\nDòng cũ.")


def test_google_news_speaks_for_its_publishers() -> None:
    opaque, open_ = posts("google_news", "google_news.xml", query="acme")
    assert (opaque.title, opaque.author) == ("Ấm Acme bốc cháy - ba người bị bỏng", "Báo Lao Động - Công đoàn")
    assert opaque.url == "https://news.google.com/rss/articles/CBMiFEFVX3lxTE5vcGFxdWVvcGFxdWUh?oc=5"
    assert (open_.title, open_.author, open_.text) == ("Acme thu hồi ấm K2", "VnExpress", "")
    assert open_.url == "https://vnexpress.example/acme-thu-hoi-am.html"
    assert (open_.place, open_.language) == ("news.google.com", "vi")


def test_a_review_keeps_its_stars_and_its_helpful_votes() -> None:
    bad, good = posts("app_store_reviews", "app_store_reviews.json", app="1")
    assert (bad.native_id, bad.title, bad.text) == ("11900000001", "Văng liên tục", "★☆☆☆☆\nCập nhật xong mở là văng.")
    assert (bad.author, bad.engagement.likes) == ("hoa.tran", 4)
    assert bad.published_at is not None
    assert bad.published_at.isoformat() == "2026-11-21T01:20:11+00:00"
    assert good.text == "★★★★★\nDùng ổn 👍"


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("body", [b"", b"<html></html>", b"{}", b"[1]", b"\xff\xfe\x00", b"<feed xmlns='http://www.w3.org/2005/Atom'"])
def test_what_is_not_that_product_s_feed_is_unreadable(name: str, body: bytes) -> None:
    preset = PRESETS[name]
    asked = asked_of(preset, Asked(site="https://a.example", query="q", app="1"))
    with pytest.raises(SourceUnreadable):
        preset.reader(asked)(body, "", (), base="https://a.example/", source="here")


def test_what_a_preset_never_shows_is_said_on_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "collectors" / "rss.md").read_text("utf-8")
    for name, preset in PRESETS.items():
        assert f"`{name}`" in page
        assert preset.unseen in page, name
