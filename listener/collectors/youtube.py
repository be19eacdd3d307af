"""YouTube: comments on videos and channels, by the Data API v3 (https://developers.google.com/youtube/v3, read 2026), with a key alone.

10,000 units a day and project, filled up at midnight in California; each request here costs 1 (a search would cost 100, so there is none).
Terms: the YouTube API Services policies; what is stored must be asked for again or deleted within 30 days, and deleted comments must go:
`recheck` does that for the newest, 50 a look. It cannot see held or hidden comments, replies to old comments that nobody else
answers, community posts, live chat, nor anything where comments are switched off.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Self

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.errors import SourceUnavailable
from core.http import Fetcher, check_status
from core.records import Mention, Record
from listener.aside import aside
from listener.asking import Params
from listener.base import Now, Page, Quota, ask_json, web_link
from listener.entries import language_code
from listener.walk import GONE, Heard, Seen, Walk, finished, turn
from listener.youtube_comments import ABOUT_ONE, RESETS_IN, Reader, Thread, key_of, reason_of, refusal, resets_at

PER_PAGE: Final = 100
UPLOADS_PER_PAGE, CHECKED_AT_ONCE = 50, 50
REMEMBERED: Final = 1_000  # mentions of all lists together
JUDGED: Final = (400, 403, 404, 429)
PLAIN: Final = {"part": "snippet", "textFormat": "plainText"}
CHANNEL: Final = r"^UC[A-Za-z0-9_-]{22}$"


class Options(BaseModel):
    """What the operator sets.

    `api_key`: of a project with the YouTube Data API. `channels`: ids (UC...) whose videos' comments are heard. `videos`: ids. `uploads`: the
    channels' new videos are mentions too. `recheck`: how many mentions are watched for deletions, edits and likes, 50 a look. `daily_units`:
    what this source may spend of the project's units in a day. `pages`: requests for one channel or video in one look. `lang`: of the comments.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: SecretStr
    channels: tuple[Annotated[str, Field(pattern=CHANNEL)], ...] = Field(default=(), max_length=20)
    videos: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{11}$")], ...] = Field(default=(), max_length=50)
    uploads: bool = False
    recheck: int = Field(default=200, ge=0, le=REMEMBERED)
    daily_units: int = Field(default=10_000, ge=1)
    pages: int = Field(default=5, ge=1, le=50)
    lang: str | None = None
    api: str = "https://www.googleapis.com/youtube/v3"

    @field_validator("api")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url.rstrip("/")

    @field_validator("lang")
    @classmethod
    def _is_language(cls, lang: str | None) -> str | None:
        if lang is not None and language_code(lang) is None:
            raise ValueError('must be a language code such as "vi" or "en"')
        return language_code(lang)

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not (self.channels or self.videos):
            raise ValueError("needs channels or videos")
        return self


class Cursor(msgspec.Struct, frozen=True):
    """How far each list was walked; replies known by thread; the units used on a day of California; what was checked last."""

    walks: dict[str, Walk] = {}
    replies: dict[str, int] = {}
    day: str = ""
    used: int = 0
    checked: str = ""


class Read(Record, frozen=True, kw_only=True, gc=False):
    """One page of a list: its entries newest first, its threads, the next page's token, and how many entries could not be read."""

    heard: tuple[Heard, ...]
    threads: tuple[Thread, ...] = ()
    after: str | None = None
    skipped: int = 0


Step = tuple[Cursor, Page]


class Refused(Exception):
    """One channel or video gives nothing; the others go on."""


