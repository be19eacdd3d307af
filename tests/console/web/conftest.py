from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import dead_letters
from tests.console.web.place import HOSTILE, Place, console


@pytest.fixture
async def place(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Place]:
    async with console(tmp_path, sqlite_template) as built:
        yield built


@pytest.fixture
async def letter(place: Place) -> int:
    """A dead letter."""
    return int(await place.database.write(dead_letters.add, datetime(2026, 11, 21, tzinfo=UTC), "enricher", "mention:1", HOSTILE, {}))
