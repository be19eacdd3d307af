"""What a person reports of a place that no program sees: read from the short form that people type, and made a mention. Pure.

    nhóm: Hội mẹ bỉm HN (12k thành viên)          group: Hanoi Mums (12k members)
    người đăng: Thu Trang                          author: Thu Trang
    thích 120, bình luận 45, chia sẻ 12            120 likes, 45 comments, 12 shares
    https://www.facebook.com/groups/...            (the rest is the pasted text)

Marks may be left out, the order is free, every line may be missing. A line that is not wholly understood is text.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from core.flagged import Place
from core.records import Author, Engagement, Mention, Record
from core.text import canonical_url, clean, fingerprint, mention_key, unmarked
from listener.base import web_link
from listener.counters import COUNTERS, counters, counters_of, number
from listener.entries import MAX_NAME_CHARS, MAX_TITLE_CHARS

__all__ = ["COMMANDS", "Flag", "FlagError", "mention", "number", "place_of", "read", "recount"]

COMMANDS: Final = ("flag", "co", "phot")  # typed with or without marks: /cờ, /phốt
RECOUNTS: Final = ("so", "doc", "reading")
MAX_TEXT_CHARS: Final = 20_000
MAX_LINES: Final = 2_000
HOSTS: Final[dict[str, Place]] = {
    "facebook.com": "facebook_group", "fb.com": "facebook_group", "fb.watch": "livestream", "zalo.me": "zalo_group", "zaloapp.com": "zalo_group",
    "tiktok.com": "tiktok", "youtube.com": "livestream", "youtu.be": "livestream", "shopee.vn": "livestream",
}  # fmt: skip
_WORDS: Final[tuple[tuple[str, Place], ...]] = (
    ("livestream", "livestream"), ("live", "livestream"), ("phien live", "livestream"), ("zalo", "zalo_group"), ("tiktok", "tiktok"),
    ("tik tok", "tiktok"), ("facebook", "facebook_group"), ("fb", "facebook_group"),
)  # fmt: skip
_FIELDS: Final[dict[str, str]] = {
    **dict.fromkeys(("nhom", "group", "ten nhom", "hoi nhom", "hoi", "trang", "page", "kenh", "channel"), "group"),
    **dict.fromkeys(
        ("nhom fb", "nhom facebook", "nhom zalo", "fb", "facebook", "zalo", "tiktok", "live", "livestream", "phien live"), "placed"
    ),
    **dict.fromkeys(("nguoi dang", "tac gia", "author", "posted by", "nick", "tai khoan", "user", "acc"), "author"),
    **dict.fromkeys(("link", "url", "dia chi", "lien ket"), "url"),
    **dict.fromkeys(("noi dung", "text", "bai", "bai viet", "content", "post", "caption"), "text"),
}
_GONE: Final = frozenset({"mat", "mat roi", "da xoa", "xoa roi", "bai da xoa", "bi xoa", "gone", "deleted", "removed", "da go", "go roi"})
_COMMAND = re.compile(r"\s*/(\w{1,20})(?:@\w{1,64})?(?:\s+|$)")
_RECOUNT = re.compile(r"\s*/?(\w{1,10})(?:@\w{1,64})?\s+#?(\d{1,15})\b[\s:,.-]*(.*)", re.DOTALL)
_LINE_URL = re.compile(r"<?(https?://[^\s<>]{3,2000})>?")
_SIZE = re.compile(r"[\s,;-]*\(([^()]{1,60})\)\s*|\s+[-\u2013,]\s+([^-\u2013,]{1,60})")
_MEDIA = re.compile(r"\[(?:photo|video|animation|document|audio|voice)[^\]]{0,200}\]")
_PICTURE = re.compile(r"\[picture: [^\]]{0,200}, sha256 ([0-9a-f]{64})\]")


class FlagError(ValueError):
    """A flag that reports nothing: neither text nor link nor picture."""


class Flag(Record, frozen=True, kw_only=True, gc=False):
    """What a person saw: the pasted text, where, whose, how many (None: not said), hashes of pictures, and who reports it."""

    text: str = ""
    group: str = ""
    place: Place = "other"
    url: str | None = None
    author: str | None = None
    members: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    views: int | None = None
    pictures: tuple[str, ...] = ()
    by: str = ""

    @property
    def engagement(self) -> Engagement:
        """Its counters, as mentions have them."""
        return Engagement(likes=self.likes, replies=self.comments, reposts=self.shares, views=self.views)


def read(text: str, *, by: str = "") -> Flag:
    """A flag from what somebody typed or forwarded; what is no field and no line of counters is the pasted text."""
    lines = clean(text, MAX_TEXT_CHARS).splitlines()[:MAX_LINES]
    found: dict[str, str] = {}
    counted: dict[str, int] = {}
    kept: list[str] = []
    pictures: list[str] = []
    for line in _without_command(lines):
        pictures += _PICTURE.findall(line)
        rest = _MEDIA.sub("", _PICTURE.sub("", line)).rstrip()
        if rest or not line.strip():
            kept.extend(_taken(rest, found, counted))
    group, members = _sized(found.get("group", ""))
    if members is not None:
        counted.setdefault("members", members)
    flag = Flag(
        text="\n".join(kept).strip(),
        group=clean(group, MAX_TITLE_CHARS),
        url=found.get("url"),
        author=clean(found.get("author", ""), MAX_NAME_CHARS) or None,
        pictures=tuple(dict.fromkeys(pictures)),
        by=by,
        **{name: counted.get(name) for name in COUNTERS},  # type: ignore[arg-type]
    )
    return replace(flag, place=place_of(found.get("where", ""), flag.url, flag.group))


def recount(text: str, *, by: str = "") -> tuple[int, Flag, bool] | None:
    """The answer to a question for counters, "số 41 thích 480, bình luận 90" or "số 41 đã xóa": number of the mention, counters, gone.

    None where it is none; a line that is not wholly understood is none either.
    """
    first = next((line for line in clean(text, MAX_TEXT_CHARS).splitlines() if line.strip()), "")
    typed = _RECOUNT.fullmatch(first[:500])
    if typed is None or unmarked(typed[1]) not in RECOUNTS:
        return None
    rest = unmarked(typed[3]).strip(" .!,")
    if rest in _GONE:
        return int(typed[2]), Flag(by=by), True
    counted = counters(rest)
    return None if not counted else (int(typed[2]), replace(Flag(by=by), **counters_of(counted)), False)


def place_of(said: str, url: str | None, group: str) -> Place:
    """What kind of place: as said, else by the link's host, else by the group's name."""
    for words in (said, _host_of(url), group):
        plain = f" {unmarked(words)} "
        if words in HOSTS:
            return HOSTS[words]
        named = next((place for word, place in _WORDS if f" {word} " in plain), None)
        if named is not None:
            return named
    return "other"


def mention(flag: Flag, *, source_id: str, seen_at: datetime) -> Mention:
    """The mention that a flag is. The same link, or the same words in the same group, are the same mention.

    Raises:
        FlagError: there is nothing to report.
    """
    url = web_link(flag.url) if flag.url else None
    text = clean(flag.text, MAX_TEXT_CHARS).strip()
    if not (url or text or flag.pictures):
        raise FlagError("a flag needs words, a link or a picture")
    group = clean(" ".join(flag.group.split()), MAX_TITLE_CHARS)
    author = clean(" ".join((flag.author or "").split()), MAX_NAME_CHARS)
    native = canonical_url(url) if url else _by_words(text, group, flag.pictures)
    return Mention(
        key=mention_key("flag", source_id, native),
        source_id=source_id,
        native_id=native,
        seen_at=seen_at,
        url=url,
        author=Author(key=f"flag/{flag.place}/{unmarked(author)}", name=author) if author else None,
        title=group or ("" if text else flag.place.replace("_", " ")),
        text=text,
        engagement=flag.engagement,
        reach=flag.members,
    )


def _by_words(text: str, group: str, pictures: tuple[str, ...]) -> str:
    words = fingerprint(text).hex() or hashlib.sha256("\0".join(sorted(pictures)).encode()).hexdigest()[:16]
    where = hashlib.sha256(unmarked(group).encode()).hexdigest()[:8] if group else "-"
    return f"words:{where}:{words}"


def _without_command(lines: list[str]) -> list[str]:
    """The lines, the first one with words without its "/flag"."""
    for number_of, line in enumerate(lines):
        if line.strip():
            typed = _COMMAND.match(line)
            if typed and unmarked(typed[1]) in COMMANDS:
                return [line[typed.end() :], *lines[number_of + 1 :]]
            return lines[number_of:]
    return []


def _taken(line: str, found: dict[str, str], counted: dict[str, int]) -> list[str]:
    """Read a line as a field or as counters; what is neither is given back."""
    label, colon, value = line.partition(":")
    name = _FIELDS.get(" ".join(unmarked(label[:40]).strip(" -*").split())) if colon and not label.endswith("http") else None
    value = value.strip()
    if name in ("group", "placed") and value and "group" not in found and not value.startswith("//"):
        found["group"] = value
        found["where"] = label
        return []
    if name == "author" and value and "author" not in found:
        found["author"] = value
        return []
    if name == "text":
        return [value]
    address = web_link(value if name == "url" else _one_link(line))
    if address is not None and "url" not in found:
        found["url"] = address
        return []
    these = counters(unmarked(line[:400])) if len(line) < 400 else {}  # noqa: PLR2004 - a line of counters is short
    if these:
        counted.update({key: value for key, value in these.items() if key not in counted})
        return []
    return [line]


def _one_link(line: str) -> str | None:
    whole = _LINE_URL.fullmatch(line.strip())
    return whole[1] if whole else None


def _sized(group: str) -> tuple[str, int | None]:
    """A group's name and its members, where they stand behind it: "Hội mẹ bỉm HN (12k thành viên)"."""
    for size in _SIZE.finditer(group):
        told = counters(unmarked(size[1] or size[2] or ""))
        if "members" in told:
            return (group[: size.start()] + group[size.end() :]).strip(), told["members"]
    return group, None


def _host_of(url: str | None) -> str:
    try:
        host = (urlsplit(url or "").hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return ""
    return next((name for name in HOSTS if host == name or host.endswith(f".{name}")), "")
