"""Lan is paged in Slack and in Discord: the daemon as a process, both services on this machine, each call held to their documented rules.

She takes it by a button in one chat, both copies say so; she closes it in the other one, in the very moment in which the monitor is restarted.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.alerting import discord_server, slack_server
from tests.alerting.discord_people import Guild
from tests.alerting.slack_people import Workspace
from tests.alerting.strict import running
from tests.stories.installation import Installation, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PATIENCE_S = 45.0
POST = "Bé nhà mình bị bỏng nặng vì ấm Acme phát nổ, đang cấp cứu ở bệnh viện @everyone <!channel>"


def config(slack: Workspace, discord: Guild) -> dict[str, Any]:
    port = free_port()
    channels = [
        {"kind": "slack", "user": slack_server.LAN},
        {"kind": "discord", "channel": discord_server.ROOM, "user": discord_server.LAN},
    ]
    return {
        "name": "Acme", "language": "vi", "store": {"database": "sqlite:///tocsin.db"},
        "topics": [{"id": "acme", "name": "Acme", "kind": "brand", "query": "acme"}],
        "listener": {
            "sources": [{"id": "forum", "kind": "replay", "path": "posts.jsonl", "every": "10s", "tier": "forum"}],
            "allow_private_hosts": [slack.pair, discord.pair],
        },
        "alerting": {
            "notifiers": {"slack": slack.options, "discord": discord.options},
            "people": [{"id": "lan", "name": "Lan", "address": "chị", "channels": channels}],
            "policies": [{"id": "default", "steps": [{"notify": ["lan"], "after": "0m"}]}],
        },
        "console": {"listen": f"127.0.0.1:{port}", "base_url": f"http://127.0.0.1:{port}"},
    }  # fmt: skip


@asynccontextmanager
async def installed(folder: Path) -> AsyncIterator[tuple[Workspace, Guild, Installation]]:
    async with running(Workspace()) as slack, running(Guild()) as discord:
        slack.messages.clear()
        (folder / "posts.jsonl").touch()
        place = Installation(folder, config(slack, discord))
        place.start()
        try:
            yield slack, discord, place
            await asyncio.to_thread(place.kill)
            await until(lambda: not slack.sockets and not discord.sockets, "the connections are gone", place)
        finally:
            place.close()


async def until(holds: Callable[[], object], what: str, place: Installation) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"waited in vain: {what}\n{place.said_now()}") from None


def blocks(slack: Workspace, kind: str) -> list[dict[str, Any]]:
    return [block for message in slack.messages.values() for block in message["blocks"] if block["type"] == kind]


async def test_a_button_in_one_chat_a_reply_in_the_other_and_a_restart_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord_server, "NOON_MS", int(time.time() * 1000))  # what was written long ago does nothing any more
    async with installed(tmp_path) as (slack, discord, place):
        await until(lambda: slack.sockets and discord.sockets, "both inboxes listen", place)
        await asyncio.to_thread(place.wait_for_first_poll, "forum")
        post = {"native_id": "1", "author": "an", "text": POST, "published_at": datetime.now(UTC).isoformat()}
        (tmp_path / "posts.jsonl").write_text(json.dumps(post) + "\n", encoding="utf-8")
        sent = "SELECT count(*) FROM notifications WHERE kind = 'page' AND state = 'sent'"
        await until(lambda: place.count(sent) == 2, "two pages", place)

        ((channel, ts),) = slack.messages
        (first,) = discord.messages
        await slack.press(value="ack 1", channel=channel, ts=ts, at=time.time())
        await until(lambda: slack.responses, "an answer to the button", place)
        assert "chị Lan nhận #1" in slack.responses[0]["text"]
        await until(lambda: not blocks(slack, "actions") and not discord.messages[first].get("components"), "both copies are edited", place)
        assert "Lan đang xử lý" in blocks(slack, "section")[0]["text"]["text"]
        assert "Lan đang xử lý" in discord.messages[first]["content"]

        assert await asyncio.to_thread(place.stop) == 0
        await discord.write("đóng: đã xử lý xong", answers=first, mentions=[{"id": discord_server.BOT}])
        place.start()
        await until(lambda: len(discord.messages) > 1, "an answer after the restart", place)
        assert discord.resumed == 1
        assert place.incidents()[0].status == "resolved"
    assert all(took <= slack_server.ENVELOPE_S for took in slack.confirmed.values())
