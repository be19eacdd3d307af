import asyncio
import gc
import sys

import pytest

from console import loop


async def which():
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


def test_uvloop_runs_where_it_is_installed():
    pytest.importorskip("uvloop")
    assert loop.run(which()) == "uvloop"


def test_asyncio_runs_where_it_is_not(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop.run(which()) == "asyncio"


def test_in_a_process_that_lives_long_the_collector_looks_less_often():
    before = gc.get_threshold()
    try:
        loop.live_long()
        assert gc.get_threshold() == (loop.YOUNG, loop.OLDER, loop.OLDER)
    finally:
        gc.set_threshold(*before)
