"""The evidence pack of an incident: what was seen, as it was seen, with everything that lets somebody else check it.

It is made for whoever has to show later what stood there: a lawyer, a platform, a bailiff (thừa phát lại) who makes a *vi bằng*. It is none itself, and says
so. Words that were deleted or erased are not in it (rule 12): their salted digest is, which proves a copy that was exported before.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

import msgspec

from core.records import Incident, Mention, Record, Words
from store import evidence, flags, mentions
from store.database import Tx
from store.evidence import Piece, digest_of

FORMAT: Final = "tocsin evidence 1"
MOST: Final = 50  # pieces of one pack


class Exhibit(Record, frozen=True, kw_only=True, gc=False):
    """One piece as it is shown. `text` None: gone at its source, or erased. `whole`: the digest that was frozen still fits the words.

    `counters`: likes, replies, reposts, views, reach and followers as they were; None is unknown. `sha256`: of title and text, without a salt.
    `payload_sha256`: of what the platform sent, where that is kept. `pictures`: their SHA-256. Times are aware.
    """

    number: int
    mention_id: int
    source_id: str
    frozen_at: datetime
    seen_at: datetime
    digest: str
    published_at: datetime | None = None
    url: str | None = None
    author: str | None = None
    title: str | None = None
    text: str | None = None
    edited: bool = False
    whole: bool | None = None
    salt: str | None = None
    sha256: str | None = None
    payload_sha256: str | None = None
    counters: dict[str, int | None] = msgspec.field(default_factory=dict)
    pictures: tuple[str, ...] = ()


class Pack(Record, frozen=True, kw_only=True, gc=False):
    """An incident's exhibits, the deciding ones first, and who made the pack when. `why`: what made it an incident of this severity."""

    incident_id: int
    opened_at: datetime
    made_at: datetime
    made_by: str
    site: str
    severity: str
    words: Words
    why: tuple[Words, ...]
    exhibits: tuple[Exhibit, ...]
    drill: bool = False


def pack_of(tx: Tx, incident: Incident, *, by: str, now: datetime, site: str) -> Pack:
    """The pack as it stands now; `by` is the name of who makes it, `site` the installation's."""
    pieces = evidence.pieces(tx, incident.id, MOST)
    ids = [piece.mention_id for piece in pieces]
    heard, shown = {one.id: one for one in mentions.get(tx, ids)}, flags.pictures_of(tx, ids)
    known = [(piece, heard[piece.mention_id]) for piece in pieces if piece.mention_id in heard]
    return Pack(
        incident_id=incident.id,
        opened_at=incident.opened_at,
        made_at=now,
        made_by=by,
        site=site,
        severity=incident.severity,
        words=incident.words,
        why=tuple(
            Words(key=f"factor_said.{one.name}", args={"value": one.value, "beside": one.beside})
            for one in incident.factors
            if one.speaks_for not in (None, "watch")
        ),
        exhibits=tuple(
            _exhibit(number, piece, mention, [sha256 for sha256, _ in shown.get(mention.id, [])])
            for number, (piece, mention) in enumerate(known, start=1)
        ),
        drill=incident.world == "drill",
    )


def as_document(pack: Pack) -> dict[str, Any]:
    """The pack as plain JSON values, sealed by the SHA-256 of everything else in it."""
    document = {"format": FORMAT, **msgspec.to_builtins(pack)}
    return document | {"pack_sha256": seal(document)}


def seal(document: dict[str, Any]) -> str:
    """SHA-256 in hex of a pack's document without its seal, keys in order."""
    rest = {key: value for key, value in document.items() if key != "pack_sha256"}
    return hashlib.sha256(msgspec.json.encode(rest, order="deterministic")).hexdigest()


def sha256_of(title: str | None, text: str | None) -> str:
    """SHA-256 in hex of title and text as UTF-8, a line feed between them: whoever has the words can check it with any tool."""
    return hashlib.sha256(f"{title or ''}\n{text or ''}".encode("utf-8", "surrogatepass")).hexdigest()


def _exhibit(number: int, piece: Piece, mention: Mention, pictures: list[str]) -> Exhibit:
    common: dict[str, Any] = {
        "number": number,
        "mention_id": mention.id,
        "source_id": mention.source_id,
        "frozen_at": piece.frozen_at,
        "seen_at": mention.seen_at,
        "published_at": mention.published_at,
        "digest": piece.digest,
        "counters": {name: piece.data.get(name) for name in ("likes", "replies", "reposts", "views", "reach", "followers")},
    }
    if piece.text is None:
        return Exhibit(**common)
    author = mention.author
    return Exhibit(
        **common,
        url=mention.url,
        author=None if author is None else " ".join(filter(None, (author.handle, f"({author.name})" if author.name else ""))) or author.key,
        title=piece.title,
        text=piece.text,
        edited=piece.edited,
        whole=digest_of(mention.url, piece.title or "", piece.text, piece.salt) == piece.digest,
        salt=piece.salt.hex(),
        sha256=sha256_of(piece.title, piece.text),
        payload_sha256=None if piece.sent is None else piece.sent[2],
        pictures=tuple(pictures),
    )
