"""Recorded mentions: JSON lines and CSV rows <-> `Mention` (docs/collectors.md tells the fields). Strict about types; pure.

Used by import, replay, the webhook and the export, so that whatever one of them writes another can read.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, get_args

import msgspec

from core.errors import TocsinError
from core.records import Author, Engagement, Mention, MentionClass
from core.text import clean, mention_key
from listener.base import known_time, web_link
from listener.entries import MAX_ID_CHARS, MAX_NAME_CHARS, MAX_TITLE_CHARS, is_repost, language_code, native_id, words

KIND: Final = "recorded"
MAX_LINE_BYTES: Final = 1_000_000
_COUNTERS: Final = ("likes", "replies", "reposts")
_FLAT: Final = {name: ("engagement", name) for name in _COUNTERS} | {
    "author_name": ("author", "name"),
    "followers": ("author", "followers"),
}
_KEY_HEX: Final = 32


class RecordError(TocsinError):
    """One recorded mention that cannot be read; names the field and the mend, and never holds its text."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}" if field else reason)


def read_record(record: object, *, source_id: str, seen_at: datetime, kind: str = KIND, own: bool = False) -> Mention:
    """One decoded JSON object as a mention.

    Args:
        record: what the JSON held; all but `text` or `title` may be missing, unknown fields are ignored.
        source_id: whose it is where the record does not say (and always, unless `own`).
        seen_at: when it was heard (aware).
        kind: part of its identity, with the source and the native id.
        own: the record comes from the operator's hand (import, replay): its `source_id`, `seen_at` and `key` are believed. Where it has no
            `seen_at`, it was seen when it was published.

    Raises:
        RecordError: a field of the wrong type, a time without a zone, or nothing to read.
    """
    if not isinstance(record, dict):
        raise RecordError("", "not a JSON object")
    title, text = words(_text(record, "title"), MAX_TITLE_CHARS), words(_text(record, "text"))
    deleted = _time(record, "deleted_at") if own else None
    if not title and not text and deleted is None:
        raise RecordError("text", "is missing, and so is title; one of them must hold words")
    source = (_text(record, "source_id")[:MAX_ID_CHARS] if own else "") or source_id
    author, published = _author(record, source), _time(record, "published_at")
    url = web_link(_text(record, "url") or None)
    given = _id(record, "native_id")
    # Without id and link, the same words by the same author at the same time are the same mention.
    alone = mention_key(author.key if author else "", str(published), f"{title}\n{text}").hex()
    known_as = native_id(given, url, title, text) if given.strip() or url else alone
    reply, reposted = (clean(_id(record, name), MAX_ID_CHARS) or None for name in ("reply_to", "repost_of"))
    return Mention(
        key=(_key(record) if own else None) or mention_key(kind, source, known_as),
        source_id=source,
        native_id=known_as,
        seen_at=((_time(record, "seen_at") or published) if own else None) or seen_at,
        url=url,
        author=author,
        title=title,
        text=text,
        lang=language_code(_text(record, "lang")),
        kind=_class(record, reposted=reposted is not None or is_repost(title, text)),
        published_at=published,
        edited_at=_time(record, "edited_at"),
        deleted_at=deleted,
        reply_to=reply,
        repost_of=reposted,
        engagement=_engagement(record),
        reach=_count(record, "reach"),
    )


