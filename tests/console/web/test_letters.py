from tests.console.web.place import Place


async def test_without_dead_letters_the_page_says_so(place: Place) -> None:
    assert "Không có gì bị bỏ lại" in await (await place.client.get("/dead-letters")).text()


async def test_a_dead_letter_tells_the_stage_the_subject_and_why(place: Place, letter: int) -> None:
    text = await (await place.client.get("/dead-letters")).text()
    assert "enricher" in text
    assert "mention:1" in text
