"""Who wrote, of which incident, and what they read: as a manager would try it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import schema
from store.database import Database
from tests import make
from tests.alerting.inbox.fake import Answering


@pytest.fixture
async def desk(sqlite_url):
    """Lan (chị) and Ana were called for a recall; Minh comes after them."""
    database = Database(sqlite_url, durable=False)
    built = Answering(database)
    await built.hear(make.signal())
    await built.forward()
    yield built
    await built.inboxes.close()
    database.close()


@pytest.fixture
async def two(desk):
    """Another incident is open beside it."""
    await desk.hear(make.signal(topic_id="rival", kind="negative_surge"))
    await desk.forward()
    assert len(desk.incidents) == 2
    return desk


def audited(desk):
    return desk.database.read_now(lambda tx: [row._asdict() for row in tx.execute(sa.select(schema.audit).order_by(schema.audit.c.id))])


async def test_each_is_answered_in_their_language_and_as_they_are_spoken_to(desk):
    assert (await desk.write("ana", "ack")).startswith("Noted: Ana took #1 at 12:00. First step: ")
    assert await desk.write("lan", "nhận") == "Ana đã nhận lúc 12:00 và đang xử lý; chị không phải làm gì thêm."
    assert await desk.write("minh", "nhận #1") == "Ana đã nhận lúc 12:00 và đang xử lý; anh/chị không phải làm gì thêm."
    assert await desk.write("ana", "ack") == "You have had it since 12:00 already."


async def test_late_is_told_late(desk):
    await desk.write("ana", "resolve")
    assert await desk.write("lan", "nhận", about=desk.about("lan")) == "Sự cố #1 đã đóng lúc 12:00. Cần thì gõ: mở lại #1"
    assert desk.kinds()[-1] == "late_acknowledgement"


async def test_with_two_open_nobody_guesses_and_a_number_is_enough_then(two):
    assert await two.write("lan", "nhận") == "#1 hay #2 ạ? Gõ số."
    assert all(incident.acknowledged_by is None for incident in two.incidents)
    assert "chị Lan nhận #2" in await two.write("lan", "2")
    assert [incident.acknowledged_by for incident in two.incidents] == [None, "lan"]


async def test_number_one_is_a_number_where_we_asked_for_one(two):
    await two.write("lan", "nhận")
    assert "chị Lan nhận #1" in await two.write("lan", "1")


async def test_a_number_that_nobody_asked_for_does_nothing(two):
    assert await two.write("lan", "2") == ""
    await two.write("lan", "nhận")
    two.now += timedelta(minutes=16)
    assert await two.write("lan", "2") == ""
    assert [incident.acknowledged_by for incident in two.incidents] == [None, None]


async def test_the_message_that_is_answered_names_the_incident(two):
    assert "chị Lan nhận #2" in await two.write("lan", "nhận", about=two.about("lan", 1))
    assert [incident.acknowledged_by for incident in two.incidents] == [None, "lan"]


async def test_a_number_in_the_answer_wins_over_the_message(two):
    assert "chị Lan nhận #1" in await two.write("lan", "nhận #1", about=two.about("lan", 1))


async def test_who_was_told_of_one_means_that_one(two):
    two.database.write_now(lambda tx: tx.execute(sa.text("DELETE FROM notifications WHERE person = 'lan' AND incident_id = 1")))
    assert "chị Lan nhận #2" in await two.write("lan", "nhận")


async def test_who_was_told_of_nothing_is_asked_for_the_number(desk):
    assert "ghi kèm số" in await desk.write("minh", "nhận")
    assert "không có" not in await desk.write("minh", "nhận #1")
    assert desk.incident.acknowledged_by == "minh"


async def test_what_everybody_types_is_asked_about_once(desk):
    assert await desk.write("lan", "ok") == "Chị nhận xử lý #1 chứ? Gõ NHẬN"
    assert await desk.write("lan", "👍") == ""
    assert desk.incident.status == "open"
    assert await desk.write("ana", "seen") == "Do you take #1? Type ACK"


async def test_what_is_not_understood_below_our_message_is_asked_about_too(desk):
    assert await desk.write("lan", "nhan dum chi cai nay di", about=desk.about("lan")) == "Chị nhận xử lý #1 chứ? Gõ NHẬN"
    assert await desk.write("lan", "hôm nay trời đẹp") == ""


async def test_nothing_is_asked_once_somebody_has_it(desk):
    await desk.write("ana", "ack")
    assert await desk.write("lan", "ok") == ""


async def test_everyday_words_close_only_what_is_answered(desk):
    assert "nhận xử lý #1" in await desk.write("lan", "nhầm")
    assert desk.incident.is_open
    assert "báo nhầm" in await desk.write("lan", "nhầm", about=desk.about("lan"))
    assert desk.incident.close_reason == "false_alarm"


async def test_a_stranger_is_refused_once_a_day_and_learns_nothing(desk):
    said = await desk.write("nobody", "nhận #1")
    assert "u-nobody" in said
    assert "#1" not in said
    assert "Acme" not in said
    assert await desk.write("nobody", "đóng #1") == ""
    assert desk.incident.status == "open"
    desk.now += timedelta(days=1, minutes=1)
    assert "u-nobody" in await desk.write("nobody", "nhận #1")
    told = [row for row in audited(desk) if row["actor"] == "stranger"]
    assert [row["action"] for row in told] == ["refused", "refused"]


async def test_strangers_talk_is_neither_answered_nor_kept(desk):
    assert await desk.write("nobody", "alo shop ơi") == ""
    rows = desk.database.read_now(lambda tx: tx.execute(sa.text("SELECT count(*) FROM replies")).scalar())
    assert rows == 0


async def test_talk_of_our_people_is_not_kept(desk):
    await desk.write("lan", "trưa nay ăn gì")
    assert desk.row("m1").text == ""


async def test_what_was_written_long_ago_does_nothing(desk):
    desk.now += timedelta(hours=7)
    said = await desk.write("lan", "đóng", at=desk.now - timedelta(hours=7))
    assert "gõ lại giúp em" in said
    assert desk.incident.is_open


async def test_busy_passes_it_on_at_once(desk):
    assert await desk.write("lan", "đang lái xe") == "Đã chuyển ngay đến Minh; chị không phải làm gì thêm."
    await desk.forward()
    assert len(desk.phone("minh").got) == 1


async def test_busy_after_somebody_took_it_calls_nobody(desk):
    await desk.write("ana", "ack")
    assert "Ana đã nhận" in await desk.write("lan", "bận")
    await desk.forward()
    assert desk.phone("minh").got == []


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("đóng", "resolved", "fixed"),
        ("đóng: khách hài lòng", "resolved", "khách hài lòng"),
        ("báo nhầm chiến dịch", "resolved", "campaign"),
        ("bao nham tin cu", "resolved", "old_news"),
        ("báo nhầm", "resolved", "false_alarm"),
    ],
)
async def test_closing_by_an_answer(desk, text, status, reason):
    await desk.write("lan", text)
    assert (desk.incident.status, desk.incident.close_reason) == (status, reason)


async def test_why_it_was_a_false_alarm_can_be_said_after_it_was_closed(desk):
    assert "Vì sao" in await desk.write("lan", "báo nhầm")
    await desk.write("lan", "báo nhầm chiến dịch")
    labels = desk.database.read_now(lambda tx: tx.execute(sa.text("SELECT label, reason FROM labels ORDER BY id")).all())
    assert [tuple(row) for row in labels] == [("false", "false_alarm"), ("false", "campaign")]


async def test_opened_again_by_an_answer(desk):
    await desk.write("lan", "đóng")
    assert await desk.write("lan", "mở lại") == "Đã mở lại sự cố #1."
    assert desk.incident.status == "open"


async def test_put_off_until_a_time_of_the_persons_own_clock(desk):
    assert await desk.write("lan", "hoãn tới 13:30") == "Đã hoãn #1 tới 13:30; lúc đó em gọi lại."
    assert desk.incident.snoozed_until == make.NOON + timedelta(minutes=90)


async def test_given_to_somebody(desk):
    assert await desk.write("lan", "giao Minh") == "Đã giao #1 cho Minh."
    assert desk.incident.owner == "minh"
    said = await desk.write("lan", "chuyển cskh hoàn tiền")
    assert "chưa báo cho ai" in said
    assert desk.kinds()[-1] == "noted"


async def test_steps_are_ticked_by_the_numbers_of_the_alert(desk):
    said = await desk.write("lan", "xong 1")
    assert said.startswith("Xong việc 1/")
    assert "Việc 2: " in said
    assert desk.kinds()[-1] == "step_ticked"
    assert "không có việc số 99" in await desk.write("lan", "xong 99")


async def test_more_of_the_same_is_kept_quiet(desk):
    assert "Sự cố #1 vẫn mở" in await desk.write("lan", "tắt 2h")
    assert await desk.write("lan", "tắt cảnh báo") == "Tắt đến khi nào ạ? Gõ: tắt 2h, hoặc tắt tới 22:00"
    ((matches, ends),) = desk.database.read_now(lambda tx: tx.execute(sa.text("SELECT matches, ends_at FROM silences")).all())
    assert "acme" in matches
    assert str(ends).startswith("2026")


async def test_severity_notes_and_statements(desk):
    assert await desk.write("lan", "mức 1 vì có người nhập viện") == "Đã đặt #1 ở mức khẩn cấp."
    assert desk.incident.severity == "critical"
    assert await desk.write("lan", "ghi: quán đã gọi khách\nhẹn 15h") == "Đã ghi vào diễn biến của #1."
    assert desk.timeline()[-1].words.args["text"] == "quán đã gọi khách\nhẹn 15h"
    assert "không tự đăng gì" in await desk.write("lan", "duyệt")


async def test_one_put_into_another(two):
    said = await two.write("lan", "gộp 1")
    assert "#2" in said
    assert two.incidents[1].merged_into == 1
    assert "chị Lan nhận #1" in await two.write("lan", "nhận", about=two.about("lan", 1))


async def test_what_is_refused_is_told_in_one_line(desk):
    assert await desk.write("lan", "nhận #99") == "Chưa làm được: there is no incident 99"
    assert desk.kinds().count("acknowledged") == 0


async def test_who_is_on_call_and_help(desk):
    assert (await desk.write("lan", "ai trực?")).startswith("Đang trực:")
    assert "báo nhầm chiến dịch" in await desk.write("lan", "trợ giúp")


async def test_an_answer_leaves_a_trace_in_the_audit(desk):
    await desk.write("lan", "nhận")
    last = audited(desk)[-1]
    assert (last["actor"], last["channel"], last["action"]) == ("lan", "reply", "acknowledged")


async def test_where_anybody_may_write_under_a_name_only_answers_to_our_messages_count(desk):
    assert await desk.write("lan", "đóng #1", proven=False) == ""
    assert desk.incident.is_open
    assert "chị Lan nhận #1" in await desk.write("lan", "nhận", proven=False, about=desk.about("lan"))
    assert await desk.write("nobody", "đóng #1", proven=False) == ""


async def test_a_swap_is_asked_for_and_agreed_to_by_answers(sqlite_url):
    database = Database(sqlite_url, durable=False)
    desk = Answering(database, rotations=[{"id": "line", "people": ["lan"], "handover": "Mon 09:00"}])
    assert "Minh" in await desk.write("lan", "đổi ca Minh")
    await desk.forward(seconds=5)
    assert "Lan" in desk.phone("minh").got[0].body
    assert "Lan" in await desk.write("minh", "nhận", about=desk.about("minh"))
    assert "Minh" in await desk.write("ana", "on call")
    assert "Lan" in await desk.write("lan", "trực thay Minh")
    assert "line: Lan" in await desk.write("ana", "on call")
    await desk.write("lan", "đổi ca Minh")
    assert "từ chối" in await desk.write("minh", "từ chối")
    await desk.inboxes.close()
    database.close()


async def test_what_may_be_about_a_shop_closes_nothing_unless_it_is_below_our_message(desk):
    assert await desk.write("lan", "đóng vì mưa to quá") == "Nếu chị nói về #1, gõ kèm số: đóng #1"
    assert desk.incident.is_open
    await desk.write("lan", "xong: đã xin lỗi khách", about=desk.about("lan"))
    assert desk.incident.close_reason == "đã xin lỗi khách"


async def test_a_whole_talk_on_either_database(database):
    desk = Answering(database)
    await desk.hear(make.signal())
    await desk.forward()
    assert "chị Lan nhận #1" in await desk.write("lan", "nhận", about=desk.about("lan"))
    assert "there is no incident 9" in await desk.write("ana", "ack 9")
    assert await desk.write("ana", "ack") == "Lan took it at 12:00 and has it in hand; nothing is left for you to do."
    assert "Đã đóng" in await desk.write("lan", "đóng: xong")
    await desk.inboxes.close()
