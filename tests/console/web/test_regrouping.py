"""The buttons that change the shape of an incident."""

from tests.console.web.place import Place


async def test_it_is_put_off_made_graver_and_handed_over_with_a_reason(place: Place) -> None:
    incident = await place.incident()
    assert "viết vài chữ" in await place.press("snooze", incident.id, minutes="60")
    assert "viết vài chữ" in await place.press("snooze", incident.id, minutes="9999", text="chờ lab")
    assert "Đã hoãn" in await place.press("snooze", incident.id, minutes="60", text="chờ lab trả lời")
    page = await place.press("severity", incident.id, level="critical", text="có cháu bé bị bỏng")
    assert "có cháu bé bị bỏng" in page
    assert "Mức độ đã thay đổi ra sao" in page
    await place.press("assign", incident.id, to="ben")
    assert place.incidents()[0].owner == "ben"
    assert "chọn tên mình" in await place.press("assign", incident.id, to="stranger")


async def test_a_role_is_given_and_stands_on_the_page(place: Place) -> None:
    incident = await place.incident()
    page = await place.press("role", incident.id, role="scribe", to="ben")
    assert "người ghi diễn biến: Ben" in page
    assert "<dt>người ghi diễn biến</dt><dd>Ben</dd>" in page


async def test_merging_and_splitting_ask_for_what_is_missing(place: Place) -> None:
    incident = await place.incident()
    assert "Hãy chọn sự cố" in await place.press("merge", incident.id)
    assert "Hãy đánh dấu" in await place.press("split", incident.id)
    assert len(place.incidents()) == 1
