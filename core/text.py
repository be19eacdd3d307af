"""Text from outside, made safe to keep and easy to compare. Pure.

Three forms of one text, each made from the one before: `clean` is what we store and show; `normalise` is what we match on; `unmarked` is
what we match on when the writer typed without Vietnamese marks. All take hostile input in time that grows with its length alone.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

from core.markup import MAX_HTML_CHARS, plain_text
from core.tidy import BREAKS, INVISIBLE, MAX_MARKS, MAX_TEXT_CHARS, clean, cut, is_plain, unpile

__all__ = [
    "MAX_HTML_CHARS", "MAX_MARKS", "MAX_TEXT_CHARS", "canonical_url", "clean", "cut", "fingerprint", "mention_key", "normalise", "plain_text", "unmarked",
]  # fmt: skip

_SELECTORS_IN_UTF8 = b"\xef\xb8"  # U+FE00 to U+FE3F begin so
_SELECTORS = re.compile("[\u200d\ufe00-\ufe0f]+")

_TONED = {
    "a": "àáảãạ", "e": "èéẻẽẹ", "y": "ỳýỷỹỵ", "â": "ầấẩẫậ", "ê": "ềếểễệ", "ă": "ằắẳẵặ", "ơ": "ờớởỡợ", "o": "òóỏõọ", "u": "ùúủũụ", "i": "ìíỉĩị",
}  # fmt: skip
# Classes come first in these, so that the search can skip quickly; `_tone_on_first` and `_tone_on_second` judge what they find.
_TONE_LATE = re.compile(rf"([ou])([{_TONED['a']}{_TONED['e']}{_TONED['y']}])(?![\w\u0300-\u036f])")  # hoà, khoẻ, thuý
_TONE_EARLY = re.compile(rf"([{_TONED['o']}{_TONED['u']}])([aeyâêăơoi])(?=([a-zđê]?))")  # hòan, hùynh, qủa

_FOREIGN = re.compile("[\u0262-\u029f\u0370-\u052f\u1d00-\u1d22]")
_WORD = re.compile(r"[\w\u0300-\u036f]+")
_LATIN = re.compile("[a-z0-9đ]")
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ", "abcdeghijklmnoprtuvwyz")
_LOOKALIKES = str.maketrans("авекмнорстухіјѕһԁԛԝαβεικνορςτυχ", "abekmhopctyxijshdqwabeikvopctux")
_LATIN_TWINS = (("ð", "đ"), ("ɖ", "đ"), ("ı", "i"), ("ɑ", "a"), ("ɡ", "g"))
_MARKS = re.compile("[\u0300-\u036f]+")
_BARE = (("đ", "d"), ("ł", "l"), ("ø", "o"), ("ħ", "h"), ("ŧ", "t"))

_TRACKERS = re.compile(
    r"(utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|_ga|_gl|ref_src|ref_url|spm|zarsrc|ocid|cmpid)\Z",
    re.IGNORECASE,
)
_CANONICAL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/[A-Za-z0-9._~/-]*\Z", re.ASCII)  # most addresses are so already
_ESCAPE = re.compile(r"(?<!%)(?<!%[0-9A-Fa-f])%[0-9A-Fa-f]{2}")  # not inside a broken one, which decoding could make whole
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_REPOST_PREFIX = re.compile(r"(rt @\w[\w.@-]*:? ?)+")
_ADDRESSES = re.compile(r"(https?://|www\.)\S+|@\w[\w.@-]*")
_NOT_WORDS = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """The form that queries are matched on: lower case, NFC (compatibility forms folded), one place for Vietnamese tones.

    "HOÀ" and "hoà" become "hòa"; full-width and mathematical letters become plain ones; Cyrillic and Greek look-alikes become Latin where
    a word holds Latin letters too; invisible characters go; any run of blanks is one space. Marks stay: "đường" is not "dương". Idempotent.
    """
    if text.isascii():
        return " ".join(INVISIBLE.sub("", text).lower().split())
    if not is_plain(text):
        text = INVISIBLE.sub("", BREAKS.sub(" ", text))
    if _SELECTORS_IN_UTF8 in text.encode() or "\u200d" in text:
        text = _SELECTORS.sub("", text)
    text = unicodedata.normalize("NFKC", unpile(text))
    text = unicodedata.normalize("NFKC", text.lower())
    text = _replace(text if is_plain(text) else INVISIBLE.sub("", text), _LATIN_TWINS)
    if _FOREIGN.search(text):
        text = unicodedata.normalize("NFC", _WORD.sub(_as_latin, text))
    return " ".join(_TONE_EARLY.sub(_tone_on_second, _TONE_LATE.sub(_tone_on_first, text)).split())


def unmarked(text: str) -> str:
    """The normalised text without diacritics, as people type in haste: "Đường" becomes "duong". Idempotent."""
    text = normalise(text)
    if text.isascii():
        return text
    bare = _replace(_MARKS.sub("", unicodedata.normalize("NFD", text)), _BARE)
    return normalise(unicodedata.normalize("NFC", bare))


def canonical_url(url: str) -> str:
    """One spelling of an address, for comparing: lower-case scheme and host, no user, default port, fragment or tracking parameters.

    The query is sorted by name. An address that cannot be parsed, or is not http(s), comes back stripped of blanks only. Idempotent.
    """
    if _CANONICAL.match(url):
        return url
    url = "".join(INVISIBLE.sub("", url).split())
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not host:
        return url
    place = f"[{host}]" if ":" in host else host.rstrip(".")
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        place = f"{place}:{port}"
    kept = sorted(pair for pair in _escapes(parts.query).split("&") if pair and not _TRACKERS.match(pair.partition("=")[0]))
    return urlunsplit((scheme, place, _escapes(parts.path) or "/", "&".join(kept), ""))


def mention_key(kind: str, authority: str, native_id: str) -> bytes:
    """A mention's identity: 16 bytes of SHA-256 over kind, authority (an instance's host, a feed's address) and the id given there."""
    parts = (part.replace("\0", "\ufffd").encode("utf-8", "surrogatepass") for part in (kind, authority, native_id))
    return hashlib.sha256(b"\0".join(parts)).digest()[:16]


