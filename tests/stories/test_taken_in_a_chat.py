"""A page in a chat, taken there: real notifiers and inboxes against servers that check every call, the real Dispatcher, replies and incident between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from alerting.dispatch import Dispatcher
from alerting.inbox import receive
from alerting.inbox import telegram as telegram_inbox
from alerting.inbox import zalo as zalo_inbox
from alerting.inbox.carry import Carrier
from alerting.inbox.handle import Handler
from alerting.settings import ChannelSettings, PersonSettings
from console import shelf
from console.notifying import limits_of
from console.replying import senders_of
from core.http import Fetcher
from store.database import Database
from tests import make
from tests.alerting import telegram_server, zalo_server
from tests.alerting.desk import LIBRARY, Desk
from tests.alerting.telegram_server import Telegram
from tests.alerting.zalo_server import Zalo

LAN, MINH, HA, STRANGER = 7001, 7002, "6ede9afa66b88fe6d6a9", 7009


class Town(Desk):
    """Lan and Minh on Telegram, Hà on Zalo; all three are called at once."""

    def __init__(self, database: Database, telegram: Telegram, zalo: Zalo, http: Fetcher) -> None:
        people = [
            {"id": "lan", "name": "Lan", "language": "vi", "address": "chị", "channels": [{"kind": "telegram", "chat": LAN}]},
            {"id": "minh", "name": "Minh", "language": "vi", "channels": [{"kind": "telegram", "chat": MINH}]},
            {"id": "ha", "name": "Hà", "language": "vi", "channels": [{"kind": "zalo", "user": HA}]},
        ]
        shared = {"telegram": {"token": telegram_server.TOKEN, "api": telegram.api}, "zalo": {"token": zalo_server.TOKEN, "api": zalo.api}}
        policies = [{"id": "default", "steps": [{"notify": ["lan", "minh", "ha"]}]}]
        self.telegram, self.zalo, self.http = telegram, zalo, http
        self.built: dict[str, Any] = {}
        super().__init__(database, people=people, policies=policies, notifiers=shared)
        self.dispatcher = Dispatcher(
            self.store,
            self.settings,
            notifier_for=self._notifier,
            roster=self.roster,
            library=LIBRARY,
            signer=self.signer,
            base_url="https://tocsin.acme.example",
            limits_of=limits_of,
        )
        boxes: dict[str, Any] = {
            kind: module.Inbox(module.Options.model_validate(shared[kind]), http=http, now=lambda: self.now)
            for kind, module in (("telegram", telegram_inbox), ("zalo", zalo_inbox))
        }
        senders = {kind: senders_of(self.settings, kind, box) for kind, box in boxes.items()}
        handler = Handler(self.settings, senders, roster=self.roster, carrier=Carrier(LIBRARY))
        self.inboxes = receive.Inboxes(self.store, boxes, handler, now=lambda: self.now)

    def _notifier(self, person: PersonSettings, channel: ChannelSettings) -> Any:
        if person.id not in self.built:
            module = shelf.load(shelf.NOTIFIERS, channel.kind)
            given = shelf.options(module, self.settings.options_for(channel))
            self.built[person.id] = module.Notifier(given, http=self.http, now=lambda: self.now)
        return self.built[person.id]

    async def hear_back(self) -> None:
        """Let what people wrote arrive, and what follows go out."""
        for _ in range(3):
            self.now += timedelta(seconds=2)
            await self.inboxes.step(self.now)
            await self.dispatcher.step(self.now)


@pytest.fixture
async def town(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """Acme's kettle is recalled, and all three are called."""
    monkeypatch.setattr(receive, "PATIENCE_S", 0.03)  # how long a step waits for looks; those without news last longer
    telegram, zalo, database = Telegram(), Zalo(), Database(sqlite_url, durable=False)
    async with telegram.server, zalo.server, Fetcher(now=lambda: make.NOON, allow=[telegram.pair, zalo.pair]) as http:
        built = Town(database, telegram, zalo, http)
        await built.hear(make.signal())
        await built.forward()
        yield built
        await built.inboxes.close()
        database.close()
    assert telegram.faults == zalo.faults == []


def copy(town: Town, chat: int) -> dict[str, Any]:
    """The first message in a chat, as it stands now."""
    return next(held for (where, _), held in town.telegram.messages.items() if where == chat)


def number(town: Town, chat: int) -> int:
    return next(which for (where, which) in town.telegram.messages if where == chat)


def labels(held: dict[str, Any]) -> list[str]:
    return [key["text"] for row in (held.get("reply_markup") or {}).get("inline_keyboard", []) for key in row]


async def test_a_button_takes_it_every_copy_says_who_has_it_and_the_second_hears_who_was_first(town: Town) -> None:
    assert labels(copy(town, MINH)) == ["Tôi nhận", "Chuyển lên cấp trên", "Báo nhầm", "Xem và nhận xử lý"]
    town.telegram.pressed("ack 1", LAN, LAN, number(town, LAN))
    await town.hear_back()
    assert (town.incident.status, town.incident.acknowledged_by) == ("acknowledged", "lan")
    (notice,) = town.telegram.sent("answerCallbackQuery")
    assert "chị Lan nhận #1" in notice.get("text", "") + "".join(one["text"] for one in town.telegram.sent("sendMessage"))
    for chat in (LAN, MINH):
        assert "Lan" in copy(town, chat)["text"]
        assert "Tôi nhận" not in labels(copy(town, chat))

    town.telegram.pressed("ack 1", MINH, MINH, number(town, MINH))
    await town.hear_back()
    assert town.incident.acknowledged_by == "lan"
    said = town.telegram.sent("answerCallbackQuery")[-1].get("text") or town.telegram.sent("sendMessage")[-1]["text"]
    assert "Lan" in said


async def test_words_in_zalo_take_it_too_and_the_copies_in_telegram_follow(town: Town) -> None:
    town.zalo.written("dạ em nhận ạ", HA)
    await town.hear_back()
    assert town.incident.acknowledged_by == "ha"
    assert "#1" in town.zalo.phones[1]["text"]
    assert "Hà" in copy(town, LAN)["text"]


async def test_who_is_unknown_is_refused_politely_and_learns_nothing(town: Town) -> None:
    town.telegram.written("nhận 1", STRANGER)
    await town.hear_back()
    assert town.incident.status == "open"
    said = [one["text"] for one in town.telegram.sent("sendMessage") if one["chat_id"] == STRANGER]
    assert len(said) == 1
    assert "Acme" not in said[0]
