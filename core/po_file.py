"""Reads a gettext catalogue (`.po`) into sentences by key: for `core/messages.py` alone.

What our files hold and no more: comments, one header, `msgid`, `msgid_plural`, `msgstr`, `msgstr[n]`, strings over several lines. Babel reads
the same in ten times as long, which `tocsin ack` would pay at every start; a test holds both readings equal.

Format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from gettext import c2py
from pathlib import Path
from typing import Final

import msgspec

Sentences = Mapping[str, tuple[str, ...]]
_ENTRY: Final = re.compile(
    r'^msgid +(?P<key>".*(?:\n".*)*)\n(?:msgid_plural +".*(?:\n".*)*\n)?(?P<forms>(?:msgstr(?:\[\d\])? +".*(?:\n".*)*\n?)+)', re.MULTILINE
)
_FORM: Final = re.compile(r'^msgstr(?:\[\d\])? +(".*(?:\n".*)*)', re.MULTILINE)
_PLURAL: Final = re.compile(r"plural=([^;\n]+);")


def read_po(path: Path) -> tuple[Sentences, Callable[[int], int]]:
    """All keys with their sentences (one, or one per plural form), and which form a count takes.

    Raises:
        OSError: the file cannot be read.
        ValueError: a string in it is not quoted as it should be, or the plural rule cannot be read.
    """
    sentences = {
        _text(entry["key"]): tuple(_text(form) for form in _FORM.findall(entry["forms"]))
        for entry in _ENTRY.finditer(path.read_text(encoding="utf-8"))
    }
    header = "".join(sentences.pop("", ()))
    rule = _PLURAL.search(header)
    form_of: Callable[[int], int] = c2py(rule[1]) if rule else lambda _count: 0
    return sentences, form_of


def _text(quoted: str) -> str:
    """The text of one or more quoted lines; their escapes are those of JSON."""
    return "".join(msgspec.json.decode(line, type=str) for line in quoted.splitlines())
