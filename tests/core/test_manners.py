"""Standing in line for a host."""

from __future__ import annotations

import asyncio

import pytest

from core import manners
from core.hops import FetchFailed
from core.manners import Slots


async def test_a_slot_given_back_goes_to_the_first_in_line() -> None:
    slots, order = Slots(1), []

    async def visit(name: str) -> None:
        await slots.enter("a.example", "s")
        order.append(name)
        await asyncio.sleep(0)
        slots.leave("a.example")

    await asyncio.gather(*(visit(name) for name in "abc"))
    assert order == ["a", "b", "c"]
    assert (slots._busy, slots._lines) == ({}, {})


async def test_hosts_do_not_wait_for_each_other() -> None:
    slots = Slots(1)
    await slots.enter("a.example", "s")
    await asyncio.wait_for(slots.enter("b.example", "s"), 1)


async def test_who_gives_up_leaves_the_line_and_who_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "WAIT_S", 0.02)
    slots = Slots(1)
    await slots.enter("a.example", "s")
    gives_up = asyncio.ensure_future(slots.enter("a.example", "s"))
    await asyncio.sleep(0)
    gives_up.cancel()
    with pytest.raises(FetchFailed, match="too many requests wait") as caught:
        await slots.enter("a.example", "forum")
    assert (caught.value.source, caught.value.ambiguous) == ("forum", False)
    slots.leave("a.example")
    assert (slots._busy, slots._lines) == ({}, {})


async def test_a_turn_that_comes_while_one_gives_up_is_passed_on() -> None:
    slots = Slots(1)
    await slots.enter("a.example", "s")
    first, second = (asyncio.ensure_future(slots.enter("a.example", "s")) for _ in range(2))
    await asyncio.sleep(0)
    slots.leave("a.example")  # the turn is the first one's
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await asyncio.wait_for(second, 1)
