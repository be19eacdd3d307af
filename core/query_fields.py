"""The fields of the query language: `author:`, `site:`, `lang:`, `source:`, `kind:`, `class:`, `title:`, `has:`; their names and values, checked. Pure."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final, cast, get_args

from core.query_tree import Field, FieldName, Term, TermKind
from core.text import normalise
from core.wildcards import MIN_FIXED, STAR, forms_of

TITLE: Final = "title"
NAMES: Final = (*get_args(FieldName), TITLE)
CLASSES: Final = ("original", "repost")  # what the source tells; wires and our own posts are told apart later
CLOSE: Final = 0.8  # of one name to another: "auther" is author, a "king" is no kind
HAS: Final = ("link", "question")
_MEANT: Final = {  # what other tools call them
    "from": "author", "by": "author", "user": "author", "domain": "site", "host": "site", "url": "site", "link": "site", "language": "lang",
    "feed": "source", "platform": "kind", "type": "kind", "headline": "title", "intitle": "title", "contains": "has",
}  # fmt: skip
_LANGUAGE = re.compile(r"[a-z]{2}\Z")
_HOST = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\Z")


def field(name: str, value: str) -> Field | Term:
    """The field of that name.

    Raises:
        ValueError: the value cannot be meant; the message says what can.
    """
    if name == TITLE:
        return words(value, in_title=True)
    value = normalise(value)
    if not value:
        raise ValueError(f"{name}: is followed by its value, with no space between")
    if name == "site":
        value = _host(value)
    elif name == "lang" and not _LANGUAGE.match(value):
        raise ValueError(f"lang: takes two letters, such as vi or en, not {value[:40]}")
    elif name == "class" and value not in CLASSES:
        raise ValueError(f"class: is one of {', '.join(CLASSES)}, not {value[:40]}")
    elif name == "has" and value not in HAS:
        raise ValueError(f"has: is one of {', '.join(HAS)}, not {value[:40]}")
    elif STAR in value and sum(map(str.isalnum, value)) < MIN_FIXED:
        raise ValueError(f"a wildcard needs at least {MIN_FIXED} letters or digits with it")
    return Field(cast("FieldName", name), value)


def words(text: str, *, in_title: bool = False) -> Term:
    """A word, a phrase, a hashtag or a handle as a term.

    Raises:
        ValueError: there is no word in it, or a wildcard alone.
    """
    kind: TermKind = "hashtag" if text.startswith("#") else "handle" if text.startswith("@") else "words"
    forms = forms_of(text)
    if not forms:
        raise ValueError(f"there is no word in {text[:40]}")
    return Term(forms, kind, in_title)


def meant(name: str) -> str | None:
    """Our name of a field that other tools call so, or that is a letter away."""
    lower = name.lower()
    close = get_close_matches(lower, NAMES, n=1, cutoff=CLOSE) if lower not in NAMES else []
    return _MEANT.get(lower) or (close[0] if close else None)


def _host(value: str) -> str:
    host = value.removeprefix("https://").removeprefix("http://").removeprefix("www.").removeprefix("*.").strip("./")
    if not _HOST.match(host):
        raise ValueError(f"site: takes a host such as tinhte.vn, and finds what stands below it too; not {value[:40]}")
    return host
