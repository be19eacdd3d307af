"""What people do in a server of Discord: they write, answer, press buttons."""

from __future__ import annotations

from typing import Any

from tests.alerting.discord_rules import plain
from tests.alerting.discord_server import APPLICATION, BOT, GUILD, LAN, ROOM, STRANGER, TOKEN, Discord, snowflake

ALERT = snowflake(1)  # the message that people answer


class Guild(Discord):
    """A channel of a server with an alert in it: all that the contract of inboxes asks of this kind."""

    sender = LAN
    about = {"channel": ROOM, "message": ALERT}  # noqa: RUF012 - never changed
    channel = {"kind": "discord", "channel": ROOM, "user": LAN}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.last: dict[str, Any] = {}

    @property
    def options(self) -> dict[str, Any]:
        return {"token": TOKEN, "api": self.api}

    async def write(
        self, text: str, sender: str = LAN, /, *, answers: str | None = None, author_of_answered: str = BOT, **more: Any
    ) -> None:
        """Somebody writes in the channel; `more` overrules what stands in the message, None takes away."""
        said: dict[str, Any] = {
            "id": snowflake(self.number()), "type": 0, "channel_id": ROOM, "guild_id": GUILD, "content": text, "mentions": [],
            "author": {"id": sender, "username": "lan"}, "timestamp": "2025-11-21T03:00:00+00:00", **more,
        }  # fmt: skip
        if answers is not None:
            said |= {"type": 19, "message_reference": {"type": 0, "message_id": answers, "channel_id": ROOM}}
            said["referenced_message"] = {"id": answers, "author": {"id": author_of_answered, "bot": True}}
        self.last = {key: value for key, value in said.items() if value is not None}
        await self.dispatch("MESSAGE_CREATE", self.last)

    async def press(self, pressed: str = "tocsin:ack 12", **more: Any) -> None:
        interaction = {
            "id": snowflake(self.number()), "application_id": APPLICATION, "type": 3, "token": "interaction-sesame", "version": 1,
            "guild_id": GUILD, "channel_id": ROOM, "member": {"user": {"id": LAN}}, "message": {"id": ALERT, "channel_id": ROOM},
            "data": {"component_type": 2, "custom_id": pressed}, **more,
        }  # fmt: skip
        await self.interact({key: value for key, value in interaction.items() if value is not None})

    async def say(self, text: str) -> None:
        await self.write(text, answers=ALERT, mentions=[{"id": BOT}])

    async def intrude(self, text: str) -> None:
        await self.write(text, STRANGER, answers=ALERT, mentions=[{"id": BOT}])

    async def repeat(self) -> None:
        await self.dispatch("MESSAGE_CREATE", self.last)

    def answers(self) -> list[str]:
        return [plain(one["content"]) for one in self.messages.values()]