def fingerprint(text: str) -> bytes:
    """8 bytes that copies of a text share: links, handles, a leading "RT @x:", punctuation, case and blanks do not count.

    A text that is nothing but such things is told apart by all it has; no text at all has no fingerprint (empty), for it is a copy of nothing.
    """
    whole = normalise(text).strip()
    if not whole:
        return b""
    words = _REPOST_PREFIX.sub("", whole, count=1) if whole.startswith("rt @") else whole
    if "@" in words or "://" in words or "www." in words:
        words = _ADDRESSES.sub(" ", words)
    words = _NOT_WORDS.sub(" ", words).strip()
    return hashlib.sha256((words or whole).encode()).digest()[:8]


def _as_latin(found: re.Match[str]) -> str:
    """A word of Latin letters and their look-alikes in Latin letters alone; a word of another script as it is."""
    word = found[0].translate(_SMALL_CAPITALS)
    return word.translate(_LOOKALIKES) if _LATIN.search(word) else word


def _move(vowel: str, onto: str) -> tuple[str, str]:
    base = next(plain for plain, toned in _TONED.items() if vowel in toned)
    return base, _TONED[onto][_TONED[base].index(vowel)]


def _tone_on_first(found: re.Match[str]) -> str:
    base, toned = _move(found[2], onto=found[1])
    fits = base != "y" if found[1] == "o" else base == "y" and not found.string.endswith("q", 0, found.start())
    return toned + base if fits else found[0]


def _tone_on_second(found: re.Match[str]) -> str:
    second, after = found[2], found[3]
    base, toned = _move(found[1], onto=second)
    if base == "u":
        fits = found.string.endswith("q", 0, found.start()) or (second == "y" and after != "")
    else:
        fits = second in "ae" and after not in ("", "ê")
    return base + toned if fits else found[0]


def _replace(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    # Five scans for letters that are hardly ever there cost a tenth of one `translate`.
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _escapes(text: str) -> str:
    return _ESCAPE.sub(_one_escape, text)


def _one_escape(found: re.Match[str]) -> str:
    character = chr(int(found[0][1:], 16))
    return character if character in _UNRESERVED else found[0].upper()
