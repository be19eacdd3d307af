from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests import make
from tests.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    built = House(tmp_path / "house.db")
    yield built
    await built.close()


@pytest.fixture
async def build_house(tmp_path: Path) -> AsyncIterator[Callable[..., House]]:
    """For stories that need a configuration of their own."""
    built: list[House] = []

    def build(*, listening: bool = False, start: datetime = make.NOON, **changes: Any) -> House:
        built.append(House(tmp_path / f"house{len(built)}.db", start, make.config(**changes), listening=listening))
        return built[-1]

    yield build
    for each in built:
        await each.close()
