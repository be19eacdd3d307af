"""The short form that people type, odd inputs included."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from core.records import Engagement
from listener.flags import Flag, FlagError, mention, place_of, read, recount

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
WHOLE = """/cờ nhóm: Hội mẹ bỉm HN (12k thành viên)
người đăng: Thu Trang
thích 120, bình luận 45, chia sẻ 12
https://www.facebook.com/groups/mebim/posts/1?fbclid=x

Sữa Acme có dị vật, con em uống xong nôn.

Mọi người cẩn thận: hàng giả 100%
[photo]"""


def test_a_whole_flag_in_vietnamese() -> None:
    flag = read(WHOLE, by="@lan")
    assert (flag.group, flag.place, flag.author, flag.by) == ("Hội mẹ bỉm HN", "facebook_group", "Thu Trang", "@lan")
    assert (flag.members, flag.likes, flag.comments, flag.shares, flag.views) == (12000, 120, 45, 12, None)
    assert flag.url == "https://www.facebook.com/groups/mebim/posts/1?fbclid=x"
    assert flag.text == "Sữa Acme có dị vật, con em uống xong nôn.\n\nMọi người cẩn thận: hàng giả 100%"


def test_without_marks_and_in_english() -> None:
    assert read("nhom: me bim\nthich 3tr binh luan 1tr2\nAcme").likes == 3_000_000
    flag = read("Group: Hanoi Mums - 12.5k members\nposted by: Jane\n120 likes, 45 comments and 3 shares\nAcme milk is bad")
    assert (flag.group, flag.members, flag.author, flag.likes, flag.comments, flag.shares) == ("Hanoi Mums", 12500, "Jane", 120, 45, 3)
    assert flag.text == "Acme milk is bad"


def test_the_words_alone_are_enough_and_nothing_is_lost() -> None:
    for text in (
        "Acme lừa đảo",
        "mình thích 2 cái này",
        "giá: 120k",
        "Chú ý: thích thì mua",
        "12 chia sẻ nhỏ cho mẹ",
        "http: không phải link",
    ):
        assert read(text) == Flag(text=text)


def test_a_field_is_taken_once_the_second_is_text() -> None:
    flag = read("nhóm: A\nnhóm: B\nhttps://a.example/1\nhttps://a.example/2")
    assert (flag.group, flag.url) == ("A", "https://a.example/1")
    assert flag.text == "nhóm: B\nhttps://a.example/2"


def test_pictures_of_a_mail_come_by_their_hash() -> None:
    digest = "ab" * 32
    flag = read(f"Xem ảnh\n[picture: chup.png, sha256 {digest}]")
    assert (flag.text, flag.pictures) == ("Xem ảnh", (digest,))


@pytest.mark.parametrize(
    ("said", "url", "group", "place"),
    [
        ("nhóm zalo", None, "x", "zalo_group"),
        ("", "https://m.facebook.com/groups/1", "", "facebook_group"),
        ("", "https://vt.tiktok.com/Z/", "", "tiktok"),
        ("live", "https://www.tiktok.com/@a/live", "", "livestream"),
        ("", None, "Nhóm Facebook Mẹ bỉm", "facebook_group"),
        ("", None, "Zalo cư dân", "zalo_group"),
        ("", "https://facebook.com.evil.example/", "", "other"),
        ("", "https://[", "", "other"),
        ("nhóm", None, "Hội olive", "other"),
    ],
)
def test_the_place_is_known_by_word_link_or_name(said: str, url: str | None, group: str, place: str) -> None:
    assert place_of(said, url, group) == place


def test_an_answer_to_a_question_for_counters() -> None:
    number, flag, gone = recount("/số@acme_bot #41 thích 480, bình luận 90, lượt xem 3k\nCảm ơn", by="mai") or (0, Flag(), True)
    assert (number, gone, flag.by) == (41, False, "mai")
    assert flag.engagement == Engagement(likes=480, replies=90, views=3000)
    assert (recount("so 41 da xoa roi") or recount("so 41: đã xóa.") or (0,))[0] == 41
    assert (recount("reading 7 gone") or (0, 0, False))[2] is True


@pytest.mark.parametrize(
    "text", ["", "số", "số 41", "số nhà 41 cháy", "so 41 nhà cháy", "đọc 12 trang", "41 thích 480", "số 41 thành viên 3"]
)
def test_what_is_no_answer_is_none(text: str) -> None:
    answer = recount(text)
    assert answer is None or answer[1].engagement == Engagement()


def test_a_flag_as_a_mention() -> None:
    found = mention(read(WHOLE, by="@lan"), source_id="groups", seen_at=NOW)
    assert (found.title, found.reach, found.seen_at, found.published_at) == ("Hội mẹ bỉm HN", 12000, NOW, None)
    assert found.engagement == Engagement(likes=120, replies=45, reposts=12)
    assert found.author is not None
    assert (found.author.key, found.author.name) == ("flag/facebook_group/thu trang", "Thu Trang")


def test_the_same_link_or_the_same_words_in_a_group_are_the_same_mention() -> None:
    def key(**given: str) -> bytes:
        return mention(Flag(**given), source_id="groups", seen_at=NOW).key  # type: ignore[arg-type]

    assert key(text="a", url="https://fb.com/1?fbclid=x") == key(text="b", url="https://FB.com/1#c")
    assert key(text="Acme nổ!", group="Hội mẹ bỉm") == key(text="acme  nổ", group="hoi me bim")
    assert len({key(text="Acme nổ"), key(text="Acme nổ", group="A"), key(text="Acme nổ", group="B"), key(text="Acme cháy")}) == 4
    assert mention(Flag(text="a"), source_id="other", seen_at=NOW).key != key(text="a")


@pytest.mark.parametrize("flag", [Flag(), Flag(group="A", likes=3), Flag(text=" \n\u200b"), Flag(url="javascript:alert(1)")])
def test_nothing_to_report_is_no_flag(flag: Flag) -> None:
    with pytest.raises(FlagError):
        mention(flag, source_id="groups", seen_at=NOW)


def test_hostile_text_takes_no_time_and_does_no_harm() -> None:
    began = time.process_time()
    for text in (
        "thích " * 50_000,
        "1" * 100_000,
        "nhóm: " + "(" * 50_000,
        "[picture: " * 20_000,
        "\n".join(["thích 1"] * 20_000),
        "1,2k " * 20_000,
        "\ud800\x00/flag",
    ):
        read(text)
        recount(text)
    assert time.process_time() - began < 2
