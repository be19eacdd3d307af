"""Listening to a Discord of our own making, as the inbox does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from alerting.inbox.base import Batch
from alerting.inbox.discord import Inbox, Options
from tests.alerting.discord_people import Guild
from tests.alerting.strict import AT


def inbox(place: Guild, **options: Any) -> Inbox:
    return Inbox(Options.model_validate({**place.options, **options}), http=place.http, now=lambda: AT)


async def listened(box: Inbox, enough: Callable[[list[Batch]], bool], cursor: str | None = None) -> list[Batch]:
    """What is heard until it is enough."""
    came: list[Batch] = []
    async with asyncio.timeout(5), aclosing(box.listen(cursor)) as batches:
        async for batch in batches:
            came.append(batch)
            if enough(came):
                return came
    raise AssertionError("the stream ended")


def one(came: list[Batch]) -> bool:
    return bool(came)


async def began(place: Guild) -> str | None:
    """The cursor of a session that has begun, and is not listened to now."""
    return (await listened(inbox(place), one))[-1].cursor
