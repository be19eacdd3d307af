"""Presets: feeds of known products, by what the operator knows (a board's address, a query, an app's number) in place of a feed's address.

Each states what its feed does not show; that stands in `docs/collectors/rss.md` too. Written to the products' own sources and feeds: XenForo 2,
phpBB 3.0 to 3.3, Flarum 1 with the extension `ianm/syndication`, NodeBB 1 to 4, WordPress 3 to 6, MediaWiki 1.19 on.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import partial
from typing import Final, Literal, Protocol
from urllib.parse import quote, urlencode

from core.records import Record
from core.text import canonical_url
from listener import shapes
from listener.appstore import read_reviews
from listener.posts import Reading

Name = Literal[
    "xenforo", "phpbb", "flarum", "nodebb", "wordpress_comments", "mediawiki_changes", "voz", "tinhte", "google_news", "app_store_reviews",
]  # fmt: skip
REVIEW_PAGES: Final = 10  # Apple gives no more, of 50 reviews each


class Asked(Record, frozen=True, kw_only=True, gc=False):
    """What the operator told: the place, a part of it, a query, a country ("VN"), a language ("vi"), an app's number."""

    site: str = ""
    section: str | None = None
    query: str | None = None
    country: str = "VN"
    lang: str | None = None
    app: str | None = None


class Read(Protocol):
    """Reads a page as it came."""

    def __call__(self, body: bytes, content_type: str, known: Container[str], /, *, base: str, source: str) -> Reading:
        """The page's posts, less those with a known mark.

        Raises:
            SourceUnreadable: it is not what this preset's address gives.
        """
        ...


class Preset(Record, frozen=True, kw_only=True, gc=False):
    """A product's feed.

    `address` makes the feed's address, of page 1 up to `pages`. `reader` makes what reads a page of a place. `site` is where it is when the
    operator does not say. `needs` are the options that must be set, `takes` those that may be. `unseen` is what the feed never shows.
    """

    address: Callable[[Asked, int], str]
    reader: Callable[[Asked], Read]
    unseen: str
    site: str | None = None
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ("section",)
    pages: int = 1

    def authority(self, asked: Asked) -> str:
        """Under what a post's id is unique: the place, so that two sources that hear one post there count it once."""
        return canonical_url(asked.site or self.site or "")


def asked_of(preset: Preset, given: Asked) -> Asked:
    """What was asked for, with the preset's own place and without a slash at its end."""
    site = (given.site or preset.site or "").rstrip("/")
    return Asked(site=site, section=given.section, query=given.query, country=given.country.upper(), lang=given.lang, app=given.app)


def _of_entries(shape: shapes.Shape) -> Callable[[Asked], Read]:
    return lambda _: partial(shapes.shaped, shape)


def _same(read: Read) -> Callable[[Asked], Read]:
    return lambda _: read


def _xenforo(forums: str) -> Callable[[Asked, int], str]:
    return lambda asked, _: f"{asked.site}/{forums}/{quote(asked.section or '-', safe='.-')}/index.rss?order=post_date"


def _phpbb(asked: Asked, _: int) -> str:
    return f"{asked.site}/feed.php" + (f"?f={quote(asked.section, safe='')}" if asked.section else "")


def _flarum(asked: Asked, _: int) -> str:
    tag = f"/t/{quote(asked.section, safe='')}" if asked.section else ""
    return f"{asked.site}/atom{tag}/discussions"


def _nodebb(asked: Asked, _: int) -> str:
    category = f"/category/{quote(asked.section, safe='')}" if asked.section else ""
    return f"{asked.site}{category}/recentposts.rss"


def _wordpress(asked: Asked, _: int) -> str:
    part = quote(asked.section.strip("/")) if asked.section else "comments"
    return f"{asked.site}/{part}/feed/atom/"


def _mediawiki(asked: Asked, _: int) -> str:
    api = asked.site if asked.site.endswith(".php") else f"{asked.site}/api.php"
    query = {"action": "feedrecentchanges", "feedformat": "atom", "hidebots": "1", "days": "7", "limit": "50"}
    return f"{api}?{urlencode(query | ({'namespace': asked.section} if asked.section else {}))}"


def _google_news(asked: Asked, _: int) -> str:
    lang, country = asked.lang or "vi", asked.country
    spoken = f"{lang}-{country}" if lang == "en" else lang
    return f"{asked.site}/rss/search?{urlencode({'q': asked.query or '', 'hl': spoken, 'gl': country, 'ceid': f'{country}:{lang}'})}"


def _app_store(asked: Asked, page: int) -> str:
    which = f"id={asked.app}" if page == 1 else f"page={page}/id={asked.app}"
    return f"{asked.site}/{asked.country.lower()}/rss/customerreviews/{which}/sortBy=mostRecent/json"


def _read_reviews(body: bytes, _: str, __: Container[str], /, *, base: str, source: str) -> Reading:
    return read_reviews(body, base=base, source=source)


_OPENERS: Final = "openers of threads only, with their number of replies while they are among the newest; no reply, no number of views"
PRESETS: Final[dict[str, Preset]] = {
    "xenforo": Preset(address=_xenforo("forums"), reader=_of_entries(shapes.xenforo), needs=("site",), unseen=_OPENERS),
    "voz": Preset(address=_xenforo("f"), reader=_of_entries(shapes.xenforo), site="https://voz.vn", unseen=_OPENERS),
    "tinhte": Preset(
        address=lambda asked, _: f"{asked.site}/rss",
        reader=_of_entries(shapes.xenforo),
        site="https://tinhte.vn",
        takes=(),
        unseen="the front page's articles only; no forum thread, no comment",
    ),
    "phpbb": Preset(
        address=_phpbb,
        reader=_of_entries(shapes.phpbb),
        needs=("site",),
        unseen="what was posted beyond the newest 15 posts (the board's setting) between two polls; likes, views",
    ),
    "flarum": Preset(
        address=_flarum,
        reader=_of_entries(shapes.flarum),
        needs=("site",),
        unseen="openers of discussions only; no reply and no counter, and nothing at all where the extension is missing",
    ),
    "nodebb": Preset(
        address=_nodebb, reader=_of_entries(shapes.nodebb), needs=("site",), unseen="which post opened the topic, edits, votes, views"
    ),
    "wordpress_comments": Preset(
        address=_wordpress,
        reader=lambda asked: partial(shapes.wordpress_comments, asked.site),
        needs=("site",),
        unseen="comments that wait for approval, the newest ten (the site's setting) excepted all others",
    ),
    "mediawiki_changes": Preset(
        address=_mediawiki,
        reader=_same(shapes.mediawiki_changes),
        needs=("site",),
        unseen="bots' changes, what an edit took away, and edits that one person made to a page in a row: the wiki merges them into one",
    ),
    "google_news": Preset(
        address=_google_news,
        reader=_of_entries(shapes.google_news),
        site="https://news.google.com",
        needs=("query",),
        takes=("country",),
        unseen="the article's text (headline, publisher and time only), more than 100 articles a query, and what Google leaves out",
    ),
    "app_store_reviews": Preset(
        address=_app_store,
        reader=_same(_read_reviews),
        site="https://itunes.apple.com",
        needs=("app",),
        takes=("country",),
        pages=REVIEW_PAGES,
        unseen="stars without words, reviews of other countries, answers of the developer, and all but the newest 500 reviews",
    ),
}