def read_lines(
    lines: Iterable[bytes | str], *, source_id: str, seen_at: datetime, own: bool = True
) -> Iterator[tuple[int, Mention | RecordError]]:
    """JSON lines as (line number from 1, mention or what is wrong with it); empty lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, read_line(line, source_id=source_id, seen_at=seen_at, own=own)


def read_line(line: bytes | str, *, source_id: str, seen_at: datetime, own: bool = True) -> Mention | RecordError:
    """One JSON line as a mention, or what is wrong with it."""
    if len(line) > MAX_LINE_BYTES:
        return RecordError("", f"a line longer than {MAX_LINE_BYTES:,} bytes")
    try:
        return read_record(msgspec.json.decode(line), source_id=source_id, seen_at=seen_at, own=own)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return RecordError("", "not valid JSON")
    except RecordError as error:
        return error


def read_csv(
    lines: Iterable[str], *, source_id: str, seen_at: datetime, rename: Mapping[str, str] | None = None
) -> Iterator[tuple[int, Mention | RecordError]]:
    """CSV rows, the first being the header, as (line number, mention or what is wrong with it).

    Columns carry the names of the JSON fields, and `likes`, `replies`, `reposts`, `author_name`, `followers`; an empty cell is a missing
    field. `rename` maps our name to the file's ({"text": "content"}).

    Raises:
        RecordError: a column named in `rename` is not in the header.
    """
    rows = csv.reader(line.replace("\0", "") for line in lines)
    header = [name.strip().removeprefix("\ufeff") for name in next(rows, [])]
    named = {theirs: ours for ours, theirs in (rename or {}).items()}
    for theirs, ours in named.items():
        if theirs not in header:
            raise RecordError(ours, f"there is no column {theirs!r}; the file has {', '.join(header)}")
    columns = [named.get(name, "" if name in named.values() else name) for name in header]
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield rows.line_num, RecordError("", str(error))
            continue
        if any(row):
            try:
                yield rows.line_num, read_record(_nested(columns, row), source_id=source_id, seen_at=seen_at, own=True)
            except RecordError as error:
                yield rows.line_num, error


def write_record(mention: Mention) -> dict[str, Any]:
    """A mention as the JSON object that `read_record` reads back; what is unknown is left out. Times are RFC 3339 in UTC."""
    author, counted = mention.author, mention.engagement
    fields = {
        "source_id": mention.source_id,
        "native_id": mention.native_id,
        "key": mention.key.hex(),
        "url": mention.url,
        "author": {"handle": author.handle, "name": author.name, "followers": author.followers} if author else None,
        "title": mention.title or None,
        "text": mention.text or None,
        "lang": mention.lang,
        "class": None if mention.kind == "original" else mention.kind,
        "published_at": mention.published_at,
        "seen_at": mention.seen_at,
        "edited_at": mention.edited_at,
        "deleted_at": mention.deleted_at,
        "reply_to": mention.reply_to,
        "repost_of": mention.repost_of,
        "engagement": _known({name: getattr(counted, name) for name in _COUNTERS}) or None,
        "reach": mention.reach,
    }
    return {name: _known(value) if isinstance(value, dict) else value for name, value in _known(fields).items()}


def write_line(mention: Mention) -> bytes:
    r"""A mention as one line of JSON, with its "\n"."""
    return msgspec.json.encode(write_record(mention)) + b"\n"


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items() if value is not None}


def _nested(columns: list[str], row: list[str]) -> dict[str, Any]:
    """A CSV row in the shape of the JSON object."""
    record: dict[str, Any] = {}
    for name, cell in zip(columns, row, strict=False):
        outer, inner = _FLAT.get(name, (name, ""))
        value: Any = int(cell) if inner and inner != "name" and cell.strip().isdecimal() else cell
        if not name or not cell.strip():
            continue
        if inner or name == "author":
            group = record.setdefault(outer, {})
            group[inner or "handle"] = value
        else:
            record[name] = int(cell) if name == "reach" and cell.strip().isdecimal() else value
    return record


def _text(record: Mapping[str, Any], field: str) -> str:
    value = record.get(field)
    if value is not None and not isinstance(value, str):
        raise RecordError(field, f"must be text, not {type(value).__name__}")
    return value or ""


def _id(record: Mapping[str, Any], field: str) -> str:
    value = record.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # many platforms number their posts
    return _text(record, field)


def _count(record: Mapping[str, Any], field: str, *, prefix: str = "") -> int | None:
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise RecordError(prefix + field, "must be a whole number from 0")
    return value


def _time(record: Mapping[str, Any], field: str) -> datetime | None:
    text = _text(record, field)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RecordError(field, "must be a time such as 2026-11-21T10:00:00+07:00") from None
    if at.tzinfo is None:
        raise RecordError(field, "has no time zone; write it as 2026-11-21T10:00:00+07:00 or ...Z")
    if known_time(at) is None:
        raise RecordError(field, "lies outside the years 1970 to 2199")
    return known_time(at)


def _author(record: Mapping[str, Any], source: str) -> Author | None:
    given = record.get("author")
    if given is None or given == "":
        return None
    if isinstance(given, str):
        given = {"handle": given}
    if not isinstance(given, dict):
        raise RecordError("author", "must be a handle, or an object with handle, name, followers")
    handle, name = (words(_text(given, field), MAX_NAME_CHARS) or None for field in ("handle", "name"))
    called = handle or name
    if called is None:
        return None
    return Author(key=f"{source}/{called}", handle=handle, name=name, followers=_count(given, "followers", prefix="author."))


def _engagement(record: Mapping[str, Any]) -> Engagement:
    given = record.get("engagement")
    if given is None:
        return Engagement()
    if not isinstance(given, dict):
        raise RecordError("engagement", "must be an object with likes, replies, reposts")
    return Engagement(**{name: _count(given, name, prefix="engagement.") for name in _COUNTERS})


def _class(record: Mapping[str, Any], *, reposted: bool) -> MentionClass:
    given = _text(record, "class")
    for known in get_args(MentionClass):
        if given == known:
            return known  # type: ignore[no-any-return]
    if given:
        raise RecordError("class", f"must be one of {', '.join(get_args(MentionClass))}")
    return "repost" if reposted else "original"


def _key(record: Mapping[str, Any]) -> bytes | None:
    text = _text(record, "key")
    if not text:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(text) != _KEY_HEX or len(key) * 2 != _KEY_HEX:
        raise RecordError("key", "must be 32 hexadecimal digits, as the export writes it")
    return key
