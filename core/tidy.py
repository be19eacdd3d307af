"""Plain text as we store and show it: no control or invisible characters, one spelling of each letter, blanks and line breaks kept sanely. Pure.

Most texts hold nothing that has to go, and a regular expression takes a microsecond for a hundred characters to say so. So each step first asks
cheaper whether it is needed; what it does where it is needed is the same.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_TEXT_CHARS: Final = 20_000  # of one mention's text as stored; about 3,500 words
MAX_MARKS: Final = 30  # combining marks in a row, the limit of Unicode's Stream-Safe Text Format (UAX 15)
_LONGEST_GRAPHEME: Final = 64  # how far a cut steps back before it gives up on keeping the character whole

BREAKS: Final = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_TAGS_IN_UTF8: Final = b"\xf3\xa0"  # U+E0000 to U+E0FFF begin so
_EMOJI = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_PILE = re.compile(rf"[^\w\s]{{{MAX_MARKS + 1},}}")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    r"""Plain text as we store and show it: NFC, no control or invisible characters, spaces and line breaks kept sanely, cut.

    Runs of blanks become one space, more than one empty line becomes one; all kinds of line break become "\n". At most `limit`
    characters, cut where a character as people see it ends. Idempotent.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit and "  " not in text:  # names, numbers, addresses
        return text.strip()
    return cut(tidy(text[: 4 * limit + 1024]), limit)


def tidy(text: str) -> str:
    """The same, uncut."""
    if is_plain(text):
        return laid_out(text)
    text = _STRAY_JOINER.sub("", INVISIBLE.sub("", BREAKS.sub("\n", text)))
    text = unicodedata.normalize("NFC", unpile(text))
    text = "\n".join([" ".join(line.split()) for line in text.split("\n")])
    return _BLANK_LINES.sub("\n\n", text).strip()


def laid_out(text: str) -> str:
    """The same for a text that `is_plain`."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", unpile(text)).replace("\xa0", " ")
    text = text.replace("\t", " ")
    if "\n" in text:
        text = "\n".join([line.strip(" ") for line in text.split("\n")])
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip()


def cut(text: str, limit: int) -> str:
    """The first `limit` code points at most, never splitting a letter from its marks or an emoji from its parts."""
    if len(text) <= limit:
        return text
    end = next((at for at in range(limit, max(0, limit - _LONGEST_GRAPHEME), -1) if _starts_here(text, at)), limit)
    return text[:end].rstrip("\u200d \n")


def is_plain(text: str) -> bool:
    r"""Whether a text holds neither control nor invisible characters, and no blanks but " ", "\n", "\t" and the no-break space."""
    if not text.replace("\n", " ").replace("\t", " ").replace("\xa0", " ").isprintable():
        return False
    return text.isascii() or not (
        # the invisible that Python calls printable, one by one: that takes a quarter of a search for their class
        "\u034f" in text or "\u115f" in text or "\u1160" in text or "\u17b4" in text or "\u17b5" in text or "\u180b" in text or "\u180c" in text
        or "\u180d" in text or "\u180f" in text or "\u3164" in text or "\uffa0" in text or _TAGS_IN_UTF8 in text.encode()
    )  # fmt: skip


def unpile(text: str) -> str:
    """A text whose letters bear at most `MAX_MARKS` marks: putting n marks in order costs n squared steps in CPython."""
    # 31 in a row leave none of every 31st character out.
    return _PILE.sub(_drop_marks, text) if any(map(unicodedata.combining, text[:: MAX_MARKS + 1])) else text


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
