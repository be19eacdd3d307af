"""A file as a source."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import SourceUnavailable
from listener.base import Page
from listener.collectors.replay import PAGE_LINES, Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    path = folder / "mentions.jsonl"
    path.write_text('{"native_id": "1", "text": "Ấm nổ"}\n{"native_id": "2", "text": "Ấm tốt"}\n')
    return {"options": Options(path=path)}


async def pages(path: Path, cursor: str | None = None) -> list[Page]:
    return [page async for page in Collector(Options(path=path), source_id="file", now=lambda: NOW).listen(cursor)]


def texts(found: list[Page]) -> list[str]:
    return [mention.text for page in found for mention in page.mentions]


async def test_a_file_is_read_in_pages(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text("".join(f'{{"text": "{n}"}}\n' for n in range(PAGE_LINES * 2 + 1)))
    found = await pages(path)
    assert [len(page.mentions) for page in found] == [PAGE_LINES, PAGE_LINES, 1]
    assert [page.more for page in found] == [True, True, False]
    assert texts(await pages(path, found[0].cursor)) == [str(n) for n in range(PAGE_LINES, PAGE_LINES * 2 + 1)]


async def test_a_growing_file_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b')
    first = await pages(path)
    assert texts(first) == ["a"]
    assert (await pages(path, first[-1].cursor))[0].mentions == ()
    with path.open("a") as file:
        file.write('"}\n{"text": "c"}')
    second = await pages(path, first[-1].cursor)
    assert texts(second) == ["b", "c"]
    assert texts(await pages(path, second[-1].cursor)) == []


async def test_bad_lines_are_counted_and_named(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(b'{"text": "a"}\n\nnonsense\n{"text": 5}\n' + b'{"text": "' + b"x" * 3_000_000 + b'"}\n{"text": "b"}\n')
    (page,) = await pages(path)
    assert texts([page]) == ["a", "b"]
    assert (page.skipped, page.problem) == (3, "line 3: not valid JSON")


async def test_a_file_that_was_replaced_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"text": "a long first line"}\n')
    cursor = (await pages(path))[-1].cursor
    path.write_text('{"text": "b"}\n')
    assert texts(await pages(path, cursor)) == ["b"]


async def test_a_file_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="No such file"):
        await pages(tmp_path / "none.jsonl")
