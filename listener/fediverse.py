"""Statuses of the Mastodon API as mentions (Mastodon, and Pleroma, Akkoma, GoToSocial where they answer alike). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from core.records import Author, Engagement, Mention
from core.text import clean, mention_key
from listener.base import web_link
from listener.entries import MAX_NAME_CHARS, MAX_TITLE_CHARS, language_code, words
from listener.fields import count, identity, items, mapping, moment, string
from listener.lanes import Found

OPEN_TO_ALL: Final = ("public", "unlisted")
_WISHES = re.compile(r"#(?:nobots?|noindex|noarchive|nosearch)\b", re.IGNORECASE)
_TAG_URI = re.compile(r"tag:([^,:]+),")

LeftOut = Literal["not public", "at their wish", "bot", "without words", "unreadable"]


class Reading:
    """How statuses are read.

    Args:
        source_id: as configured.
        seen_at: when (aware).
        host: of the instance that is asked; accounts without a host are its own.
        bots: whether posts of accounts that call themselves bots count.
        wishes: whether posts of accounts that wish to be left alone are left out.
    """

    def __init__(self, *, source_id: str, seen_at: datetime, host: str, bots: bool, wishes: bool) -> None:
        self._source_id = source_id
        self._seen_at = seen_at
        self._host = host
        self._bots = bots
        self._wishes = wishes

    def read(self, status: object, parents: Mapping[str, str] | None = None) -> Found | LeftOut:
        """A status, or why it is left out.

        Args:
            status: as the API shows it.
            parents: addresses (uri) of statuses by their id on this instance, for answers.
        """
        told = mapping(status)
        original = mapping(told.get("reblog")) or told
        local_id, uri = identity(told.get("id")), uri_of(told)
        if local_id is None or uri is None or not mapping(told.get("account")):
            return "unreadable"
        if not all(one.get("visibility") in OPEN_TO_ALL for one in (told, original)):
            return "not public"
        accounts = [mapping(one.get("account")) for one in (told, original)]
        if self._wishes and any(wishes_to_be_left_alone(account) for account in accounts):
            return "at their wish"
        if not self._bots and any(account.get("bot") is True for account in accounts):
            return "bot"
        title, text = words(original.get("spoiler_text"), MAX_TITLE_CHARS), _text(original)
        if not title and not text:
            return "without words"
        return Found(mark_of(local_id), local_id, self._mention(told, original, uri, title, text, parents or {}))

    def _mention(
        self, told: Mapping[str, Any], original: Mapping[str, Any], uri: str, title: str, text: str, parents: Mapping[str, str]
    ) -> Mention:
        repeats = original is not told
        answers = parents.get(identity(original.get("in_reply_to_id")) or "")
        quoted = _quoted(original)
        repeated = uri_of(original) if repeats else quoted
        above = repeated if repeats else answers or quoted
        return Mention(
            key=self.key_of(uri),
            source_id=self._source_id,
            native_id=uri,
            seen_at=self._seen_at,
            url=web_link(told.get("url")) or web_link(original.get("url")) or web_link(uri),
            author=self._author(mapping(told.get("account"))),
            title=title,
            text=text,
            lang=language_code(original.get("language")),
            kind="repost" if repeats else "original",
            published_at=moment(told.get("created_at")),
            edited_at=moment(original.get("edited_at")),
            reply_to=None if repeats else answers,
            parent_key=self.key_of(above) if above else None,
            repost_of=repeated,
            engagement=Engagement() if repeats else _counters(original),
        )

    def key_of(self, uri: str) -> bytes:
        """The key of the status with this address; its authority is the host where it was written."""
        found = _TAG_URI.match(uri)
        return mention_key("mastodon", _host_of(uri) or (found[1].lower() if found else self._host), uri)

    def _author(self, account: Mapping[str, Any]) -> Author | None:
        name, _, host = string(account.get("acct")).partition("@")
        name = clean(name, MAX_NAME_CHARS)
        host = host.lower() or _host_of(string(account.get("url"))) or self._host
        if not name:
            return None
        shown = words(account.get("display_name"), MAX_NAME_CHARS) or None
        return Author(key=f"{host}/@{name}", handle=f"@{name}@{host}", name=shown, followers=count(account.get("followers_count")))


def uri_of(status: Mapping[str, Any]) -> str | None:
    """A status's address, the same on every instance that shows it."""
    return identity(status.get("uri")) or identity(status.get("url"))


def mark_of(local_id: str) -> str:
    """An id as it sorts by time on its instance: numbers by their size, other ids (Pleroma, GoToSocial) as text."""
    return f"{len(local_id):03d}{local_id}"


def id_of(mark: str) -> str:
    """The id that `mark_of` took."""
    return mark[3:]


def wishes_to_be_left_alone(account: Mapping[str, Any]) -> bool:
    """Whether an account opted out of search engines, or says #nobot, #noindex, #noarchive or #nosearch in its profile."""
    fields = " ".join(string(mapping(field).get("value")) for field in items(account.get("fields")))
    return account.get("noindex") is True or bool(_WISHES.search(words(f"{string(account.get('note'))} {fields}")))


def _text(status: Mapping[str, Any]) -> str:
    """What it says, the choices of its poll, and the descriptions of its pictures."""
    lines = [words(status.get("content"))]
    lines += [
        f"- {title}" for option in items(mapping(status.get("poll")).get("options")) if (title := words(mapping(option).get("title")))
    ]
    lines += [words(mapping(medium).get("description")) for medium in items(status.get("media_attachments"))]
    return clean("\n".join(line for line in lines if line))


def _counters(status: Mapping[str, Any]) -> Engagement:
    reposts, quotes = count(status.get("reblogs_count")), count(status.get("quotes_count"))
    return Engagement(
        likes=count(status.get("favourites_count")),
        replies=count(status.get("replies_count")),
        reposts=None if reposts is None else reposts + (quotes or 0),
    )


def _quoted(status: Mapping[str, Any]) -> str | None:
    """The address of the status that it quotes: Mastodon shows it within a quote, Akkoma in its place."""
    quote = mapping(status.get("quote"))
    return uri_of(mapping(quote.get("quoted_status")) or quote)


def _host_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return host if port is None else f"{host}:{port}"
