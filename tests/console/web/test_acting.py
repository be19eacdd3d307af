"""The buttons: each goes through the one door, and says what became of it."""

from alerting import looks
from alerting.coverage import Listening, UnseenPlace
from alerting.policy import Roster
from core.records import Enrichment, Sentiment
from store import enrichments, labels
from tests.console.web.place import Place


async def test_taking_an_incident_stops_the_calling_and_says_so(place: Place) -> None:
    incident = await place.incident()
    page = await place.press("take", incident.id)
    assert "Đã ghi nhận" in page
    taken = place.incidents()[0]
    assert (taken.status, taken.acknowledged_by, taken.next_step_at) == ("acknowledged", "ana", taken.acknowledged_until)
    assert "Đã ghi nhận" not in await (await place.client.get(f"/incidents/{incident.id}")).text()  # it is said once


async def test_the_page_remembers_who_sits_here(place: Place) -> None:
    incident = await place.incident()
    await place.press("note", incident.id, who="ben", text="gọi nhà máy")
    assert '<option value="ben" selected>' in await (await place.client.get(f"/incidents/{incident.id}")).text()


async def test_nobody_acts_without_a_name_a_reason_or_words(place: Place) -> None:
    incident = await place.incident()
    before = place.dump()
    assert "chọn tên mình" in await place.press("take", incident.id, who="stranger")
    assert "chọn lý do" in await place.press("resolve", incident.id, reason="because")
    assert "viết vài chữ" in await place.press("note", incident.id, text=" \u200b ")
    assert place.dump() == before


async def test_a_whole_life_can_be_lived_by_buttons(place: Place) -> None:
    incident = await place.incident()
    step = next(iter(place.simulation.monitor.library.get(incident.playbook_id).first_15_minutes)).id
    await place.press("escalate", incident.id)
    await place.press("take", incident.id, who="ben")
    await place.press("tick", incident.id, step=step)
    assert "Bỏ đánh dấu" in await (await place.client.get(f"/incidents/{incident.id}")).text()
    await place.press("untick", incident.id, step=step)
    await place.press("note", incident.id, text="<b>đã gọi</b> nhà máy")
    await place.press("resolve", incident.id, reason="fixed")
    assert "đã xử lý xong" in await place.press("note", incident.id, text="họp lúc 9 giờ")
    await place.press("reopen", incident.id, text="lại có bài mới")
    kinds = [kind for kind in place.kinds(incident.id) if kind not in ("signal", "opened", "playbook_attached", "notified")]
    assert kinds[:7] == ["escalated", "acknowledged", "step_ticked", "step_unticked", "noted", "resolved", "noted"]
    assert "reopened" in kinds


async def test_what_was_seen_at_an_unseen_place_is_told_by_two_buttons(place: Place) -> None:
    incident = await place.incident()
    unseen = UnseenPlace(id="fb", name="3 nhóm Facebook kín", person="ben", within_s=600)
    await place.database.write(
        looks.ask, incident.id, Listening(unseen=(unseen,)), place.now, Roster.of(place.simulation.monitor.config.alerting)
    )
    page = await (await place.client.get(f"/incidents/{incident.id}")).text()
    assert 'value="found:fb"' in page
    assert "trước 12:10" in page or "12:10" in page
    page = await place.press("looked", incident.id, who="ben", look="found:fb", **{"seen-fb": "ba bài, <b>200</b> bình luận"})
    assert "Đã ghi: đã xem 3 nhóm Facebook kín." in page
    assert "ba bài, &lt;b&gt;200&lt;/b&gt; bình luận" in page
    assert "Ben xem lúc 12:00: có" in page
    await place.press("looked", incident.id, who="ana", look="nothing:fb")
    assert place.kinds(incident.id).count("place_looked") == 2


async def test_an_unknown_step_or_incident_is_a_page_not_a_fault(place: Place) -> None:
    incident = await place.incident()
    token = await place.token(f"/incidents/{incident.id}")
    for path, form in (
        (f"/incidents/{incident.id}/tick", {"step": "nope"}),
        ("/incidents/77/take", {}),
        (f"/incidents/{incident.id}/looked", {"look": "found:x"}),
    ):
        response = await place.client.post(path, data={"token": token, "who": "ana", **form})
        assert response.status == 404


async def test_with_nobody_configured_whoever_sits_here_acts(place: Place) -> None:
    from msgspec.structs import replace

    from console.config import parse
    from tests import make

    incident = await place.incident()
    alone = parse({**make.config(), "alerting": {}})
    place.simulation.monitor = replace(place.simulation.monitor, config=alone)
    await place.press("take", incident.id)
    assert place.incidents()[0].acknowledged_by == "operator"


async def test_a_quote_is_judged_by_its_buttons_and_the_page_says_who_judged(place: Place) -> None:
    incident = await place.incident("Ấm Acme rẻ cháy hàng")
    said = Enrichment(mention_id=1, language="vi", topics=(), sentiment=Sentiment(negative=0.9, neutral=0.1, positive=0.0, confident=True))
    await place.database.write(enrichments.save, said, counts_at=place.now, story_id=None)
    before = place.dump()
    page = await (await place.client.get(f"/incidents/{incident.id}")).text()
    assert 'value="1:positive" formaction="/incidents/1/label"' in page
    assert "chọn tên mình" in await place.press("label", incident.id, who="stranger", label="1:positive")
    assert place.dump() == before
    page = await place.press("label", incident.id, who="ben", label="1:positive")
    assert "Đã ghi: bài #1 là tích cực." in page
    assert "Ben đánh giá: tích cực" in page
    after = place.dump()
    await place.press("label", incident.id, who="ben", label="1:positive")
    assert place.dump() == after


async def test_only_what_an_incident_quotes_is_judged_on_its_page(place: Place) -> None:
    incident = await place.incident()
    token = await place.token(f"/incidents/{incident.id}")
    for label, status in (("2:negative", 404), ("1:negative", 404), ("", 404), ("1:<b>", 409), ("9" * 400 + ":negative", 404)):
        response = await place.client.post(f"/incidents/{incident.id}/label", data={"token": token, "who": "ana", "label": label})
        assert response.status == status, label


async def test_a_closed_incident_is_judged_by_a_button(place: Place) -> None:
    number = (await place.incident()).id
    await place.press("resolve", number, reason="quiet")
    assert "Báo nhầm" in await (await place.client.get(f"/incidents/{number}")).text()
    assert "hãy chọn lý do" in await place.press("judge", number, judge="false")
    assert "là báo nhầm" in await place.press("judge", number, judge="false", reason="campaign")
    assert "là sự cố thật" in await place.press("judge", number, judge="real")
    kept = place.database.read_now(labels.of_incident, number)
    assert [(each.label, each.reason, each.by) for each in kept] == [("false", "campaign", "ana"), ("real", None, "ana")]
