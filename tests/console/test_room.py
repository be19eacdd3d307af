from datetime import datetime, timedelta
from pathlib import Path

import pytest

from console.room import LITTLE, Room
from store.ballast import SIZE, Ballast
from tests.store.test_ballast import full

SOON = timedelta(seconds=5)
QUARTER = timedelta(minutes=15)


class Disk:
    """A disk with so many bytes free, and who was told of it."""

    def __init__(self, folder: Path) -> None:
        self.free = 10 * LITTLE
        self.told: list[datetime] = []
        self.ballast = Ballast(folder / "tocsin.db")
        self.room = Room(self.ballast, self._tell, free=lambda _: self.free)

    async def _tell(self, now: datetime) -> None:
        self.told.append(now)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def held(room: Room) -> list[str]:
    return [role for role in ("listener", "detectors", "alerting", "console") if room.holds(role)]


async def test_with_room_enough_the_ballast_is_laid_and_nobody_waits(disk: Disk, now: datetime) -> None:
    assert await disk.room.step(now) == now + SOON
    assert disk.ballast.is_laid
    assert (held(disk.room), disk.told) == ([], [])


async def test_listening_stops_before_paging_does_and_somebody_is_told(disk: Disk, now: datetime) -> None:
    await disk.room.step(now)
    disk.free = LITTLE - 1
    await disk.room.step(now + SOON)
    assert (held(disk.room), disk.told) == (["listener"], [now + SOON])
    assert disk.ballast.is_laid


async def test_a_full_disk_is_told_every_quarter_of_an_hour_and_over_by_itself(disk: Disk, now: datetime) -> None:
    await disk.room.step(now)
    disk.free = 0
    assert disk.room.noticed(full())
    assert held(disk.room) == ["listener", "detectors"]
    for seconds in range(0, 1801, 5):
        await disk.room.step(now + timedelta(seconds=seconds))
    assert disk.told == [now, now + QUARTER, now + 2 * QUARTER]
    assert not disk.ballast.is_laid
    disk.free = LITTLE + SIZE
    await disk.room.step(now + 2 * QUARTER + SOON)
    assert (held(disk.room), disk.ballast.is_laid) == ([], True)


async def test_other_troubles_are_none_of_the_disks(disk: Disk) -> None:
    assert not disk.room.noticed(ValueError("a bug"))
    assert held(disk.room) == []
