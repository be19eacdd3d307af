"""A page, and what its reader types below it."""

FIRE = "Acme kettle caught fire and burned my son"


async def test_who_types_nhan_has_it_and_nobody_else_is_called(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    assert "Ana took #1" in await house.phone("ana").reply("ok em nhận nha")
    await house.forward(minutes=20)
    await house.phone("ben").expect_nothing()
    assert house.incident.acknowledged_by == "ana"


async def test_a_thumb_takes_nothing_and_the_next_is_called(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    assert await house.phone("ana").reply("👍") == "Do you take #1? Type ACK"
    assert await house.phone("ana").reply("đóng góp ý kiến") == ""
    await house.forward(minutes=6)  # critical waits five minutes at most
    await house.phone("ben").expect("Acme")
    assert "Ben took #1" in await house.phone("ben").reply("nhận")
    assert "Ben took it at" in await house.phone("ana").reply("ack")
    await house.phone("ana").expect("Ben")


async def test_busy_calls_the_next_person_at_once(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    assert await house.phone("ana").reply("đang lái xe") == "Passed on to Ben at once; nothing is left for you to do."
    await house.phone("ben").expect("Ana")


async def test_a_false_alarm_by_an_answer_is_closed_and_told(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    assert "false alarm (our own campaign)" in await house.phone("ana").reply("báo nhầm chiến dịch")
    assert (house.incident.status, house.incident.close_reason) == ("resolved", "campaign")
    await house.forward(minutes=20)
    await house.phone("ben").expect_nothing()
