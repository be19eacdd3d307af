import asyncio
import gc
import sys

import msgspec
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


def test_records_are_learnt_before_threads_meet_them():
    """msgspec reads a record's annotations when it meets it first; two threads that do so at once end the process."""

    class Met(msgspec.Struct):
        name: str

    class Unmet(msgspec.Struct):
        name: str

    def asked_of(record: type) -> list[str]:
        calls: list[str] = []
        sys.setprofile(lambda frame, event, _: calls.append(frame.f_code.co_name) if event == "call" else None)
        try:
            msgspec.convert({"name": "lan"}, record)
        finally:
            sys.setprofile(None)
        return [name for name in calls if name == "get_class_annotations"]

    assert asked_of(Unmet) == ["get_class_annotations"]
    loop.learn_records()
    assert asked_of(Met) == []
