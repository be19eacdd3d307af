"""YouTube's comments and uploads, as its Data API has them, as mentions; and what its refusals mean. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from core.errors import SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.records import Author, Engagement, Mention, Record
from core.text import clean, mention_key
from listener.entries import MAX_NAME_CHARS, MAX_TITLE_CHARS
from listener.fields import count, identity, items, mapping, moment, string
from listener.walk import Heard

PLACE: Final = "youtube.com"
RESETS_IN: Final = ZoneInfo("America/Los_Angeles")  # the units of a day are filled up at midnight there
PAUSE_S: Final = 60.0
ABOUT_ONE: Final = {  # refusals that concern one video or channel alone
    "commentsDisabled": "comments are switched off",
    "videoNotFound": "no such video",
    "channelNotFound": "no such channel",
    "playlistNotFound": "no such channel",
    "playlistItemsNotAccessible": "its videos are private",
    "invalidPageToken": "its pages were lost; the next look begins anew",
}
_SPENT: Final = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_KEY: Final = {
    "keyInvalid": "the API key is not valid",
    "API_KEY_INVALID": "the API key is not valid",
    "keyExpired": "the API key has expired",
    "API_KEY_EXPIRED": "the API key has expired",
    "accessNotConfigured": "the YouTube Data API is not enabled for this key's project",
    "SERVICE_DISABLED": "the YouTube Data API is not enabled for this key's project",
    "ipRefererBlocked": "the API key is restricted to other addresses",
    "API_KEY_IP_ADDRESS_BLOCKED": "the API key is restricted to other addresses",
    "API_KEY_SERVICE_BLOCKED": "the API key is restricted to other services",
}


class Writer(msgspec.Struct, frozen=True):
    """The channel of who wrote a comment."""

    value: str = ""


class Snippet(msgspec.Struct, frozen=True, rename="camel"):
    """What we read of a comment, or of a video in a playlist."""

    published_at: str
    updated_at: str | None = None
    text_display: str = ""
    author_display_name: str = ""
    author_channel_id: Writer | None = None
    like_count: int | None = None
    parent_id: str | None = None
    video_id: str | None = None
    title: str = ""
    description: str = ""
    channel_id: str = ""
    channel_title: str = ""


class Comment(msgspec.Struct, frozen=True):
    """A comment, or a video in a playlist."""

    id: str
    snippet: Snippet


class Thread(Record, frozen=True, kw_only=True, gc=False):
    """A comment with what came along of its replies: its id, its entries (the replies first, as a walk wants it), and how many replies it has."""

    id: str
    heard: tuple[Heard, ...]
    replies: int
    told: int


class Reader:
    """Makes mentions of what one source hears.

    Args:
        source_id: as configured.
        seen_at: now (aware).
        lang: the language of the comments, where known.
    """

    def __init__(self, source_id: str, seen_at: datetime, lang: str | None) -> None:
        self._source_id = source_id
        self._seen_at = seen_at
        self._lang = lang

    def entries(self, found: Any) -> tuple[list[Any], str | None]:
        """The items of an answer, and the token of the next page.

        Raises:
            SourceUnreadable: it is no list of the Data API.
        """
        entries = mapping(found).get("items")
        if not isinstance(entries, list):
            raise SourceUnreadable(self._source_id, "not a list of YouTube's Data API")
        return entries, string(found.get("nextPageToken")) or None

    def thread(self, entry: object) -> Thread | None:
        """One comment thread; None where it cannot be read."""
        snippet = mapping(mapping(entry).get("snippet"))
        top = self.comment(
            snippet.get("topLevelComment"), replies=count(snippet.get("totalReplyCount")), video=string(snippet.get("videoId"))
        )
        if top is None:
            return None
        replies = items(mapping(mapping(entry).get("replies")).get("comments"))
        read = [self.comment(reply, video=string(snippet.get("videoId"))) for reply in replies]
        answers = sorted((one for one in read if one is not None), key=lambda one: one.order, reverse=True)
        return Thread(id=top.native_id, heard=(*answers, top), replies=count(snippet.get("totalReplyCount")) or 0, told=len(answers))

    def comment(self, entry: object, *, replies: int | None = None, video: str = "") -> Heard | None:
        """One comment or reply; None where it cannot be read."""
        comment = _comment(entry)
        if comment is None:
            return None
        said = comment.snippet
        video = identity(said.video_id) or identity(video) or ""
        parent = identity(said.parent_id) or video or None
        published, updated = moment(said.published_at), moment(said.updated_at)
        mention = Mention(
            key=key_of(comment.id),
            source_id=self._source_id,
            native_id=comment.id,
            seen_at=self._seen_at,
            url=f"https://www.youtube.com/watch?v={video}&lc={comment.id}" if video else None,
            author=_author(said.author_channel_id.value if said.author_channel_id else "", said.author_display_name),
            text=clean(said.text_display),
            lang=self._lang,
            published_at=published,
            edited_at=updated if updated != published else None,
            reply_to=parent,
            parent_key=key_of(parent) if parent else None,
            engagement=Engagement(likes=count(said.like_count), replies=replies),
        )
        return Heard(native_id=comment.id, order=int(published.timestamp()) if published else 0, mention=mention)

    def upload(self, entry: object) -> Heard | None:
        """One video of a channel's uploads; None where it cannot be read."""
        comment = _comment(entry)
        video = identity(mapping(mapping(entry).get("contentDetails")).get("videoId"))
        if comment is None or video is None:
            return None
        said = comment.snippet
        published = moment(said.published_at)
        mention = Mention(
            key=key_of(video),
            source_id=self._source_id,
            native_id=video,
            seen_at=self._seen_at,
            url=f"https://www.youtube.com/watch?v={video}",
            author=_author(said.channel_id, said.channel_title),
            title=clean(" ".join(said.title.split()), MAX_TITLE_CHARS),
            text=clean(said.description),
            lang=self._lang,
            published_at=published,
        )
        return Heard(native_id=video, order=int(published.timestamp()) if published else 0, mention=mention)


