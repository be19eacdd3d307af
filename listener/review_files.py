"""Reviews of owned places and apps as people export them: rows of a table as mentions. Pure.

Google Play's columns are documented. Those of the merchant portals of ShopeeFood and GrabFood, and of tools that export Google and App Store reviews, are not:
their presets know likely names in Vietnamese and English, and the operator names the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from core.records import Author, Mention, Record
from core.text import mention_key
from listener.base import web_link
from listener.entries import MAX_ID_CHARS, MAX_NAME_CHARS, MAX_TITLE_CHARS, author_name, language_code, words
from listener.localtime import read_local, zone
from listener.tables import Names, Row, rows

KIND: Final = "reviews"
STARS: Final = 5
Preset = Literal["google_business", "shopeefood", "grabfood", "google_play", "app_store"]
Part = Literal["id", "rating", "title", "text", "at", "edited_at", "author", "branch", "url", "lang", "apart"]
LIKELY: Final[Names] = {
    "id": ("review id", "reviewid", "id đánh giá", "mã đánh giá", "mã đơn hàng", "mã đơn", "order id", "order code", "booking id", "id"),
    "rating": ("star rating", "rating", "stars", "star", "score", "đánh giá sao", "số sao", "điểm đánh giá", "xếp hạng", "điểm", "sao", "order rating"),
    "title": ("review title", "title", "tiêu đề", "subject"),
    "text": (
        "review text", "review", "comment", "comments", "content", "text", "feedback", "customer comment", "nội dung đánh giá", "nội dung", "nhận xét", "bình luận",
        "ý kiến", "phản hồi của khách", "đánh giá của khách hàng", "đánh giá",
    ),
    "at": (
        "review submit date and time", "create time", "created at", "review date", "review time", "date", "time", "submitted at", "thời gian đánh giá", "ngày đánh giá",
        "thời gian", "ngày tạo", "ngày", "order time",
    ),
    "edited_at": ("review last update date and time", "update time", "updated at", "last modified", "ngày cập nhật", "cập nhật lúc"),
    "author": ("reviewer", "reviewer name", "author", "nickname", "customer name", "customer", "user name", "người đánh giá", "tên khách hàng", "khách hàng", "người dùng"),
    "branch": (
        "business name", "location name", "store name", "outlet name", "merchant name", "restaurant", "branch", "location", "store", "tên quán", "quán", "tên cửa hàng",
        "cửa hàng", "chi nhánh", "tên nhà hàng", "nhà hàng", "app name", "package name",
    ),
    "url": ("review link", "review url", "link", "url", "liên kết"),
    "lang": ("reviewer language", "language", "ngôn ngữ"),
    "apart": ("device", "phone", "thiết bị"),
}  # fmt: skip
PLAY: Final[Names] = {
    "rating": ("Star Rating",), "title": ("Review Title",), "text": ("Review Text",), "at": ("Review Submit Date and Time",),
    "edited_at": ("Review Last Update Date and Time",), "branch": ("App Name", "Package Name"), "url": ("Review Link",),
    "lang": ("Reviewer Language",), "apart": ("Device",),
}  # fmt: skip
PRESETS: Final[Mapping[Preset, Names]] = {
    "google_play": PLAY,
    "google_business": LIKELY,
    "shopeefood": LIKELY,
    "grabfood": LIKELY,
    "app_store": LIKELY,
}
_NUMBER = re.compile(r"([0-5])(?:[.,]\d+)?(?:\s*(?:/\s*5|sao|stars?|★))?", re.IGNORECASE)
_WORDS: Final = ("zero", "one", "two", "three", "four", "five")


class Reviews(Record, frozen=True, kw_only=True, gc=False):
    """What a file holds: its reviews, and how many rows could not be read, with the first of them in one line."""

    mentions: tuple[Mention, ...]
    skipped: int = 0
    problem: str | None = None


class Place(Record, frozen=True, kw_only=True, gc=False):
    """Whose reviews they are: the source, the name of the place where rows say none, and how its exports write times."""

    source_id: str
    name: str = ""
    timezone: str
    day_first: bool = True


def read_reviews(text: str, names: Names, place: Place, seen_at: datetime) -> Reviews:
    """The reviews of a table.

    Raises:
        TableError: it has neither a column of ratings nor one of words.
    """
    found, problems = list[Mention](), list[str]()
    for row in rows(text, names, (("rating", "text"),)):
        mention = _review(row, place, seen_at)
        if mention is None:
            problems.append(f"line {row.line}: neither a rating nor words")
        else:
            found.append(mention)
    return Reviews(mentions=tuple(found), skipped=len(problems), problem=problems[0] if problems else None)


def stars(text: str) -> int | None:
    """A rating from 1 to 5: "4", "4.0", "4/5", "4 sao", "★★★★☆", "FOUR"; None for anything else.

    Example:
        >>> [stars(text) for text in ("4", "2/5", "★★☆☆☆", "FIVE", "1 sao", "9", "")]
        [4, 2, 2, 5, 1, None, None]
    """
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    number = int(found[1]) if found else text.count("★") or (_WORDS.index(text.lower()) if text.lower() in _WORDS else 0)
    return number if 1 <= number <= STARS else None


def headline(rating: int | None, branch: str, title: str = "") -> str:
    """A review's title: its stars, its branch, and its own ("★2/5 · Acme Quận 1 · Nguội ngắt")."""
    return words(" · ".join(filter(None, (f"★{rating}/{STARS}" if rating else "", branch, title))), MAX_TITLE_CHARS)


