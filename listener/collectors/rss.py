"""Feeds: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed, and those of known products by a preset. One feed per source.

Asks only for what is new (ETag, Last-Modified), knows an unchanged body by its hash where a server has neither, and of a changed one hands on
only the entries that are new or say something else. Where a hub pushes the feed's news (WebSub), it is named, and the polls may be rarer. Free
of charge; publishers' terms hold for the text. Sees no more than the feed holds: posts that came and went between two polls are lost (the page
says so where not one of its last entries is left), and what a preset's product never shows stands in `listener/presets.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Final, Self
from urllib.parse import urlsplit

import msgspec
import xxhash
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.addresses import host_key
from core.http import Answer, Fetcher
from core.records import Author, Mention
from core.text import canonical_url, mention_key
from listener.aside import aside
from listener.base import Now, Page, ask, web_link
from listener.entries import MAX_ENTRIES, is_repost, language_code
from listener.hub import Hub, hub_of
from listener.posts import Memory, News, Post, Reading, news, pack, post_of
from listener.presets import PRESETS, Asked, Name, asked_of
from listener.shapes import shaped

LEAST_EVERY: Final = timedelta(minutes=1)
ACCEPT: Final = "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, application/xml;q=0.9, */*;q=0.5"
MAX_THREADS: Final = 500  # whose opener is remembered
_PRESET_ONLY: Final = ("site", "section", "query", "country", "app")


class Options(BaseModel):
    """What the operator sets.

    `url`: the feed's address; or `preset`: whose feed it is, with what that preset needs: `site` (the board's, blog's or wiki's address), `section`
    (a forum, category, tag), `query`, `country` ("VN"), `app` (its number in the store). `lang`: the language of its posts, where the feed does
    not say or says it wrongly. `authorization`: sent as the Authorization header, to this host alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str | None = None
    preset: Name | None = None
    site: str | None = None
    section: str | None = Field(default=None, min_length=1, max_length=200)
    query: str | None = Field(default=None, min_length=1, max_length=500)
    country: str = Field(default="VN", pattern=r"^[A-Za-z]{2}$")
    app: str | None = Field(default=None, pattern=r"^\d{1,20}$")
    lang: str | None = None
    authorization: SecretStr | None = None

    @field_validator("url", "site")
    @classmethod
    def _is_web(cls, url: str | None) -> str | None:
        if url is not None and web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url

    @field_validator("lang")
    @classmethod
    def _is_language(cls, lang: str | None) -> str | None:
        if lang is not None and language_code(lang) is None:
            raise ValueError('must be a language code such as "vi" or "en"')
        return language_code(lang)

    @model_validator(mode="after")
    def _is_one_feed(self) -> Self:
        if (self.url is None) == (self.preset is None):
            raise ValueError("give either the feed's `url` or a `preset`")
        preset = PRESETS[self.preset] if self.preset else None
        for name in preset.needs if preset else ():
            if getattr(self, name) is None:
                raise ValueError(f"the preset {self.preset!r} needs `{name}`")
        taken = {*preset.needs, *preset.takes, "site"} if preset else set()
        for name in _PRESET_ONLY:
            if name in self.model_fields_set - taken:
                raise ValueError(f"`{name}` means nothing " + (f"to the preset {self.preset!r}" if preset else "without a `preset`"))
        return self

    @property
    def asked(self) -> Asked:
        """What a preset makes its address of."""
        return Asked(
            site=self.site or "", section=self.section, query=self.query, country=self.country, lang=self.lang, app=self.app
        )  # fmt: skip


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the last look left.

    The feed's address, its validators, the hash of the body that was read, the marks of its entries (`listener/posts.py`), which post opened each
    thread, and its hub. `page` is the next one of a look that is not yet at its end, `first` says that it is the first of all.
    """

    url: str
    etag: str | None = None
    modified: str | None = None
    body: str | None = None
    seen: str = ""
    threads: dict[str, str] = {}
    hub: Hub | None = None
    page: int = 1
    first: bool = False


class Collector:
    """Polls one feed.

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
        self._preset = PRESETS[options.preset] if options.preset else None
        self._asked = asked_of(self._preset, options.asked) if self._preset else options.asked
        self._authority = self._preset.authority(self._asked) if self._preset else canonical_url(options.url or "")
        self._reader = self._preset.reader(self._asked) if self._preset else partial(shaped, post_of)

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """The feed as it stands, or an empty page that says it did not change; reviews come on several. Errors as the protocol says."""
        last = self._last(cursor)
        while True:
            page, last = await self._look(last, cursor)
            yield page
            cursor = page.cursor
            if not page.more:
                return

    @property
    def least_every(self) -> timedelta:
        """No feed is asked more often than once a minute; the operator's own hosts bear what he likes."""
        place = urlsplit(self._address(1))
        port = place.port or (443 if place.scheme == "https" else 80)
        return timedelta(0) if (host_key(place.hostname or ""), port) in self._http.allow else LEAST_EVERY

    def hub(self, cursor: str | None) -> Hub | None:
        """The hub that pushes this feed's news, as of this cursor; None where the feed named none."""
        return self._last(cursor).hub

    async def _look(self, last: Cursor, cursor: str | None) -> tuple[Page, Cursor]:
        answer = await ask(
            self._http, self._address(last.page), source=self._source_id, etag=last.etag, modified=last.modified, headers=self._headers()
        )
        digest = last.body if answer.not_modified else xxhash.xxh3_128_hexdigest(answer.body)
        if answer.not_modified or digest == last.body:
            following = replace(last, etag=answer.etag or last.etag, modified=answer.modified or last.modified)
            told = cursor if following == last and not last.first else _encode(following)
            return Page(cursor=told, unchanged=True, hub=last.hub.address if last.hub else None), following
        return await aside(self._read, answer, last, digest)

    def _read(self, answer: Answer, last: Cursor, digest: str | None) -> tuple[Page, Cursor]:
        memory = Memory(last.seen)
        content_type = answer.headers.get("content-type", "")
        reading = self._reader(answer.body, content_type, memory.standing, base=answer.url, source=self._source_id)
        brought = news(reading, memory)
        more = self._preset is not None and last.page < self._preset.pages and brought.is_all_new
        following = self._following(answer, last, digest, reading, memory, brought, more=more)
        skipped = brought.wordless + max(0, reading.total - MAX_ENTRIES)
        page = Page(
            mentions=tuple(self._mention(post, following.threads) for post in brought.posts),
            cursor=_encode(following),
            more=more,
            skipped=skipped,
            problem=_problem(reading, skipped),
            missed="capped" if self._is_capped(last, memory, brought) else None,
            hub=following.hub.address if following.hub else None,
        )
        return page, following

    def _following(
        self, answer: Answer, last: Cursor, digest: str | None, reading: Reading, memory: Memory, brought: News, *, more: bool
    ) -> Cursor:
        base = Cursor(
            url=self._address(1),
            threads=self._threads(last, reading),
            hub=hub_of(answer.headers.get("link", ""), reading.hub, reading.self_url, base=answer.url),
        )
        if more or last.page > 1:  # a look over several pages: what stood on all of them is known, and validators are of none
            seen = pack((*memory.traces, *brought.traces))
            return replace(base, seen=seen, page=last.page + 1 if more else 1, first=last.first and more)
        return replace(base, etag=answer.etag, modified=answer.modified, body=digest, seen=pack(brought.traces))

    def _threads(self, last: Cursor, reading: Reading) -> dict[str, str]:
        """Which post opened each thread, the newest ones: where replies name only their thread."""
        opened = {post.thread: post.native_id for post in reading.posts if post.thread and post.opens and post.native_id != post.thread}
        return dict(list((last.threads | opened).items())[-MAX_THREADS:])

    def _is_capped(self, last: Cursor, memory: Memory, brought: News) -> bool:
        if self._preset and self._preset.pages > 1:
            return last.page == self._preset.pages and not last.first and brought.is_all_new
        return memory.has_nothing_of(brought.traces)

    def _mention(self, post: Post, threads: dict[str, str]) -> Mention:
        parent = post.parent
        opener = None if post.opens else threads.get(post.thread or "")
        if parent is None and opener is not None and opener != post.native_id:
            parent = (self._authority, opener)
        place = post.place or urlsplit(self._authority).hostname or self._authority
        return Mention(
            key=mention_key("rss", self._authority, post.native_id),
            source_id=self._source_id,
            native_id=post.native_id,
            seen_at=self._now(),
            url=post.url,
            author=Author(key=f"{place}/{post.author}", handle=post.author, name=post.author) if post.author else None,
            title=post.title,
            text=post.text,
            lang=self._options.lang or post.language,
            kind="repost" if is_repost(post.title, post.text) else "original",
            published_at=post.published_at,
            edited_at=post.edited_at,
            reply_to=post.reply_to or (parent[1] if parent else None),
            parent_key=mention_key("rss", *parent) if parent else None,
            engagement=post.engagement,
        )

    def _address(self, page: int) -> str:
        return self._preset.address(self._asked, page) if self._preset else self._options.url or ""

    def _headers(self) -> dict[str, str]:
        secret = self._options.authorization
        return {"accept": ACCEPT} | ({"authorization": secret.get_secret_value()} if secret else {})

    def _last(self, cursor: str | None) -> Cursor:
        """What the cursor says; a fresh one where it cannot be read or is of another address."""
        fresh = Cursor(self._address(1), first=True)
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return fresh
        in_reach = 1 <= last.page <= (self._preset.pages if self._preset else 1)
        return last if last.url == fresh.url and in_reach else fresh


def _problem(reading: Reading, skipped: int) -> str | None:
    if skipped:
        return f"it holds more than {MAX_ENTRIES}" if reading.total > MAX_ENTRIES else "an entry without words"
    return "malformed, read as far as it goes" if reading.broken else None


def _encode(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
