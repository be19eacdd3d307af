"""The pages of incidents, as a community manager reads them."""

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
