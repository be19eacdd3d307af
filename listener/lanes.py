"""Lists that a platform shows newest first, read without gap and without repetition. Pure; shared by the kinds that read such lists.

Each look reads the newest page of a list. It brings what is new and, of what is known, what was edited or has other counters now; what is
known and missing from its middle may have been deleted. Where more came than one page holds, the look goes on downwards to what is known.
A `Lane` stands in the cursor and holds all that this needs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from core.records import Mention

KNOWN: Final = 100  # mentions remembered for each list
KNOWN_IN_ALL: Final = 600  # of all lists in one cursor
EMPTY: Final = "0"  # the mark of a list that was read and held nothing
_KEY_BYTES: Final = 16
_State = TypeVar("_State")


class Known(msgspec.Struct, frozen=True, array_like=True):
    """A mention as it was last yielded: its place in the list, a digest of its words and counters, and its id at the place."""

    mark: str
    digest: str
    name: str


class Lane(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far one list is read. Marks order the list as texts; "" is before all.

    `mark`: all up to here is read. `top` and `after`: of a reading that is not finished, the newest mark it met and where it goes on (the
    platform's own words). `known`: the newest mentions yielded, by key in base64.
    """

    mark: str = ""
    top: str = ""
    after: str = ""
    known: dict[str, Known] = {}


class Found(msgspec.Struct, frozen=True):
    """One entry of a list: its mark, its id at the place, and the mention made of it."""

    mark: str
    name: str
    mention: Mention


def read_page(lane: Lane, found: Sequence[Found], following: str | None, *, limit: int = KNOWN) -> Lane:
    """The lane after one page of a reading downwards.

    Args:
        lane: as it stood before.
        found: the page's entries in any order.
        following: where the list goes on below this page; None at its end.
        limit: how many mentions are remembered.
    """
    lane = remember(lane, found, limit)
    top = max([lane.top, lane.mark, *(entry.mark for entry in found)])
    reached = any(entry.mark <= lane.mark for entry in found)
    if reached or not following or not found or not lane.mark:  # a first look reads the newest page and no more
        return msgspec.structs.replace(lane, mark=top or EMPTY, top="", after="")
    return msgspec.structs.replace(lane, top=top, after=following)


def given_up(lane: Lane) -> Lane:
    """The lane where its unfinished reading is not gone on with: what lies between is lost."""
    return msgspec.structs.replace(lane, mark=max(lane.mark, lane.top), top="", after="")


def changed(lane: Lane, found: Sequence[Found]) -> tuple[Mention, ...]:
    """Of a page, the mentions that are new or other than when last yielded; what is older than all that is remembered was read before."""
    oldest = min((was.mark for was in lane.known.values()), default=lane.mark)
    read_before = min(oldest, lane.mark)
    return tuple(entry.mention for entry in found if _is_other(lane.known.get(key_name(entry.mention.key)), entry, read_before))


def remember(lane: Lane, found: Sequence[Found], limit: int = KNOWN) -> Lane:
    """The lane with a page's mentions among the known, the newest `limit` of all."""
    known = dict(lane.known) | {key_name(entry.mention.key): Known(entry.mark, digest(entry.mention), entry.name) for entry in found}
    newest = sorted(known, key=lambda name: known[name].mark)[-limit:]
    return msgspec.structs.replace(lane, known={name: known[name] for name in newest})


def limit_of(lanes: int) -> int:
    """How many mentions are remembered for each of so many lists."""
    return max(20, min(KNOWN, KNOWN_IN_ALL // max(lanes, 1)))


def forget(lane: Lane, keys: Sequence[str]) -> Lane:
    """The lane without these, named as in `known`."""
    return msgspec.structs.replace(lane, known={name: was for name, was in lane.known.items() if name not in keys})


def missing(lane: Lane, found: Sequence[Found], *, above: bool = False, below: bool = False) -> dict[str, Known]:
    """Of the known, those that should stand on this page and do not, by name.

    Args:
        lane: with what is known.
        found: the page's entries.
        above: the page is the newest of a list that shows all there is, so that what is newer than its newest entry is missing too.
        below: the page is the last of the list, so that what is older than its oldest entry is missing too.
    """
    present = {key_name(entry.mention.key) for entry in found}
    oldest, newest = min((entry.mark for entry in found), default=""), max((entry.mark for entry in found), default="")
    return {
        name: was
        for name, was in lane.known.items()
        if name not in present and (below or oldest < was.mark) and (above or was.mark < newest)
    }


def digest(mention: Mention) -> str:
    """A short mark of a mention's words and counters; it changes where they do."""
    counted = mention.engagement
    parts = (mention.title, mention.text, counted.likes, counted.replies, counted.reposts, counted.views, mention.edited_at)
    return base64.b85encode(hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()[:6]).decode()


def key_name(key: bytes) -> str:
    """A mention's key as cursors hold it."""
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def key_of(name: str) -> bytes | None:
    """The key that `key_name` wrote; None where it is none."""
    try:
        key = base64.urlsafe_b64decode(name + "==")
    except (ValueError, binascii.Error):
        return None
    return key if len(key) == _KEY_BYTES else None


def keys_of(names: Iterable[str]) -> tuple[bytes, ...]:
    """The keys that these names stand for."""
    return tuple(key for name in names if (key := key_of(name)) is not None)


def read_cursor(text: str | None, kind: type[_State]) -> _State | None:
    """A cursor as its record; None where it cannot be read."""
    try:
        return msgspec.json.decode(text or "", type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeError):
        return None


def write_cursor(state: msgspec.Struct) -> str:
    """A record as a cursor."""
    return msgspec.json.encode(state).decode()


def _is_other(was: Known | None, entry: Found, read_before: str) -> bool:
    return entry.mark > read_before if was is None else was.digest != digest(entry.mention)
