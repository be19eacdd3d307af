from collections.abc import AsyncIterator

import pytest

from tests.core.site import Site, serving


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as site:
        yield site
