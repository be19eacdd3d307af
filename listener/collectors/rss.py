"""Feeds: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed. One feed per source.

Asks only for what is new (ETag, Last-Modified), and knows an unchanged body by its hash where a server has neither. Sees no more than
the feed holds: posts that came and went between two polls are lost, and so are edits of older ones.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from core.http import Answer, Fetcher
from core.records import Author, Mention
from core.text import canonical_url, mention_key
from listener.base import Now, Page, ask, web_link
from listener.entries import Entry, Feed, is_repost, language_code
from listener.feed import read

ACCEPT: Final = "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, application/xml;q=0.9, */*;q=0.5"


class Options(BaseModel):
    """What the operator sets.

    `url`: the feed's address. `lang`: the language of its posts, where the feed does not say or says it wrongly. `authorization`: sent as the
    Authorization header, to this host alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    lang: str | None = None
    authorization: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url

    @field_validator("lang")
    @classmethod
    def _is_language(cls, lang: str | None) -> str | None:
        if lang is not None and language_code(lang) is None:
            raise ValueError('must be a language code such as "vi" or "en"')
        return language_code(lang)


class Cursor(msgspec.Struct, frozen=True):
    """What the last look left: the feed's address, its validators, and the hash of the body that was read."""

    url: str
    etag: str | None = None
    modified: str | None = None
    body: str | None = None


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
        self._authority = canonical_url(options.url)

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """One page: the feed as it stands, or an empty one that says it did not change. Errors as the protocol says."""
        last = self._last(cursor)
        answer = await ask(
            self._http, self._options.url, source=self._source_id, etag=last.etag, modified=last.modified, headers=self._headers()
        )
        if answer.not_modified:
            yield Page(cursor=_encode(self._next(answer, last, last.body)), unchanged=True)
            return
        digest = hashlib.sha256(answer.body).hexdigest()[:32]
        following = _encode(self._next(answer, Cursor(self._options.url), digest))
        if digest == last.body:
            yield Page(cursor=following, unchanged=True)
            return
        feed = await asyncio.to_thread(read, answer.body, answer.headers.get("content-type", ""), base=answer.url, source=self._source_id)
        yield self._page(feed, following)

    def _page(self, feed: Feed, cursor: str) -> Page:
        mentions = tuple(self._mention(entry) for entry in feed.entries if entry.title or entry.text)
        skipped = feed.total - len(mentions)
        problem = "malformed, read as far as it goes" if feed.broken else None
        if skipped:
            problem = f"it holds more than {len(feed.entries)}" if feed.total > len(feed.entries) else "an entry without words"
        return Page(mentions=mentions, cursor=cursor, skipped=skipped, problem=problem)

    def _mention(self, entry: Entry) -> Mention:
        place = urlsplit(self._authority).hostname or self._authority
        return Mention(
            key=mention_key("rss", self._authority, entry.native_id),
            source_id=self._source_id,
            native_id=entry.native_id,
            seen_at=self._now(),
            url=entry.url,
            author=Author(key=f"{place}/{entry.author}", handle=entry.author, name=entry.author) if entry.author else None,
            title=entry.title,
            text=entry.text,
            lang=self._options.lang or entry.language,
            kind="repost" if is_repost(entry.title, entry.text) else "original",
            published_at=entry.published_at,
            edited_at=entry.edited_at,
        )

    def _headers(self) -> dict[str, str]:
        secret = self._options.authorization
        return {"accept": ACCEPT} | ({"authorization": secret.get_secret_value()} if secret else {})

    def _last(self, cursor: str | None) -> Cursor:
        """What the cursor says; a fresh one where it cannot be read or is of another address."""
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return Cursor(self._options.url)
        return last if last.url == self._options.url else Cursor(self._options.url)

    def _next(self, answer: Answer, last: Cursor, body: str | None) -> Cursor:
        return Cursor(self._options.url, answer.etag or last.etag, answer.modified or last.modified, body)


def _encode(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
