from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests import make
from tests.house import House

if TYPE_CHECKING:
    from playwright.async_api import Browser

QUIET = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
async def house(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[House]:
    built = House(shutil.copy(sqlite_template, tmp_path / "house.db"))
    yield built
    await built.close()


@pytest.fixture
async def build_house(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Callable[..., House]]:
    """For stories that need a configuration of their own."""
    built: list[House] = []

    def build(*, listening: bool = False, start: datetime = make.NOON, **changes: Any) -> House:
        path = shutil.copy(sqlite_template, tmp_path / f"house{len(built)}.db")
        built.append(House(path, start, make.config(**changes), listening=listening))
        return built[-1]

    yield build
    for each in built:
        await each.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One chromium for the run: starting it takes seconds. Every `new_page` is a stranger to the others; its test runs on the session's loop."""
    from playwright.async_api import async_playwright

    async with async_playwright() as play:
        started = await play.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield started
        await started.close()
