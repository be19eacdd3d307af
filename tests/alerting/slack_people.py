"""What people do in a workspace of Slack: they write, answer in threads, press buttons."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.alerting.slack_server import APP_TOKEN, BOT, BOT_TOKEN, LAN, ROOM, STRANGER, Slack

ALERT = "1763694000.000100"  # the message that people answer


class Workspace(Slack):
    """A room with an alert in it: all that the contract of inboxes asks of this kind."""

    sender = LAN
    about = {"channel": ROOM, "ts": ALERT}  # noqa: RUF012 - never changed
    channel = {"kind": "slack", "channel": ROOM, "user": LAN}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.messages[ROOM, ALERT] = {"channel": ROOM, "text": "alert"}
        self.last: tuple[str, dict[str, Any]] | None = None

    @property
    def options(self) -> dict[str, Any]:
        return {"token": BOT_TOKEN, "app_token": APP_TOKEN, "api": self.api}

    async def write(self, text: str, sender: str = LAN, /, *, kind: str = "message", channel: str = ROOM, **event: Any) -> str:
        """Somebody writes; `event` overrules what stands in the event."""
        ts = f"1763694{self.number():03d}.000200"
        said = {"type": kind, "user": sender, "channel": channel, "text": text, "ts": ts, **event}
        payload = {"type": "event_callback", "event_id": f"Ev{ts}", "event": said, "authorizations": [{"user_id": BOT, "is_bot": True}]}
        self.last = "events_api", payload
        return await self.happen(*self.last)

    async def press(
        self, action: str = "tocsin:ack", value: str = "ack 12", channel: str = ROOM, ts: str = ALERT, at: float = 1763694200.0
    ) -> str:
        container = {"type": "message", "channel_id": channel, "message_ts": ts, "is_ephemeral": False}
        actions = [{"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": f"{at:.6f}"}]
        payload = {
            "type": "block_actions", "user": {"id": LAN, "username": "lan"}, "container": container, "actions": actions,
            "trigger_id": "t1", "response_url": f"{self.url}/response/response-sesame",
        }  # fmt: skip
        return await self.happen("interactive", payload)

    async def say(self, text: str) -> None:
        await self.write(text, thread_ts=ALERT, parent_user_id=BOT)

    async def intrude(self, text: str) -> None:
        await self.write(text, STRANGER, thread_ts=ALERT, parent_user_id=BOT)

    async def repeat(self) -> None:
        assert self.last is not None
        await self.happen(*self.last)

    def answers(self) -> list[str]:
        return [one["text"] for key, one in self.messages.items() if key != (ROOM, ALERT)]

    async def settle(self) -> None:
        """Until everything is confirmed."""
        async with asyncio.timeout(5):
            while self.waiting:  # noqa: ASYNC110 - as Slack sees it
                await asyncio.sleep(0.005)
