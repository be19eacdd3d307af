"""`sources import`: what a feed reader exported, as entries for `config.yaml`. Writes nothing by itself: the operator chooses and pastes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.verbs.base import Desk, UsageError
from core.errors import SourceUnreadable

if TYPE_CHECKING:
    from listener.opml import Opml, Outline


def print_entries(desk: Desk, path: Path, *, as_json: bool = False) -> int:
    """Print the entries of a file's feeds, those left out that are configured already; returns the exit status.

    Raises:
        UsageError: the file cannot be read, or is no OPML.
    """
    from listener.opml import guessed_tier, read_opml, source_id

    try:
        found: Opml = read_opml(path.read_bytes(), name=str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or 'cannot be read'}") from error
    except SourceUnreadable as error:
        raise UsageError(str(error)) from error
    ids, addresses = _configured(desk)
    entries: list[tuple[Outline, dict[str, Any]]] = []
    for feed in found.feeds:
        if _address(feed.url) not in addresses:
            name = source_id(feed, ids)
            ids.add(name)
            entry = {"id": name, "kind": "rss", "url": _inert(feed.url), "tier": guessed_tier(feed)}
            entries.append((feed, entry | ({"lang": feed.language} if feed.language else {})))
    if as_json:
        desk.json([entry for _, entry in entries])
    else:
        _print(desk, entries)
    _tell(desk, found, len(entries))
    return 0 if found.feeds else 1


def _print(desk: Desk, entries: list[tuple[Outline, dict[str, Any]]]) -> None:
    folders: tuple[str, ...] = ()
    for feed, entry in entries:
        if feed.folders != folders:
            folders = feed.folders
            desk.out(f"    # {' / '.join(folders)}" if folders else "    # no folder")
        given = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False) if key == 'url' else value}" for key, value in entry.items())
        desk.out(f"    - {{{given}}}  # {feed.title or feed.url}")


def _tell(desk: Desk, found: Opml, printed: int) -> None:
    known = len(found.feeds) - printed
    parts = [(printed, "to paste under `listener: sources:`; the tiers are guesses"), (known, "configured already")]
    parts += [(found.repeated, "named twice"), (found.unusable, "with no web address")]
    desk.tell("; ".join(f"{number} {what}" for number, what in parts if number or what.startswith("to paste")))


def _configured(desk: Desk) -> tuple[set[str], set[str]]:
    """Ids and feed addresses of the configuration, if there is one that can be read."""
    if not desk.path.exists():
        return set(), set()
    listed = desk.config.listener.sources
    return {source.id for source in listed}, {_address(str(source.options.get("url", ""))) for source in listed}


def _address(url: str) -> str:
    from core.text import canonical_url

    return canonical_url(_inert(url))


def _inert(url: str) -> str:
    """An address in which the configuration finds no ${VARIABLE} to fill in: a list of strangers' feeds must not ask for our secrets."""
    return url.replace("$", "%24")
