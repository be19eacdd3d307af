"""What a query's fields say of one mention: `author:`, `site:`, `lang:`, `source:`, `kind:`, `class:`, `has:`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from core.query import Field
from core.records import Author
from core.text import normalise
from core.tokens import tokens
from core.wildcards import agrees, forms_of, is_like
from detectors.enrichment.doc import Notes

_LINK = re.compile(r"https?://\w|\bwww\.\w", re.IGNORECASE)
_QUESTION = re.compile(r"[?？](?![\w&=/])")  # not that of an address


def holds(field: Field, noted: Notes) -> bool | None:
    """Whether a field holds of a mention: True, False where that is likely but not sure, None where it does not. Needs the language."""
    return _READ[field.name](field.value, noted)


def _author(value: str, noted: Notes) -> bool | None:
    """The whole handle, with or without its instance, or the stable key; else words in a row of the name that is shown."""
    author = noted.heard.author
    if author is None:
        return None
    if any(is_like(value.lstrip("@"), handle) for handle in _handles(author)):
        return True
    asked, name = forms_of(value), [token.form for token in tokens(author.name or "")]
    answers = [agrees(asked, name[at : at + len(asked)]) for at in range(len(name) - len(asked) + 1)]
    return None if value.startswith("@") or set(answers) <= {None} else True in answers


def _handles(author: Author) -> set[str]:
    handle = normalise(author.handle or "").lstrip("@")
    return {handle, handle.partition("@")[0], normalise(author.key)} - {""}


def _site(value: str, noted: Notes) -> bool | None:
    try:
        host = _ascii(urlsplit(noted.heard.url or "").hostname or "")
    except ValueError:
        return None
    asked = _ascii(value)
    return True if host == asked or host.endswith(f".{asked}") else None


@lru_cache(maxsize=4_096)
def _ascii(host: str) -> str:
    """The host as it stands on the wire; as it is where it cannot stand there."""
    try:
        return host.lower().strip(".").encode("idna").decode()
    except UnicodeError:
        return host.lower().strip(".")


def _lang(value: str, noted: Notes) -> bool | None:
    return noted.language_is_sure if noted.language == value else None


def _source(value: str, noted: Notes) -> bool | None:
    return is_like(value, normalise(noted.heard.source_id)) or None


def _kind(value: str, noted: Notes) -> bool | None:
    return is_like(value, normalise(noted.heard.source_kind)) or None


def _class(value: str, noted: Notes) -> bool | None:
    return noted.heard.is_repost is (value == "repost") or None


def _has(value: str, noted: Notes) -> bool | None:
    return (_LINK if value == "link" else _QUESTION).search(noted.text) is not None or None


_READ: Final[Mapping[str, Callable[[str, Notes], bool | None]]] = {
    "author": _author, "site": _site, "lang": _lang, "source": _source, "kind": _kind, "class": _class, "has": _has,
}  # fmt: skip
