"""F6, F7: what strangers wrote is parsed off the loop, within 10 s of processor time and 512 MB."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import SourceUnreadable
from listener import confine
from listener.confine import Confinement, Limits


@pytest.fixture(scope="module", autouse=True)
def hostile() -> Iterator[None]:
    """The module of parsers under a name that a child can import too."""
    folder = str(Path(__file__).parent)
    sys.path.append(folder)
    yield
    sys.path.remove(folder)
    sys.modules.pop("hostile", None)


@pytest.fixture(scope="module")
def small(hostile: None) -> Iterator[Confinement]:
    confinement = Confinement(Limits(cpu_s=1, wall_s=20, memory_bytes=300_000_000), children=1)
    yield confinement
    confinement.close()


def parser(name: str):
    if "hostile" not in sys.modules:
        spec = importlib.util.find_spec("hostile")
        module = importlib.util.module_from_spec(spec)
        sys.modules["hostile"] = module
        spec.loader.exec_module(module)
    return getattr(sys.modules["hostile"], name)


def test_f6_ten_seconds_of_processor_time_and_512_megabytes() -> None:
    assert (Limits().cpu_s, Limits().memory_bytes) == (10, 512 * 1024 * 1024)
    assert Limits().wall_s == 30.0


async def test_a_result_comes_back_as_the_record_it_is(small: Confinement) -> None:
    read = await small.run(parser("well"), "tốt", "đẹp".encode(), "2026-11-21T03:00:00+00:00", source="s")
    assert read.words == ("TỐT", "đẹp")
    assert read.at == datetime(2026, 11, 21, 3, tzinfo=UTC)


async def test_a_child_is_used_again_and_is_not_us(small: Confinement) -> None:
    first, again = await small.run(parser("pid"), source="s"), await small.run(parser("pid"), source="s")
    assert first == again != os.getpid()


@pytest.mark.parametrize(
    ("name", "args", "says"),
    [
        ("unreadable", ("abc",), "no feed: 3 characters"),
        ("stumbles", (), "KeyError"),
        ("spins", (), "1 s of processor time"),
        ("swells", (), "more than 286 MB"),
        ("crashes", (), "died"),
        ("lies", (), "does not promise"),
    ],
)
async def test_f6_a_hostile_text_fails_alone(small: Confinement, name: str, args: tuple[object, ...], says: str) -> None:
    with pytest.raises(SourceUnreadable, match=says) as caught:
        await small.run(parser(name), *args, source="forum")
    assert caught.value.source == "forum"
    assert (await small.run(parser("well"), "ok", b"", "2026-11-21T03:00:00+00:00", source="s")).words == ("OK", "")


async def test_f6_f7_a_parser_that_hangs_is_ended_and_the_loop_goes_on_meanwhile() -> None:
    confinement, turns = Confinement(Limits(wall_s=0.5), children=1), 0
    working = asyncio.ensure_future(confinement.run(parser("hangs"), source="s"))
    while not working.done():
        await asyncio.wait({working}, timeout=0.01)
        turns += 1
    with pytest.raises(SourceUnreadable, match="more than 0.5 s"):
        await working
    assert turns > 5
    confinement.close()


async def test_a_library_that_prints_does_no_harm(small: Confinement) -> None:
    assert (await small.run(parser("chatters"), source="s")).words == ("fine",)


async def test_a_child_has_none_of_our_secrets_and_writes_no_files(
    small: Confinement, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "hunter2")
    assert "TELEGRAM_TOKEN" not in await small.run(parser("environment"), source="s")
    with pytest.raises(SourceUnreadable, match="OSError"):
        await small.run(parser("writes"), str(tmp_path / "x"), source="s")


async def test_a_worn_child_makes_room(small: Confinement, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confine, "CALLS", 1)
    first, again = await small.run(parser("pid"), source="s"), await small.run(parser("pid"), source="s")
    assert first != again