def key_of(native_id: str) -> bytes:
    """The identity of a comment or video."""
    return mention_key("youtube", PLACE, native_id)


def reason_of(found: Any) -> str:
    """The reason that a refusal names, the finest first; "" where it names none."""
    error = mapping(mapping(found).get("error"))
    told = [string(mapping(one).get("reason")) for one in (*items(error.get("details")), *items(error.get("errors")))]
    return next((reason for reason in told if reason), "")


def refusal(reason: str, status: int, source_id: str, now: datetime) -> SourceError | None:
    """What a named refusal means; None for a name that tells no more than its status."""
    if reason in _SPENT:
        return SourceUnavailable(
            source_id, f"the units of today are spent ({status})", retry_after_s=(resets_at(now) - now).total_seconds()
        )
    if reason in _TOO_FAST:
        return SourceUnavailable(source_id, f"too many requests ({status})", retry_after_s=PAUSE_S)
    return SourceRejected(source_id, f"{_KEY[reason]} ({status})") if reason in _KEY else None


def resets_at(now: datetime) -> datetime:
    """The next midnight in California (aware)."""
    tomorrow = now.astimezone(RESETS_IN).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), RESETS_IN).astimezone(now.tzinfo)


def _comment(entry: object) -> Comment | None:
    try:
        comment = msgspec.convert(entry, Comment)
    except msgspec.ValidationError:
        return None
    return comment if identity(comment.id) and moment(comment.snippet.published_at) else None


def _author(channel: str, name: str) -> Author | None:
    handle, channel = clean(name, MAX_NAME_CHARS), identity(channel) or ""
    return Author(key=f"{PLACE}/{channel or handle}", handle=handle or None, name=handle or None) if handle or channel else None