class Collector:
    """Polls channels, then videos, then checks some of what was heard before.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session.
        now: tells when a mention was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._http = http
        self._now = now
        lists = len(options.channels) * (1 + options.uploads) + len(options.videos)
        self._limit = max(REMEMBERED // lists, 50)

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """A page for each request. Errors as the protocol says."""
        last = self._last(cursor)
        watched = self._watched(last)
        for name, path, params in self._lists():
            async for step in self._walk(last, name, path, params):
                last, page = step
                yield self._told(last, page)
        if watched:
            last, page = await self._recheck(last, watched)
            yield self._told(last, page)

    async def _walk(self, last: Cursor, name: str, path: str, params: dict[str, str]) -> AsyncIterator[Step]:
        """One list, newest first, back to what was heard before, each page with the replies that did not come along."""
        for asked in range(1, self._options.pages + 1):
            walk = last.walks.get(name, Walk())
            last = self._spend(last)
            try:
                found = await self._ask(path, params | ({"pageToken": walk.after} if walk.after else {}))
            except Refused as refused:
                yield _with(last, name, replace(walk, after=None)), Page(problem=f"{name}: {refused}", missed="partial", cost=1.0)
                return
            read = await aside(self._read, name, found)
            last, page = self._turned(last, name, read, is_last=asked == self._options.pages)
            owed = [one for one in read.threads if one.replies > one.told and last.replies.get(one.id) != one.replies]
            yield last, replace(page, more=page.more or bool(owed))
            for thread in owed[: self._options.pages]:
                last, answers = await self._replies(last, name, thread)
                yield last, replace(answers, more=page.more or thread is not owed[-1])
            if len(owed) > self._options.pages:  # they are asked for at the next look
                yield last, Page(missed="partial", more=page.more)
            if not page.more:
                return

    def _read(self, name: str, found: Any) -> Read:
        """One page of a list."""
        reader = Reader(self._source_id, self._now(), self._options.lang)
        entries, after = reader.entries(found)
        if name.startswith("uploads:"):
            videos = [reader.upload(entry) for entry in entries]
            return Read(heard=tuple(one for one in videos if one), after=after, skipped=videos.count(None))
        threads = [reader.thread(entry) for entry in entries]
        read = tuple(one for one in threads if one is not None)
        heard = tuple(entry for thread in read for entry in thread.heard)
        return Read(heard=heard, threads=read, after=after, skipped=threads.count(None))

    def _turned(self, last: Cursor, name: str, read: Read, *, is_last: bool) -> Step:
        """Take in one page of a list."""
        walk = last.walks.get(name, Walk())
        judged = turn(walk, read.heard, read.after, limit=self._limit)
        stopped = is_last and not judged.ended
        last = _with(last, name, finished(judged.walk, limit=self._limit) if stopped else judged.walk)
        capped = stopped and walk.mark is not None
        page = self._page(judged.news, read.skipped)
        return last, replace(page, more=not (judged.ended or stopped), missed="capped" if capped else None)

    async def _replies(self, last: Cursor, name: str, thread: Thread) -> Step:
        """The replies to one comment, in as many requests as a list may take."""
        reader, heard, token, asked = Reader(self._source_id, self._now(), self._options.lang), list[Heard](), "", 0
        while asked < self._options.pages and (token or not asked):
            last, asked = self._spend(last), asked + 1
            try:
                found = await self._ask(
                    "/comments", {"parentId": thread.id, "maxResults": str(PER_PAGE), **PLAIN, "pageToken": token or None}
                )
            except Refused:
                break
            entries, following = reader.entries(found)
            heard += [one for one in map(reader.comment, entries) if one is not None]
            token = following or ""
        walk = last.walks.get(name, Walk())
        seen = Seen(walk.seen, limit=self._limit)
        news = seen.news(heard)
        known = dict(list((last.replies | {thread.id: thread.replies}).items())[-REMEMBERED:])
        last = replace(_with(last, name, replace(walk, seen=seen.known if walk.after else seen.kept())), replies=known)
        return last, replace(self._page(tuple(news), 0), cost=float(asked), missed="partial" if token else None)

    async def _recheck(self, last: Cursor, watched: list[str]) -> Step:
        """Ask for 50 comments, or 50 replies, again; what changed is yielded, what is no longer there is told as deleted."""
        following = [one for one in watched if _turn_of(one) > _turn_of(last.checked)] or watched
        batch = [one for one in following if _is_reply(one) == _is_reply(following[0])][:CHECKED_AT_ONCE]
        last, reader = replace(self._spend(last), checked=batch[-1]), Reader(self._source_id, self._now(), self._options.lang)
        asked = {"id": ",".join(batch), **PLAIN}
        try:
            entries, _ = reader.entries(await self._ask("/comments" if _is_reply(batch[0]) else "/commentThreads", asked))
        except Refused as refused:
            return last, Page(problem=f"recheck: {refused}", missed="partial", cost=1.0)
        threads = [] if _is_reply(batch[0]) else [thread for thread in map(reader.thread, entries) if thread]
        heard = [thread.heard[-1] for thread in threads] or [one for one in map(reader.comment, entries) if one]
        gone = set(batch) - {entry.native_id for entry in heard}
        news: dict[bytes, Mention] = {}
        for name, walk in last.walks.items():
            seen = Seen(walk.seen, limit=self._limit)
            news |= {mention.key: mention for mention in seen.news(one for one in heard if one.native_id in walk.seen)}
            seen.gone(gone)
            last = _with(last, name, replace(walk, seen=seen.known))
        return last, replace(self._page(tuple(news.values()), 0), deleted=tuple(key_of(one) for one in sorted(gone)))

    def _lists(self) -> list[tuple[str, str, dict[str, str]]]:
        """Name, path and parameters of each list of this source."""
        asked = {"part": "snippet,replies", "order": "time", "maxResults": str(PER_PAGE), "textFormat": "plainText"}
        videos = {"part": "snippet,contentDetails", "maxResults": str(UPLOADS_PER_PAGE)}
        options = self._options
        found = [(f"channel:{one}", "/commentThreads", {**asked, "allThreadsRelatedToChannelId": one}) for one in options.channels]
        if options.uploads:  # the playlist of a channel's uploads bears its name with another beginning
            found += [(f"uploads:{one}", "/playlistItems", {**videos, "playlistId": f"UU{one[2:]}"}) for one in options.channels]
        return found + [(f"video:{one}", "/commentThreads", {**asked, "videoId": one}) for one in options.videos]

    async def _ask(self, path: str, params: Params) -> Any:
        """The answer; raises `Refused` where one list alone is concerned."""
        headers = {"x-goog-api-key": self._options.api_key.get_secret_value()}
        url = f"{self._options.api}{path}"
        found, answer = await ask_json(self._http, url, source=self._source_id, params=params, headers=headers, judged=JUDGED)
        if answer.status not in JUDGED:
            return found
        reason = reason_of(found)
        if reason in ABOUT_ONE:
            raise Refused(ABOUT_ONE[reason])
        error = refusal(reason, answer.status, self._source_id, self._now())
        if error is not None:
            raise error
        check_status(answer, self._source_id)
        return None

    def _spend(self, last: Cursor) -> Cursor:
        """The cursor with one unit more used today.

        Raises:
            SourceUnavailable: today's share is spent; carries the seconds until it is filled up.
        """
        now = self._now()
        today = now.astimezone(RESETS_IN).date().isoformat()
        used = last.used if last.day == today else 0
        if used >= self._options.daily_units:
            wait_s = (resets_at(now) - now).total_seconds()
            raise SourceUnavailable(self._source_id, "the daily_units of today are spent", retry_after_s=wait_s)
        return replace(last, day=today, used=used + 1)

    def _told(self, last: Cursor, page: Page) -> Page:
        quota = Quota(left=float(self._options.daily_units - last.used), resets_at=resets_at(self._now()))
        return replace(page, cursor=msgspec.json.encode(last).decode(), quota=quota)

    def _page(self, news: tuple[Mention, ...], skipped: int) -> Page:
        return Page(mentions=news, skipped=skipped, problem="an entry that is no comment" if skipped else None, cost=1.0)

    def _last(self, cursor: str | None) -> Cursor:
        """What the cursor says of the lists that are still configured; an empty one where it cannot be read."""
        names = {name for name, _, _ in self._lists()}
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeEncodeError):
            return Cursor()
        return replace(last, walks={name: walk for name, walk in last.walks.items() if name in names})

    def _watched(self, last: Cursor) -> list[str]:
        """The newest comments heard, by id, as many as are to be checked."""
        comments = [walk.seen for name, walk in last.walks.items() if not name.startswith("uploads:")]
        known = [(one.order, native_id) for seen in comments for native_id, one in seen.items() if one.digest != GONE]
        return sorted((native_id for _, native_id in sorted(known, reverse=True)[: self._options.recheck]), key=_turn_of)


def _is_reply(native_id: str) -> bool:
    """Replies bear the id of their comment, a dot, and one of their own."""
    return "." in native_id


def _turn_of(native_id: str) -> tuple[bool, str]:
    return _is_reply(native_id), native_id


def _with(last: Cursor, name: str, walk: Walk) -> Cursor:
    return replace(last, walks=last.walks | {name: walk})
