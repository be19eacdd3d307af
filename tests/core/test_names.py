"""Looking names up."""

from __future__ import annotations

import socket
import threading

import pytest

from core import names
from core.names import Names


async def test_a_name_gives_its_addresses() -> None:
    resolver = Names()
    found = await resolver.resolve("localhost", 80, socket.AF_UNSPEC)
    assert {"127.0.0.1", "::1"} >= {one["host"] for one in found} != set()
    assert {one["port"] for one in found} == {80}
    await resolver.close()


@pytest.mark.parametrize("name", ["a" * 80 + ".example", "..", "no-such-name.invalid"])
async def test_a_name_that_cannot_be_looked_up_is_an_os_error(name: str) -> None:
    resolver = Names()
    with pytest.raises(OSError):
        await resolver.resolve(name, 80)
    await resolver.close()


async def test_it_works_in_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    where = []

    def look_up(*_: object, **__: object) -> list[object]:
        where.append(threading.current_thread().name)
        return []

    monkeypatch.setattr(names.socket, "getaddrinfo", look_up)
    resolver = Names()
    assert await resolver.resolve("a.example", 80) == []
    await resolver.close()
    assert where[0].startswith("names")
