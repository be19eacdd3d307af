"""What people report of places that no program sees, beside the mention itself: who, where, pictures, and counters read again."""

from __future__ import annotations

from typing import Literal

from core.records import Engagement, Record

Place = Literal["facebook_group", "zalo_group", "tiktok", "livestream", "other"]


class Picture(Record, frozen=True, kw_only=True, gc=False):
    """A picture by its hash (hex SHA-256); `data` empty where only the hash was kept."""

    sha256: str
    media_type: str = ""
    data: bytes = b""


class Flagged(Record, frozen=True, kw_only=True, gc=False):
    """Who flagged the mention of `key`, in what kind of place, with which pictures.

    `by` is a configured person's id, or how the way in knows them: a mail address, a Telegram id or "@name".
    """

    key: bytes
    by: str
    place: Place = "other"
    pictures: tuple[Picture, ...] = ()


class Counted(Record, frozen=True, kw_only=True, gc=False):
    """`by` read a flagged mention's counters again, or found that it is gone."""

    mention_id: int
    by: str
    engagement: Engagement = Engagement()
    gone: bool = False
