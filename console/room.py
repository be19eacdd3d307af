"""Room on the disk: kept in hand, watched, and cried for where it is out (R18).

The disk is full: the ballast is given up, and the write that met it is done at once (`store.database`). Until the ballast can be laid again
nobody listens or counts, so that what is left belongs to paging; one page that needs no database says so, at most every quarter of an hour. Before it
comes to that, with little room left, nobody listens: sources are asked again later, and nothing that they hold is lost.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from alerting.out_of_room import AGAIN_AFTER, Cry, cries
from console.config import Config
from console.stages import NotifierFor
from core.errors import TocsinError
from store.ballast import SIZE, Ballast, is_out_of_room

log = structlog.get_logger()

LOOK_EVERY: Final = timedelta(seconds=5)
LITTLE: Final = 4 * SIZE  # bytes free besides the ballast: less, and nobody listens
SEND_TIMEOUT_S: Final = 45.0


def bytes_free(folder: Path) -> int:
    """What the disk of a folder still has for us."""
    return shutil.disk_usage(folder).free


class Room:
    """Watches the disk of a SQLite database.

    Args:
        ballast: the room in hand.
        cry: tells people, without the database.
        free: bytes free in a folder.
    """

    def __init__(self, ballast: Ballast, cry: Callable[[datetime], Awaitable[None]], *, free: Callable[[Path], int] = bytes_free) -> None:
        self._ballast = ballast
        self._cry = cry
        self._free = free
        self._is_little = False
        self._is_out = False
        self._cried_at: datetime | None = None

    async def step(self, now: datetime) -> datetime:
        """See how much is left, lay the ballast where it is missing; returns when to look again."""
        free = await asyncio.to_thread(self._free, self._ballast.folder)
        missing = 0 if self._ballast.is_laid else SIZE
        self._is_little = free < LITTLE + missing
        self._is_out = missing > 0 and not (free >= LITTLE + missing and await asyncio.to_thread(self._ballast.lay))
        await self._tell(now, free)
        return now + LOOK_EVERY

    async def _tell(self, now: datetime, free: int) -> None:
        """Whoever does not listen says so: at once, every quarter of an hour, and when it is over."""
        if not self._is_little and not self._is_out:
            if self._cried_at is not None:
                log.info("there is room again", bytes_free=free)
            self._cried_at = None
        elif self._cried_at is None or now - self._cried_at >= AGAIN_AFTER:
            log.error("out of room", folder=str(self._ballast.folder), bytes_free=free)
            self._cried_at = now
            await self._cry(now)

    def noticed(self, error: BaseException) -> bool:
        """Take notice of what a stage failed by; whether it was for want of room."""
        if not is_out_of_room(error):
            return False
        self._is_out = True
        self._ballast.give_up()  # the writer did, unless it was a read that failed
        return True

    def holds(self, role: str) -> bool:
        """Whether the stages of a role have to wait: who listens before there is none, who counts when there is none, who pages never."""
        return (role == "listener" and (self._is_little or self._is_out)) or (role == "detectors" and self._is_out)


def room_of(ballast: Ballast, config: Config, notifier_for: NotifierFor) -> Room:
    """The room of a configuration's database, and whom to tell when it is out."""

    async def cry(now: datetime) -> None:
        async def send(one: Cry) -> None:
            await asyncio.wait_for(notifier_for(one.person, one.channel).send(one.message), SEND_TIMEOUT_S)

        told = cries(config.alerting, config.name, str(ballast.folder), now)
        done = await asyncio.gather(*map(send, told), return_exceptions=True)
        for one, outcome in zip(told, done, strict=True):
            if isinstance(outcome, BaseException):
                reason = str(outcome) if isinstance(outcome, TocsinError) else type(outcome).__name__
                log.error("nobody told that there is no room", person=one.person.id, channel=one.channel.id, reason=reason)

    return Room(ballast, cry)
