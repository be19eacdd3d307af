"""The pages of incidents, as a community manager reads them."""

from datetime import timedelta

from core.bursts import Amplification, Burst, Theme, check_of, frozen_burst
from tests.console.web.place import HOSTILE, Place


async def test_an_open_incident_stands_on_the_first_page(place: Place) -> None:
    incident = await place.incident()
    page = await (await place.client.get("/")).text()
    for words in (f"#{incident.id}", "nghiêm trọng", "chưa ai nhận", 'lang="vi"', f"/incidents/{incident.id}"):
        assert words in page, words


async def test_without_incidents_the_page_says_that_it_listens(place: Place) -> None:
    assert "Tocsin vẫn đang nghe" in await (await place.client.get("/")).text()


async def test_a_page_can_be_read_in_english_and_stays_so(place: Place) -> None:
    assert "Tocsin is listening" in await (await place.client.get("/?lang=en")).text()
    assert "Tocsin is listening" in await (await place.client.get("/")).text()


async def test_an_incident_tells_what_why_who_says_so_and_what_to_do(place: Place) -> None:
    incident = await place.incident(url="https://forum.example/1")
    page = await (await place.client.get(f"/incidents/{incident.id}")).text()
    for words in ("bốc cháy, con tôi bị bỏng", 'href="https://forum.example/1" rel="noopener noreferrer nofollow"', "Kiểm chứng trước",
                  "15 phút đầu", "Thông báo ban đầu", "<mark>", "Diễn biến", "Ana", "đã gửi", "Tôi nhận"):  # fmt: skip
        assert words in page, words


async def test_an_incident_tells_what_it_is_about_and_how_it_spreads(place: Place) -> None:
    told = Amplification(
        mentions=40, stories=4, reposts=0, wires=0, accounts=12, by_accounts=40, by_top_account=9, new_accounts=3, aged_accounts=12, sources=1,
        top_source="forum", by_top_source=40,
    )  # fmt: skip
    theme = Theme(kind="phrase", voices=14, before=2, where=((1, 9, 17),), check=check_of("bốc cháy"))
    days = {"past_since": place.now - timedelta(days=22), "past_until": place.now - timedelta(days=1)}
    burst = Burst(amplification=told, themes=(theme,), voices=30, past_voices=480, **days)
    incident = await place.incident(frozen={"level": 1, "burst": frozen_burst(burst)})
    page = await (await place.client.get(f"/incidents/{incident.id}")).text()
    for words in (
        "<b>bốc cháy</b>",
        "14/30 người, trước đó 2",
        "so với 480 người nói trong 21 ngày trước đó",
        "36/40 bài chép lại (90%)",
        "đăng đi đăng lại",
    ):
        assert words in page, words


async def test_text_of_strangers_stays_text(place: Place, letter: int) -> None:
    incident = await place.incident(HOSTILE, title=HOSTILE, url="javascript:alert(3)", author=HOSTILE)
    for path in ("/", f"/incidents/{incident.id}", f"/incidents/{incident.id}/review", "/sources", "/dead-letters", place.link()):
        page = await (await place.client.get(path)).text()
        assert "<script" not in page, path
        assert "<img" not in page, path
        assert "javascript:" not in page, path
        assert 'onerror=alert(2)"' not in page, path


async def test_the_review_can_be_read_and_kept(place: Place) -> None:
    incident = await place.incident()
    assert "rút kinh nghiệm" in await (await place.client.get(f"/incidents/{incident.id}/review")).text()
    kept = await place.client.get(f"/incidents/{incident.id}/review.md")
    assert kept.content_type == "text/markdown"
    assert kept.headers["Content-Disposition"] == f'attachment; filename="incident-{incident.id}.md"'
    assert (await kept.text()).startswith("# ")


async def test_what_is_not_there_is_a_page_too(place: Place) -> None:
    for path in ("/incidents/99", "/incidents/99/review", "/incidents/999999999999999", "/nothing/<script>", "/static/../app.py"):
        response = await place.client.get(path)
        page = await response.text()
        assert response.status == 404, path
        assert "Không tìm thấy" in page
        assert "<script" not in page


async def test_why_it_was_raised_stands_on_a_page_of_its_own(place: Place) -> None:
    number = (await place.incident()).id
    assert f'href="/incidents/{number}/explain"' in await (await place.client.get(f"/incidents/{number}")).text()
    page = await (await place.client.get(f"/incidents/{number}/explain?lang=en")).text()
    for words in ("Why it was raised", "Raised by single_risk on Acme", "What was heard then", "What decided", "con tôi bị bỏng"):
        assert words in page, words
    assert (await place.client.get("/incidents/99/explain")).status == 404
