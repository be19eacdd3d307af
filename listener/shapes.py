"""How the entries of known products' feeds are read: whose thread, which reply, what is no part of the post. Pure.

Each reader takes a page as it came and gives its posts. Ids are taken from addresses where a product puts a number there, so that a
retitled thread, whose address changes with it, stays the one it was.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Container
from typing import Final
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace

from core.records import Engagement
from core.text import canonical_url, clean
from listener.atom import RawEntry, added_lines, first_paragraph, read_atom
from listener.base import web_link
from listener.entries import Entry, language_code, native_id, words
from listener.feed import read
from listener.posts import Post, Reading, post_of, reading_of

Shape = Callable[[Entry], Post]

_XENFORO = re.compile(r"/(?:threads|thread|t)/(?:[^/?#]*\.)?(\d+)(?:[/?#]|\Z)")
_NODEBB = re.compile(r"/(post|topic)/(\d+)")
_FLARUM = re.compile(r"/d/(\d+)")
_COMMENT = re.compile(r"#comment-(\d+)\Z")
_REPLY: Final = re.compile(r"(?:re|trả lời)\s*:\s*", re.IGNORECASE)
_PHPBB_FORUM: Final = " • "  # between the board's forum and the subject
_PHPBB_STATISTIC: Final = " — "
_LAST_NUMBERS = re.compile(r"\D(\d{1,9})\s*\Z")
_ARTICLE: Final = b"\x08\x13\x22"
_DASH: Final = " - "


def shaped(shape: Shape, body: bytes, content_type: str, known: Container[str], /, *, base: str, source: str) -> Reading:
    """A page of any kind of feed, each entry read by `shape`.

    Raises:
        SourceUnreadable: no feed.
    """
    feed = read(body, content_type, base=base, source=source, known=known)
    return reading_of(feed, (shape(entry) for entry in feed.entries))


def xenforo(entry: Entry) -> Post:
    """A thread's opener with its reply counter; XenForo leaves the counter out where there is no reply yet."""
    post = post_of(entry)
    found = _XENFORO.search(entry.url or "")
    number = found[1] if found else entry.native_id
    replies = post.engagement.replies
    return replace(post, native_id=number, thread=number, opens=True, engagement=Engagement(replies=replies or 0))


def phpbb(entry: Entry) -> Post:
    """A post: the forum's name leaves its title, the line of statistics its text; "Re:" tells replies from openers."""
    post = post_of(entry)
    asked = parse_qs(urlsplit(entry.url or "").query)
    number, thread = asked.get("p", [""])[0], asked.get("t", [""])[0]
    title = post.title.rpartition(_PHPBB_FORUM)[2]
    text, engagement = _without_statistics(post.text, entry.author)
    is_reply = _REPLY.match(title) is not None
    return replace(
        post,
        native_id=f"p{number}" if number.isdigit() else post.native_id,
        title=title,
        text=text,
        thread=thread if thread.isdigit() else None,
        opens=not is_reply,
        engagement=engagement,
    )


def nodebb(entry: Entry) -> Post:
    """A post, under its topic's title; the feed does not say which of them opened the topic."""
    found = _NODEBB.search(urlsplit(entry.url or "").path)
    return replace(post_of(entry), native_id=f"{found[1]}-{found[2]}") if found else post_of(entry)


def flarum(entry: Entry) -> Post:
    """A discussion's opener."""
    found = _FLARUM.search(urlsplit(entry.url or "").path) or _FLARUM.search(entry.native_id)
    return replace(post_of(entry), native_id=found[1], thread=found[1], opens=True) if found else post_of(entry)


def google_news(entry: Entry) -> Post:
    """An article: the publisher speaks, not Google; his name leaves the title, and the repeated headline the text.

    Where the article's id still holds its address (ids before 2024) the link leads there; else it leads through Google.
    """
    told = " ".join(entry.text.split())  # "Headline Publisher": tells where the headline ends though both may hold a dash
    cuts = [found.start() for found in re.finditer(_DASH, entry.title)]
    cut = next((at for at in cuts if told == f"{entry.title[:at]} {entry.title[at + len(_DASH) :]}"), cuts[-1] if cuts else None)
    headline, publisher = (entry.title, None) if cut is None else (entry.title[:cut], entry.title[cut + len(_DASH) :])
    return Post(
        native_id=entry.native_id,
        url=_published_address(entry.url),
        title=headline,
        author=publisher,
        place="news.google.com",
        published_at=entry.published_at,
        language=entry.language,
    )


