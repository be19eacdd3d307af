"""Pictures that people send: kept by their hash, as they came, where their first bytes say what they are. Pure.

PNG (RFC 2083), JPEG, WebP and GIF alone: no SVG, which can carry scripts. The name and the type that a browser tells are not believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from core.flagged import Picture

MAX_BYTES: Final = 5_000_000  # each
MAX_PICTURES: Final = 4  # of one flag
_MAGIC: Final = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"))


class PictureError(ValueError):
    """Pictures that are not taken; `why` is "kind", "size" or "number"."""

    def __init__(self, why: str) -> None:
        super().__init__(f"pictures not taken: {why}")
        self.why = why


def media_type(data: bytes) -> str | None:
    """What a picture is, by its first bytes; None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def pictures_of(given: Sequence[bytes]) -> tuple[Picture, ...]:
    """The pictures of one flag, the same one once.

    Raises:
        PictureError: too many, too large, or no picture.
    """
    if len(given) > MAX_PICTURES:
        raise PictureError("number")
    found: dict[str, Picture] = {}
    for data in given:
        if len(data) > MAX_BYTES:
            raise PictureError("size")
        kind = media_type(data)
        if kind is None:
            raise PictureError("kind")
        digest = hashlib.sha256(data).hexdigest()
        found[digest] = Picture(sha256=digest, media_type=kind, data=data)
    return tuple(found.values())
