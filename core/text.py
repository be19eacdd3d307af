"""Text from outside, made safe to keep and easy to compare. Pure.

Three forms of one text, each made from the one before: `clean` is what we store and show; `normalise` is what we match on; `unmarked` is
what we match on when the writer typed without Vietnamese marks. All take hostile input in time that grows with its length alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import unicodedata
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from lxml import etree

MAX_TEXT_CHARS: Final = 20_000  # of one mention's text as stored; about 3,500 words
MAX_HTML_CHARS: Final = 1_000_000  # of markup looked at
MAX_MARKS: Final = 30  # combining marks in a row, the limit of Unicode's Stream-Safe Text Format (UAX 15)
_LONGEST_GRAPHEME: Final = 64  # how far a cut steps back before it gives up on keeping the character whole

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_EMOJI = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_SELECTORS = re.compile("[\u200d\ufe00-\ufe0f]+")
_PILE = re.compile(rf"[^\w\s]{{{MAX_MARKS + 1},}}")
_BLANKS = re.compile(r"\s+")
_SPACES = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")

_TONED = {
    "a": "àáảãạ", "e": "èéẻẽẹ", "y": "ỳýỷỹỵ", "â": "ầấẩẫậ", "ê": "ềếểễệ", "ă": "ằắẳẵặ", "ơ": "ờớởỡợ", "o": "òóỏõọ", "u": "ùúủũụ", "i": "ìíỉĩị",
}  # fmt: skip
# Classes come first in these, so that the search can skip quickly; `_tone_on_first` and `_tone_on_second` judge what they find.
_TONE_LATE = re.compile(rf"([ou])([{_TONED['a']}{_TONED['e']}{_TONED['y']}])(?![\w\u0300-\u036f])")  # hoà, khoẻ, thuý
_TONE_EARLY = re.compile(rf"([{_TONED['o']}{_TONED['u']}])([aeyâêăơoi])(?=([a-zđê]?))")  # hòan, hùynh, qủa

_FOREIGN = re.compile("[\u0370-\u052f]")
_MIXED_WORD = re.compile(r"\w*[a-z0-9đ]\w*")
_LOOKALIKES = str.maketrans("авекмнорстухіјѕһԁԛԝαβεικνορτυχ", "abekmhopctyxijshdqwabeikvoptux")
_LATIN_TWINS = (("ð", "đ"), ("ɖ", "đ"), ("ı", "i"), ("ɑ", "a"), ("ɡ", "g"))
_MARKS = re.compile("[\u0300-\u036f]+")
_BARE = (("đ", "d"), ("ł", "l"), ("ø", "o"), ("ħ", "h"), ("ŧ", "t"))

_TRACKERS = re.compile(
    r"(utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|_ga|_gl|ref_src|ref_url|spm|zarsrc|ocid|cmpid)\Z",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"(?<!%)(?<!%[0-9A-Fa-f])%[0-9A-Fa-f]{2}")  # not inside a broken one, which decoding could make whole
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_REPOST_PREFIX = re.compile(r"(rt @\w[\w.@-]*:? ?)+")
_ADDRESSES = re.compile(r"(https?://|www\.)\S+|@\w[\w.@-]*")
_NOT_WORDS = re.compile(r"[\W_]+")

_SKIPPED = frozenset({"script", "style", "template", "noscript", "head", "title", "svg", "math", "object", "iframe", "textarea", "select"})
_LINES = frozenset({"br", "caption", "dd", "dt", "hr", "legend", "li", "option", "summary", "td", "th", "tr"})  # start on a new line
_BLOCKS = frozenset(  # stand apart before and after
    {"address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset", "figcaption", "figure"}
    | {
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    }
)


def plain_text(html: str) -> str:
    """The words of an HTML fragment: tags gone, entities decoded, block elements as line breaks, scripts and styles left out.

    Text without markup comes back as it is, tidied as `clean` does but not cut. Broken markup gives what can be read of it. Markup
    beyond `MAX_HTML_CHARS` is not looked at.
    """
    html = _INVISIBLE.sub("", _BREAKS.sub("\n", html[:MAX_HTML_CHARS]))
    if "<" not in html and "&" not in html:
        return _tidy(html)
    words = _Words()
    target: Any = words  # the stubs ask for a base class that exists in the stubs only
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)
    with contextlib.suppress(etree.LxmlError):  # what was read so far stands in `words`
        parser.feed(b"<div>" + html.encode() + b"</div>")
        parser.close()
    return _tidy("".join(words.parts))


def clean(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    r"""Plain text as we store and show it: NFC, no control or invisible characters, spaces and line breaks kept sanely, cut.

    Runs of blanks become one space, more than one empty line becomes one; all kinds of line break become "\n". At most `limit`
    characters, cut where a character as people see it ends. Idempotent.
    """
    return cut(_tidy(text[: 4 * limit + 1024]), limit)


def cut(text: str, limit: int) -> str:
    """The first `limit` code points at most, never splitting a letter from its marks or an emoji from its parts."""
    if len(text) <= limit:
        return text
    end = next((at for at in range(limit, max(0, limit - _LONGEST_GRAPHEME), -1) if _starts_here(text, at)), limit)
    return text[:end].rstrip("\u200d \n")


def normalise(text: str) -> str:
    """The form that queries are matched on: lower case, NFC (compatibility forms folded), one place for Vietnamese tones.

    "HOÀ" and "hoà" become "hòa"; full-width and mathematical letters become plain ones; Cyrillic and Greek look-alikes become Latin where
    a word holds Latin letters too; invisible characters go; any run of blanks is one space. Marks stay: "đường" is not "dương". Idempotent.
    """
    if text.isascii():
        return " ".join(_INVISIBLE.sub("", text).lower().split())
    text = _SELECTORS.sub("", _INVISIBLE.sub("", _BREAKS.sub(" ", text)))
    text = unicodedata.normalize("NFKC", _unpile(text))
    text = _replace(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text.lower())), _LATIN_TWINS)
    if _FOREIGN.search(text):
        text = _MIXED_WORD.sub(lambda word: word[0].translate(_LOOKALIKES), text)
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
    url = "".join(_INVISIBLE.sub("", url).split())
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
    words = _NOT_WORDS.sub(" ", _ADDRESSES.sub(" ", _REPOST_PREFIX.sub("", whole, count=1) if whole.startswith("rt @") else whole)).strip()
    return hashlib.sha256((words or whole).encode()).digest()[:8]


class _Words:
    """Takes the events of the HTML parser and keeps the text; builds no tree, so that depth costs nothing."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._skipped: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _SKIPPED:
            self._skipped.append(tag)
        elif tag in _BLOCKS or tag in _LINES:
            self.parts.append("\n")
        elif tag == "img" and "emoji" in attributes.get("class", ""):  # forums and blogs draw emoji as pictures
            self.parts.append(attributes.get("alt", ""))

    def end(self, tag: str) -> None:
        if self._skipped and self._skipped[-1] == tag:
            self._skipped.pop()
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def data(self, text: str) -> None:
        if not self._skipped:
            self.parts.append(_BLANKS.sub(" ", text))

    def close(self) -> None:
        """The parser asks for a result; the parts are it."""


def _tidy(text: str) -> str:
    text = _STRAY_JOINER.sub("", _INVISIBLE.sub("", _BREAKS.sub("\n", text)))
    text = unicodedata.normalize("NFC", _unpile(text))
    return _BLANK_LINES.sub("\n\n", _LINE_ENDS.sub("\n", _SPACES.sub(" ", text))).strip()


def _unpile(text: str) -> str:
    # Putting n marks in order costs n squared steps in CPython, so a pile of them is cut down before any normalisation.
    return _PILE.sub(_drop_marks, text) if not text.isascii() else text


def _drop_marks(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _starts_here(text: str, at: int) -> bool:
    if text[at - 1] == "\u200d" or _extends(text[at]):
        return False
    if not _is_flag_letter(text[at]):
        return True
    before = at
    while before > 0 and at - before < _LONGEST_GRAPHEME and _is_flag_letter(text[before - 1]):
        before -= 1
    return (at - before) % 2 == 0


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\u1160" <= character <= "\u11ff"
    )


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


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