def wordpress_comments(site: str, body: bytes, _: str, __: Container[str], /, *, base: str, source: str) -> Reading:
    """Comments, each with what it answers: another comment, or the post, which the site's own feed knows by the same name.

    Raises:
        SourceUnreadable: not WordPress's Atom feed of comments.
    """
    feed = read_atom(body, base=base, source=source)
    posts = tuple(_comment(entry, site, language_code(feed.language)) for entry in feed.entries)
    return Reading(posts=posts, total=feed.total, broken=feed.broken, hub=feed.hub, self_url=feed.self_url)


def mediawiki_changes(body: bytes, _: str, __: Container[str], /, *, base: str, source: str) -> Reading:
    """Changes of pages, each a post of its own: the page's title, the summary, and the lines that were added.

    Raises:
        SourceUnreadable: not MediaWiki's Atom feed of changes.
    """
    feed = read_atom(body, base=base, source=source)
    posts = tuple(_change(entry, language_code(feed.language)) for entry in feed.entries)
    return Reading(posts=posts, total=feed.total, broken=feed.broken, hub=feed.hub, self_url=feed.self_url)


def _comment(entry: RawEntry, site: str, language: str | None) -> Post:
    number, text = _COMMENT.search(entry.id), words(entry.html)
    answered = _COMMENT.search(entry.answers or "")
    parent = None
    if answered:
        parent = (canonical_url(site), f"comment-{answered[1]}")
    elif entry.answers:
        parent = (canonical_url(f"{site}/feed/"), native_id(entry.answers, None, "", ""))
    return Post(
        native_id=f"comment-{number[1]}" if number else native_id(entry.id, entry.url, entry.title, text),
        url=entry.url,
        title=entry.title,
        text=text,
        author=entry.author,
        published_at=entry.published_at or entry.updated_at,
        language=language,
        reply_to=parent[1] if parent else None,
        parent=parent,
    )


def _change(entry: RawEntry, language: str | None) -> Post:
    asked = parse_qs(urlsplit(entry.url or "").query)
    revision = asked.get("diff", asked.get("oldid", [""]))[0]
    parts = [first_paragraph(entry.html), *added_lines(entry.html)]
    text = clean("\n".join(dict.fromkeys(part for part in parts if part)))
    return Post(
        native_id=f"rev{revision}" if revision.isdigit() else native_id(entry.id, entry.url, entry.title, text),
        url=entry.url,
        title=entry.title,
        text=text,
        author=entry.author,
        published_at=entry.updated_at or entry.published_at,
        language=language,
        thread=entry.title,
    )


def _without_statistics(text: str, author: str | None) -> tuple[str, Engagement]:
    """The text without phpBB's last line ("Statistics: Posted by Lan — date — Replies 3 — Views 40"), and the counters that stand in it."""
    before, _, last = text.rstrip().rpartition("\n")
    parts = last.split(_PHPBB_STATISTIC)
    if len(parts) == 1 or ":" not in parts[0] or (author is not None and author not in parts[0]):
        return text, Engagement()
    replies, views = (_last_number(part) for part in parts[2:4]) if len(parts) > 3 else (None, None)  # noqa: PLR2004 - by, date, replies, views
    return before.rstrip(), Engagement(replies=replies, views=views)


def _last_number(text: str) -> int | None:
    found = _LAST_NUMBERS.search(text)
    return int(found[1]) if found else None


def _published_address(url: str | None) -> str | None:
    """The address inside an article's id (a protobuf message: two fields of which the second is a text), where it holds one."""
    packed = urlsplit(url or "").path.rpartition("/")[2]
    try:
        held = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except (binascii.Error, ValueError):
        return url
    if not held.startswith(_ARTICLE):
        return url
    length, at = 0, len(_ARTICLE)
    for shift in (0, 7):  # a varint of two bytes at most: no address here is longer
        length |= (held[at] & 0x7F) << shift if at < len(held) else 0
        at += 1
        if at > len(held) or not held[at - 1] & 0x80:
            break
    inner = held[at : at + length].decode("utf-8", "replace")
    return web_link(inner) or url
