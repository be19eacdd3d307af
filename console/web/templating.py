"""The pages' environment: everything is escaped, an undefined name is an error, and only http(s) addresses become links."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from store.readings import Reading

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"
_BLANK = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def environment() -> Environment:
    """The templates with the few helpers that they use."""
    house = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    house.filters["web_link"] = web_link
    house.filters["pieces"] = pieces
    house.filters["polyline"] = polyline
    house.globals["style"] = f"/static/console.css?v={version('console.css')}"
    return house


def web_link(url: str | None) -> str | None:
    """The address where it is one of the web; None for any other (`javascript:`, `data:` ...)."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.hostname else None


def pieces(template: str) -> list[tuple[str, str]]:
    """A holding statement as pieces (words, name of the blank that follows or "")."""
    found = _BLANK.split(template.strip())
    return list(zip(found[::2], [*found[1::2], ""], strict=True))


def polyline(series: Sequence[Reading]) -> str:
    """The points of a curve of readings with a total, in a box of 320 by 72; time runs to the right, nothing is at the bottom."""
    first, last = series[0].at, series[-1].at
    span, most = max(1.0, (last - first).total_seconds()), max(1, *(one.total or 0 for one in series))
    return " ".join(f"{4 + 312 * (one.at - first).total_seconds() / span:.0f},{68 - 64 * (one.total or 0) / most:.0f}" for one in series)


def version(name: str) -> str:
    """Changes when the static file does, so that browsers may keep it for long."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
