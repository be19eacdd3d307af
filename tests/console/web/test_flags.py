"""The form for what no program sees, a flagged post's page, and its pictures."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO

import pytest
from aiohttp import FormData

from console.web.flags import MAX_FORM_BYTES, counted_in, flag_in
from core.flagged import Counted
from core.records import Engagement, Words
from listener.pictures import MAX_BYTES
from store import flags, mentions, readings
from tests.console.web.place import HOSTILE, PNG, Place

JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
WORDS = "Sữa Acme có dị vật, con em uống xong nôn"


async def send(place: Place, *pictures: bytes, **fields: str) -> tuple[int, str, str]:
    """Fill the form in and press the button; status, path and page that follow."""
    form = FormData()
    for name, value in {"token": await place.token("/flag"), "who": "ana", **fields}.items():
        form.add_field(name, value)
    for number, data in enumerate(pictures):
        form.add_field("pictures", BytesIO(data), filename=f"chup{number}.svg", content_type="image/svg+xml")
    form.add_field("pictures", b"", filename="", content_type="application/octet-stream")  # what a browser sends for no file
    response = await place.client.post("/flag", data=form)
    return response.status, response.url.path, await response.text()


async def test_the_form_speaks_vietnamese_and_offers_the_known_groups(place: Place) -> None:
    page = await (await place.client.get("/flag")).text()
    for words in (
        "Gắn cờ",
        "Nội dung bài",
        "Bình luận",
        "Ảnh chụp màn hình",
        '<option value="Hội mẹ bỉm HN">',
        'enctype="multipart/form-data"',
    ):
        assert words in page, words
    assert "Screenshots" in await (await place.client.get("/flag?lang=en")).text()


async def test_a_flag_is_stored_and_says_what_became_of_it(place: Place) -> None:
    status, path, page = await send(
        place,
        PNG,
        JPEG,
        text=WORDS,
        group="Hội mẹ bỉm HN (Facebook)",
        members="12k",
        likes="1,2k",
        comments="45",
        url="facebook.com/groups/1/posts/2",
    )
    assert (status, path) == (200, "/flag/1")
    for words in ("Đã ghi, tính là 1 bài (#1)", WORDS, "1.200", "12:00", "nhóm Facebook", "Đang đọc bài này"):
        assert words in page, words
    (found,) = place.database.read_now(mentions.get, [1])
    assert (found.source_id, found.title, found.text, found.reach) == ("groups", "Hội mẹ bỉm HN (Facebook)", WORDS, 12000)
    assert found.url == "https://facebook.com/groups/1/posts/2"
    assert found.engagement == Engagement(likes=1200, replies=45)
    flag = place.database.read_now(flags.get, 1)
    assert (flag.by, flag.place) == ("ana", "facebook_group")
    shown = {sha256 for sha256, kept in place.database.read_now(flags.pictures_of, [1])[1] if kept}
    assert shown == {hashlib.sha256(PNG).hexdigest(), hashlib.sha256(JPEG).hexdigest()}
    assert all(f'src="/pictures/{sha256}"' in page for sha256 in shown)


async def test_the_same_post_again_is_not_counted_again(place: Place) -> None:
    await send(place, text=WORDS, url="https://fb.com/1", likes="120")
    place.simulation.clock.advance_to(place.now + timedelta(minutes=5))
    _, path, page = await send(place, text=WORDS, url="https://fb.com/1?fbclid=x", likes="150", who="ben")
    assert path == "/flag/1"
    assert "không đếm thêm" in page
    assert [(one.likes, one.by) for one in place.database.read_now(readings.of, [1])[1]] == [(120, "ana"), (150, "ben")]
    assert place.database.read_now(flags.get, 1).by == "ana"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Chưa có gì để ghi"),
        ({"text": WORDS, "likes": "nhiều lắm", "shares": "1.5"}, "Không đọc được số ở ô: Thích và Chia sẻ"),
        ({"text": WORDS, "url": "javascript:alert(1)"}, "Liên kết phải bắt đầu bằng"),
        ({"text": WORDS, "who": "mallory"}, "tên"),
        ({"text": WORDS, "source": "forum"}, "Chưa có nguồn nào nhận cờ"),
    ],
)
async def test_what_cannot_be_read_comes_back_with_what_was_typed(place: Place, fields: dict[str, str], words: str) -> None:
    status, path, page = await send(place, **fields)
    assert (status, path) == (422, "/flag")
    assert words in page
    assert WORDS in page or not fields
    assert place.database.read_now(mentions.count) == 0


@pytest.mark.parametrize(
    ("pictures", "words"),
    [([b"<svg onload=alert(1)>"], "không phải ảnh"), ([PNG + bytes(MAX_BYTES)], "lớn hơn 5 MB"), ([PNG] * 5, "Nhiều nhất 4 ảnh")],
)
async def test_pictures_that_are_none_or_too_large_or_too_many_are_refused(place: Place, pictures: list[bytes], words: str) -> None:
    status, _, page = await send(place, *pictures, text=WORDS)
    assert status == 422
    assert words in page
    assert place.database.read_now(mentions.count) == 0


async def test_a_body_beyond_all_bounds_is_refused(place: Place) -> None:
    status, _, _ = await send(place, PNG + bytes(MAX_FORM_BYTES), text=WORDS)
    assert status == 413


async def test_other_forms_keep_their_small_bound(place: Place) -> None:
    await place.flag()
    form = FormData({"token": await place.token("/flag/1"), "who": "ana"})
    form.add_field("likes", BytesIO(b"1" * 2_000_000), filename="likes.txt")
    assert (await place.client.post("/flag/1", data=form)).status == 413


async def test_what_strangers_wrote_is_shown_and_never_run(place: Place) -> None:
    _, _, page = await send(place, text=HOSTILE, group=HOSTILE, author=HOSTILE)
    assert "<script>" not in page
    assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert", "")
    assert "{{ 7*7 }}" in page


async def test_a_picture_is_served_as_what_it_is_and_nothing_else(place: Place) -> None:
    await place.flag()
    response = await place.client.get(f"/pictures/{place.picture}")
    assert (response.status, response.content_type, await response.read()) == (200, "image/png", PNG)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (await place.client.get(f"/pictures/{'0' * 64}")).status == 404
    assert (await place.client.get("/pictures/..%2f..%2fetc")).status == 404


async def test_counters_read_again_join_the_series(place: Place) -> None:
    number = await place.flag()
    token = await place.token(f"/flag/{number}")
    place.simulation.clock.advance_to(place.now + timedelta(minutes=15))
    response = await place.client.post(f"/flag/{number}", data={"token": token, "who": "ben", "likes": "480", "comments": "1,2k"})
    page = await response.text()
    for words in ("Đã ghi số của bài #1", "480", "1.200", "Ben", "<polyline"):
        assert words in page, words
    series = place.database.read_now(readings.of, [number])[number]
    assert [(one.likes, one.replies, one.by) for one in series] == [(120, None, "ana"), (480, 1200, "ben")]


async def test_a_post_that_is_gone_loses_its_words_and_its_picture(place: Place) -> None:
    number = await place.flag()
    form = {"token": await place.token(f"/flag/{number}"), "who": "ana", "gone": "1"}
    page = await (await place.client.post(f"/flag/{number}", data=form)).text()
    assert "không còn nữa" in page
    assert "dị vật" not in page
    assert (await place.client.get(f"/pictures/{place.picture}")).status == 404
    again = await (await place.client.post(f"/flag/{number}", data={**form, "gone": "", "likes": "3"})).text()
    assert "không còn nữa" in again
    _, path, page = await send(place, text="Sữa Acme có dị vật", group="Hội mẹ bỉm HN")
    assert path == "/flag", "what is gone is not stored again"
    assert "không ghi lại" in page


async def test_the_incident_shows_the_series_and_the_picture(place: Place) -> None:
    number = await place.flag()
    await place.incident(evidence=(number,))
    page = await (await place.client.get("/incidents/1")).text()
    for words in (
        "Bài gắn cờ và chuỗi số",
        f'href="/flag/{number}"',
        "Hội mẹ bỉm HN",
        f'src="/pictures/{place.picture}"',
        "Sẽ nhờ xem lại số lúc 12:15",
    ):
        assert words in page, words
    own = await (await place.client.get(f"/flag/{number}")).text()
    assert 'href="/incidents/1"' in own


async def test_where_no_source_takes_flags_the_page_says_how_to_add_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.web.flags.flag_sources", lambda config: ())
    assert "kind: flag" in await (await place.client.get("/flag")).text()


async def test_there_is_no_page_of_what_nobody_flagged(place: Place) -> None:
    await place.incident()
    assert (await place.client.get("/flag/1")).status == 404
    assert (await place.client.get("/flag/999999999999999")).status == 404


def test_a_form_as_a_flag() -> None:
    typed = flag_in({"text": "a", "group": "Zalo CT3", "likes": "3tr", "place": "nowhere"}, "ana", [])
    assert (typed.flag.place, typed.flag.likes, typed.problems) == ("zalo_group", 3_000_000, ())
    assert flag_in({"text": "a", "place": "tiktok"}, "ana", []).flag.place == "tiktok"
    assert counted_in({"likes": "", "shares": "3"}, 7, "ana") == Counted(mention_id=7, by="ana", engagement=Engagement(reposts=3))
    assert counted_in({"likes": " x"}, 7, "ana") == Words(key="flag.bad_number", args={"fields": [{"key": "flag.likes"}]})
