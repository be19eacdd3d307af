"""What a text message carries: the GSM 7-bit alphabet, its segments, and Vietnamese without marks. Pure.

3GPP TS 23.038 (alphabet, https://www.3gpp.org/dynareport/23038.htm) and 23.040 (concatenation): 160 characters of the alphabet fit one message,
153 each of several; one character outside of it makes it UCS-2, where 70 fit one and 67 each of several. A pair (an escaped character, a letter
beyond the first 65,536 of Unicode) is never split between two.
"""

from __future__ import annotations

import unicodedata
from typing import Final

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED: Final = frozenset("\f^{}\\[~]|€")  # each takes two places
GSM_ONE, GSM_MANY = 160, 153
UCS_ONE, UCS_MANY = 70, 67
# What our own texts and the inert form of strangers' hold beyond letters with marks.
_PLAIN: Final = str.maketrans(
    {
        "đ": "d", "Đ": "D", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "•": "-",
        "‹": "(", "›": ")", "＠": "(at)", "＆": "+", "×": "x", "→": "->", "₫": "d", "\u00a0": " ", "\u202f": " ",
    }
)  # fmt: skip


def is_gsm(text: str) -> bool:
    """Whether every character stands in the 7-bit alphabet or its extension."""
    return all(character in BASIC or character in ESCAPED for character in text)


def segments(text: str) -> int:
    """How many messages it takes; 1 for an empty one.

    Example:
        >>> segments("a" * 160), segments("a" * 161), segments("ấ" * 71)
        (1, 2, 2)
    """
    if is_gsm(text):
        return _packed([2 if character in ESCAPED else 1 for character in text], GSM_ONE, GSM_MANY)
    return _packed([2 if character > "\uffff" else 1 for character in text], UCS_ONE, UCS_MANY)


def without_marks(text: str) -> str:
    """Vietnamese as old phones and brand names take it: letters lose their marks, typography becomes plain; what has no plain form goes.

    Example:
        >>> without_marks("Đã nhận: “ấm nổ”")
        'Da nhan: "am no"'
    """
    apart = unicodedata.normalize("NFD", text.translate(_PLAIN))
    letters = unicodedata.normalize("NFC", "".join(character for character in apart if not unicodedata.combining(character)))
    return "".join(character for character in letters if character in BASIC or character in ESCAPED)


def _packed(sizes: list[int], one: int, many: int) -> int:
    if sum(sizes) <= one:
        return 1
    count, left = 1, many
    for size in sizes:
        if size > left:
            count, left = count + 1, many
        left -= size
    return count
