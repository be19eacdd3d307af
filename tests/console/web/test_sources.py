from datetime import timedelta
from typing import Any

from store import sources
from tests.console.web.place import Place


async def page(place: Place, **state: Any) -> str:
    if state:
        attempt = place.database.read_now(sources.get, "forum").attempt
        assert await place.database.write(sources.save, "forum", attempt, state)
    return await (await place.client.get("/sources")).text()


async def test_a_new_source_was_not_heard_yet_and_a_webhook_waits_for_its_sender(place: Place) -> None:
    text = await page(place)
    assert "chưa nghe lần nào" in text
    assert "chờ nơi khác gửi đến" in text


async def test_a_source_that_is_heard_tells_when_and_how_much(place: Place) -> None:
    text = await page(place, last_success_at=place.now, next_poll_at=place.now + timedelta(minutes=5), mentions=12_345)
    for words in ("nghe tốt", "12:00 21/11/2026", "12:05 21/11/2026", "12.345"):
        assert words in text, words


async def test_a_failing_source_comes_first_with_its_one_line(place: Place) -> None:
    text = await page(place, failures=3, last_error="404 <b>Not Found</b>")
    assert text.index("forum") < text.index("care")
    assert "lỗi 3 lần liền, đang thử lại" in text
    assert "404 &lt;b&gt;Not Found&lt;/b&gt;" in text
    assert "Không nghe được 1 nguồn: forum" in await (await place.client.get("/")).text()


async def test_a_paused_source_says_what_has_to_be_mended(place: Place) -> None:
    text = await page(place, paused_because="credentials refused", failures=1)
    assert "bị từ chối, đang ngừng nghe" in text
    assert "credentials refused" in text
    assert "sửa xong thì nạp lại cấu hình" in text


async def test_a_source_that_is_no_longer_configured_stays_to_be_seen(place: Place) -> None:
    await place.database.write(sources.ensure, {"former": "rss"}, place.now)
    assert "không còn trong cấu hình" in await page(place)
