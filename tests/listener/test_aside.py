"""What takes computing is read beside the loop, a few at a time."""

from __future__ import annotations

import asyncio
import threading

import pytest

from core.errors import SourceUnreadable
from listener.aside import READERS, aside


async def test_it_is_read_on_another_thread_and_returned():
    assert await aside(lambda text, *, twice: text * (2 if twice else 1), "a", twice=True) == "aa"
    assert await aside(threading.get_ident) != threading.get_ident()


async def test_what_it_raises_reaches_who_asked():
    def unreadable() -> None:
        raise SourceUnreadable("feed", "no feed")

    with pytest.raises(SourceUnreadable, match="no feed"):
        await aside(unreadable)


async def test_only_a_few_are_read_at_once():
    reading, most, lock, gate = 0, 0, threading.Lock(), threading.Event()

    def read() -> None:
        nonlocal reading, most
        with lock:
            reading += 1
            most = max(most, reading)
        gate.wait(5)
        with lock:
            reading -= 1

    asked = [asyncio.create_task(aside(read)) for _ in range(READERS * 3)]
    await asyncio.sleep(0.05)
    gate.set()
    await asyncio.gather(*asked)
    assert most == READERS
