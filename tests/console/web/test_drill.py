from tests.console.web.place import Place


async def test_the_button_plays_a_drill_and_shows_what_came_of_it(place: Place) -> None:
    token = await place.token("/drill")
    text = await (await place.client.post("/drill", data={"token": token, "name": "recall"})).text()
    assert place.played == ["recall"]
    for words in ("DIỄN TẬP - KHÔNG PHẢI THẬT", "21:04 opened", "<h3>Review</h3>", "60 lượt nhắc"):
        assert words in text, words


async def test_only_a_drill_that_exists_is_played(place: Place) -> None:
    token = await place.token("/drill")
    response = await place.client.post("/drill", data={"token": token, "name": "../../etc/passwd"})
    assert response.status == 404
    assert place.played == []
