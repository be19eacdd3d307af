"""What people write to the Zalo bot, from a Zalo that hands each event out once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from alerting.inbox.base import Reply
from alerting.inbox.zalo import Inbox, Options
from core.errors import DeliveryFailed, SourceRejected, SourceUnavailable
from core.http import Fetcher
from tests.alerting.strict import at_work
from tests.alerting.zalo_server import APP, NOON, SECRET, TOKEN, Zalo

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAN, STRANGER = "6ede9afa66b88fe6d6a9", "e4ea2cd5189df1c3a88c"


class Bench:
    """What the contract suite asks of this kind."""

    secrets = (TOKEN, TOKEN.partition(":")[2])
    sender = LAN
    about = None  # Zalo does not tell what is answered

    def __init__(self) -> None:
        self.zalo = Zalo()
        self.http: Fetcher
        self.channel = {"token": TOKEN, "user": LAN}

    @property
    def options(self) -> dict[str, Any]:
        return {"token": TOKEN, "api": self.zalo.api}

    async def say(self, text: str) -> None:
        self.zalo.written(text, LAN)

    async def intrude(self, text: str) -> None:
        self.zalo.written(text, STRANGER)

    async def repeat(self) -> None:
        self.zalo.put(self.zalo.events[-1])

    def answers(self) -> list[str]:
        return [one["text"] for one in self.zalo.phones]

    async def go_down(self) -> None:
        self.zalo.always = (502, 502, "Bad Gateway")

    async def come_back(self) -> None:
        self.zalo.always = None


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    place = Bench()
    async with at_work(place, place.zalo):
        yield place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as found:
        yield found


def inbox(place: Bench, **options: Any) -> Inbox:
    return Inbox(Options.model_validate(place.options | options), http=place.http, now=lambda: AT)


async def heard(box: Inbox) -> list[Reply]:
    """What one look brings."""
    return [reply async for batch in box.listen(None) for reply in batch.replies]


async def test_a_message_says_who_wrote_it_and_when(place: Bench) -> None:
    await place.say("nhận 12")
    box = inbox(place)
    (reply,) = await heard(box)
    await box.answer(reply, "Đã ghi: chị Lan nhận #12, @sếp biết.")
    assert (reply.sender, reply.text, reply.about, reply.native_id) == (LAN, "nhận 12", None, "m000000000000")
    assert reply.at == datetime.fromtimestamp((NOON + 1) / 1000, UTC)
    assert place.zalo.phones == [{"chat_id": LAN, "text": "Đã ghi: chị Lan nhận #12, \uff20sếp biết."}]


async def test_a_long_poll_ends_as_soon_as_something_comes_and_quietly_where_nothing_does(place: Bench) -> None:
    coming = asyncio.ensure_future(heard(inbox(place)))
    await place.zalo.asked.wait()
    await place.say("nhận")
    assert [one.text for one in await coming] == ["nhận"]
    assert place.zalo.calls[-1] == ("getUpdates", {"timeout": 30})
    place.zalo.always = (200, 408, "Request timeout")
    quiet = inbox(place)
    quiet._has_webhook = False
    assert await heard(quiet) == []


@pytest.mark.parametrize("text", ["id", "ID ", "/start", "mã"])
async def test_who_asks_for_the_id_gets_the_line_for_the_configuration(place: Bench, text: str) -> None:
    await place.intrude(text)
    assert await heard(inbox(place)) == []
    (said,) = place.answers()
    assert said.endswith(f'- {{kind: zalo, user: "{STRANGER}"}}')


async def test_an_id_that_cannot_be_told_is_no_trouble(place: Bench) -> None:
    await place.intrude("id")
    place.zalo.refusals = [(200, 429, "Quota exceeded")]
    assert await heard(inbox(place)) == []


@pytest.mark.parametrize(
    "event",
    [
        {"event_name": "message.unsupported.received"},
        {"event_name": "message.sticker.received", "message": {"from": {"id": LAN}, "chat": {"id": LAN}, "message_id": "m", "sticker": "x"}},
        {"event_name": "message.text.received", "message": {"from": {"id": LAN}, "chat": {"id": "g", "chat_type": "GROUP"}, "message_id": "m", "text": "nhận"}},
        {"event_name": "message.text.received", "message": {"from": LAN}},
        {"event_name": "order.paid"},
        "noise",
    ],
)  # fmt: skip
async def test_what_is_no_text_of_a_person_is_passed_over(place: Bench, event: Any) -> None:
    place.zalo.put(event)
    await place.say("nhận")
    box = inbox(place)
    assert [one.text for one in [*await heard(box), *await heard(box)]] == ["nhận"]


async def test_a_message_without_a_time_came_now(place: Bench) -> None:
    place.zalo.written("nhận", LAN, date=0)
    assert [one.at for one in await heard(inbox(place))] == [AT]


async def test_a_webhook_elsewhere_is_told_with_the_mend_until_it_is_gone(place: Bench) -> None:
    box = inbox(place)
    place.zalo.webhook = "https://old.example/hook"
    for _ in range(2):
        with pytest.raises(SourceRejected, match="remove it with deleteWebhook"):
            await heard(box)
    place.zalo.webhook = ""
    await place.say("nhận")
    assert [one.text for one in await heard(box)] == ["nhận"]


async def test_a_webhook_that_was_set_meanwhile_is_found(place: Bench) -> None:
    box = inbox(place)
    await place.say("nhận")
    await heard(box)
    place.zalo.webhook = "https://new.example/hook"
    with pytest.raises(SourceUnavailable):
        await heard(box)
    with pytest.raises(SourceRejected, match="deleteWebhook"):
        await heard(box)


async def test_a_wrong_token_says_where_to_get_one_and_a_quota_is_waited_for(place: Bench) -> None:
    with pytest.raises(SourceRejected, match="ask Zalo Bot Manager") as caught:
        await heard(inbox(place, token=TOKEN + "x"))
    assert TOKEN.partition(":")[2] not in repr(caught.value)
    place.zalo.always = (200, 429, "Quota exceeded")
    with pytest.raises(SourceUnavailable, match="Quota exceeded"):
        await heard(inbox(place))


async def test_an_answer_that_cannot_be_said_is_told(place: Bench) -> None:
    await place.say("nhận")
    box = inbox(place)
    (reply,) = await heard(box)
    place.zalo.refusals = [(200, 429, "Quota exceeded")]
    with pytest.raises(DeliveryFailed, match="Quota exceeded"):
        await box.answer(reply, "x")


@pytest.mark.parametrize(
    ("channel", "sender"),
    [({"token": TOKEN, "user": LAN}, LAN), ({"token": TOKEN, "user": 77}, "77"), ({"user": LAN}, None), ({"token": TOKEN}, None)],
)
def test_a_person_is_known_by_the_bots_id_alone(channel: dict[str, Any], sender: str | None) -> None:
    box = Inbox(Options.model_validate({"token": TOKEN}), http=Fetcher(now=lambda: AT), now=lambda: AT)
    assert box.sender_of(channel) == sender


def test_an_official_account_cannot_be_listened_to() -> None:
    with pytest.raises(ValidationError, match="needs a bot's `token`"):
        Options.model_validate({"app_id": APP, "secret_key": SECRET, "tokens_file": "x.json"})
