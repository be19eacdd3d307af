"""docs/standard.md names, for each promise of paging, what holds it: everything it names exists, and no promise is missing."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "standard.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([A-Z][\w #]*\d) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)  # id, promise, held in, held by
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
WANTED = {
    *(f"R{number}" for number in range(1, 20)),
    *(f"O{number}" for number in range(1, 7)),
    *(f"A{number}" for number in range(1, 7)),
    *(f"P{number}" for number in range(1, 5)),
    *(f"W{number}" for number in range(1, 5)),
    *(f"GitLab {number}" for number in range(1, 10)),
    *(f"T{number}" for number in range(1, 28)),  # the traps
    "F8",
    "GoAlert #4548",
    "GoAlert #3511",
    "OnCall #3111",
}


def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall(PAGE)


@cache
def defined_in(path: str) -> set[str]:
    """The tests that pytest finds in a file: at its top and in its classes of tests."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    classes = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    return {node.name for body in (tree.body, *classes) for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_promise_has_one_row() -> None:
    found = [row[0] for row in rows()]
    assert sorted(found) == sorted(WANTED)
    assert len(re.findall(r"^\| (?!id |---)", PAGE, re.MULTILINE)) == len(found), "every row is read"


def test_every_test_that_is_named_exists() -> None:
    named = TEST.findall(PAGE)
    assert len(named) > 150
    assert PAGE.count("::") - 1 == len(named), "all but the example are read"
    assert [f"{path}::{name}" for path, name in named if not (ROOT / path).exists() or name not in defined_in(path)] == []


def test_every_file_and_command_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [file for row in rows() for file in re.findall(r"`([\w/]+\.(?:py|md))`", row[2]) if not (ROOT / file).exists()] == []
    assert [name for name in re.findall(r"`make ([\w-]+)`", PAGE) if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
    assert [name for name in re.findall(r"`python -m ([\w.]+)`", PAGE) if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []


def test_a_promise_without_a_test_says_that_it_is_not_held_and_why() -> None:
    bare = [row[0] for row in rows() if not TEST.search(row[3])]
    assert [row[0] for row in rows() if row[0] in bare and not re.match(r"not held: why: .{20}", row[3])] == []
    assert len(bare) <= 2, "what is not held is the exception"