def _review(row: Row, place: Place, seen_at: datetime) -> Mention | None:
    cells = row.cells
    rating, said = stars(cells.get("rating", "")), words(cells.get("text", ""))
    title = words(cells.get("title", ""), MAX_TITLE_CHARS)
    if rating is None and not said and not title:
        return None
    branch = words(cells.get("branch", ""), MAX_NAME_CHARS) or place.name
    told = read_local(cells.get("at", ""), zone(place.timezone), day_first=place.day_first)
    edited = read_local(cells.get("edited_at", ""), zone(place.timezone), day_first=place.day_first)
    name = author_name(cells.get("author"))
    native_id = _identity(cells, branch, name, told)
    published = _published(told, seen_at, place)
    return Mention(
        key=mention_key(KIND, place.source_id, native_id),
        source_id=place.source_id,
        native_id=native_id,
        seen_at=seen_at,
        url=web_link(cells["url"]) if "url" in cells else None,
        author=Author(key=f"{place.source_id}/{name}", name=name) if name else None,
        title=headline(rating, branch, title),
        text=said,
        lang=language_code(cells.get("lang")),
        published_at=published,
        edited_at=edited[0] if edited and published and edited[0] > published else None,
    )


def _identity(cells: Mapping[str, str], branch: str, author: str | None, told: tuple[datetime, bool] | None) -> str:
    """What the export calls a review; else its link; else who wrote it when and where, where that tells it apart; else all of it."""
    given = " ".join(cells.get("id", "").split())
    if given and len(given) <= MAX_ID_CHARS:
        return given
    if "url" in cells and len(cells["url"]) <= MAX_ID_CHARS:
        return cells["url"]
    who = author or cells.get("apart", "")
    if who and told and told[1]:
        return mention_key("review", branch, f"{who}\n{told[0].isoformat()}").hex()
    return mention_key("review", branch, "\n".join(f"{name}={cells[name]}" for name in sorted(cells))).hex()


def _published(told: tuple[datetime, bool] | None, seen_at: datetime, place: Place) -> datetime | None:
    """When it was written; unknown where a day alone is told and that is today, so that it counts when it is heard."""
    if told is None:
        return None
    at, has_clock = told
    local = zone(place.timezone)
    return None if not has_clock and at.astimezone(local).date() >= seen_at.astimezone(local).date() else at
