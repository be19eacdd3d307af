"""What a page of a feed holds once its preset has read it, and which of it is new. Pure.

A look remembers, for each entry of its page, 8 bytes of how it stood there (`listener.entries.mark`: what stands unchanged is not read again), 8
of its identity and 8 of what it said. So one new entry among forty is one mention, an edited text or a moved counter is handed on again, a
moved link alone is not, and an entry that stands in a page twice in two wordings does not go to and fro.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from core.records import Engagement, Record
from listener.entries import Entry, Feed

MARK_BYTES: Final = 8
TURNED_OVER: Final = 10  # entries: a page of so many of which not one is left was replaced faster than we look
_TRIPLE: Final = 3 * MARK_BYTES
_UNMARKED: Final = bytes(MARK_BYTES)  # of entries that are read each time
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)

Trace = tuple[bytes, bytes, bytes]  # how an entry stood in its page, who it is, what it said


class Post(Record, frozen=True, kw_only=True, gc=False):
    """One entry as its preset understands it.

    `place` stands before the author's name in his key where he is no member of the feed's own host (a publisher). `parent` is the authority
    and native id of what it answers; where only the thread is known, `thread` names it and `opens` says that this post began it.
    """

    native_id: str
    url: str | None = None
    title: str = ""
    text: str = ""
    author: str | None = None
    place: str | None = None
    published_at: datetime | None = None
    edited_at: datetime | None = None
    language: str | None = None
    reply_to: str | None = None
    parent: tuple[str, str] | None = None
    thread: str | None = None
    opens: bool = False
    engagement: Engagement = Engagement()


class Reading(Record, frozen=True, kw_only=True, gc=False):
    """A page as read.

    Attributes:
        posts: in order, those without whose mark was known.
        total: how many entries stood in it.
        marks: of all entries that were looked at, in order; empty where each is read every time.
        broken: it is malformed.
        hub: its WebSub hub.
        self_url: what it calls its own address.
    """

    posts: tuple[Post, ...]
    total: int
    marks: tuple[str, ...] = ()
    broken: bool = False
    hub: str | None = None
    self_url: str | None = None


class Memory:
    """What the last look left of its page.

    Args:
        packed: from `pack`; nothing is remembered where it cannot be read.
    """

    def __init__(self, packed: str = "") -> None:
        self.traces = _unpacked(packed)
        self.standing = {how.hex(): (how, who, what) for how, who, what in self.traces if how != _UNMARKED}
        self._said: dict[bytes, set[bytes]] = {}
        for _, who, what in self.traces:
            self._said.setdefault(who, set()).add(what)

    def has_heard(self, who: bytes, what: bytes) -> bool:
        """Whether this one said this."""
        return what in self._said.get(who, ())

    def has_nothing_of(self, now: Sequence[Trace]) -> bool:
        """Whether not one entry of the last page is left, so that others may have come and gone unseen."""
        names = {who for _, who, _ in now}
        return min(len(self._said), len(names)) >= TURNED_OVER and self._said.keys().isdisjoint(names)


def post_of(entry: Entry) -> Post:
    """An entry of a plain feed, taken as it stands."""
    return Post(
        native_id=entry.native_id,
        url=entry.url,
        title=entry.title,
        text=entry.text,
        author=entry.author,
        published_at=entry.published_at,
        edited_at=entry.edited_at,
        language=entry.language,
        engagement=Engagement(replies=entry.replies),
    )


def reading_of(feed: Feed, posts: Iterable[Post]) -> Reading:
    """The page of a feed whose entries became these posts."""
    return Reading(
        posts=tuple(posts), total=feed.total, marks=feed.marks, broken=feed.broken, hub=feed.hub, self_url=feed.self_url
    )  # fmt: skip


class News(Record, frozen=True, kw_only=True, gc=False):
    """What a page brought: the posts that are new or say something else, in its order; what to remember of it; how many had no words."""

    posts: tuple[Post, ...]
    traces: tuple[Trace, ...]
    wordless: int

    @property
    def is_all_new(self) -> bool:
        """Whether nothing in it was known, so that more may stand on the page after it."""
        return 0 < len(self.posts) == len({who for _, who, _ in self.traces})


def news(reading: Reading, memory: Memory) -> News:
    """Compare a page with what is remembered. Of an entry that stands there twice the newest wording is taken, else the first."""
    traces = [memory.standing[mark] for mark in reading.marks if mark in memory.standing]
    unread = [mark for mark in reading.marks if mark not in memory.standing] or [_UNMARKED.hex()] * len(reading.posts)
    chosen: dict[bytes, tuple[Post, bytes]] = {}
    wordless = 0
    for mark, post in zip(unread, reading.posts, strict=True):
        if not (post.title or post.text):
            wordless += 1
            continue
        who, what = _marks(post)
        traces.append((bytes.fromhex(mark), who, what))
        if who not in chosen or _moment(post) > _moment(chosen[who][0]):
            chosen[who] = post, what
    fresh = tuple(post for who, (post, what) in chosen.items() if not memory.has_heard(who, what))
    return News(posts=fresh, traces=tuple(traces), wordless=wordless)


def pack(traces: Iterable[Trace]) -> str:
    """What to remember, for a cursor; each trace once."""
    return base64.b64encode(b"".join(b"".join(trace) for trace in dict.fromkeys(traces))).decode()


def _unpacked(text: str) -> list[Trace]:
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return []
    ends = range(_TRIPLE, len(packed) + 1, _TRIPLE)
    pieces = (packed[end - _TRIPLE : end] for end in ends)
    return [(piece[:MARK_BYTES], piece[MARK_BYTES : 2 * MARK_BYTES], piece[2 * MARK_BYTES :]) for piece in pieces]


def _marks(post: Post) -> tuple[bytes, bytes]:
    """Identity and saying. The link is in neither: an entry that moved is the one it was."""
    counted = post.engagement
    said = f"{post.title}\0{post.text}\0{counted.likes}\0{counted.replies}\0{counted.reposts}\0{counted.views}"
    return _mark(post.native_id), _mark(said)


def _mark(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=MARK_BYTES).digest()


def _moment(post: Post) -> datetime:
    return post.edited_at or post.published_at or _LONG_AGO
