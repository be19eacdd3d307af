"""Whether a text is an advert that nobody asked for, or fishes for money and passwords. Pure.

Signs are counted, and one sign is never enough: an offer says what is sold, a call what to do next, a contact where, the form how loud. Precision
comes before recall: who warns of such adverts, or asks after them, uses their words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Final, Literal, NamedTuple

from core.tokens import Token
from detectors.enrichment.expressions import Expressions, Found, load_lists

ENOUGH: Final = 3  # signs
OFFERS_COUNTED: Final = 2  # more offers in one text are one advert
FEW_WORDS: Final = 25  # around repeated links
MANY_LINKS: Final = 3
MANY_HASHTAGS: Final = 10
SHOUTED: Final = 0.6  # of letters, among at least `SHOUT_LETTERS`
SHOUT_LETTERS: Final = 30
PICTURES: Final = 6
SAME_LINES: Final = 3

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]+|\b(?:t\.me|zalo\.me|wa\.me|bit\.ly|m\.me|tinyurl\.com)/\S+", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])(?:\+?84|0)[ .-]?[235789](?:[ .-]?\d){8}(?![\w])|(?<!\w)\+\d{1,3}(?:[ .-]?\d){8,11}(?!\w)")
_MESSENGER = re.compile(r"\b(?:zalo|telegram|tele|whatsapp|viber|wechat|zl)\b[\s:.]*@?[\w+]{5,}", re.IGNORECASE)
_PAY = re.compile(
    r"\b(?:earn|make|kiếm|kiem)\s+(?:up to\s+|tới\s+)?\$?\d[\d.,]*\s*(?:k|usd|\$|triệu|trieu|tr|đ)?\s*(?:a|per|/|mỗi|moi|1)?\s*(?:day|daily|week|weekly|hour|ngày|ngay|tuần|tuan)\b",
    re.IGNORECASE,
)
_PICTURE = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")

_HINT = re.compile(r"https?:|www\.|\d")  # without any of these there is neither a link nor a pay
_TELLING: Final = frozenset({"strong", "offer", "phishing"})

SpamFamily = Literal["spam", "scam"]


class Signs(NamedTuple):
    """What speaks for an advert: the expressions found, a pay that is promised, the number of contacts, links, equal links, and of loud forms."""

    found: tuple[Found, ...]
    pay: tuple[str, ...]
    contacts: int
    links: int
    most_repeated: int
    loud: int
    words: int

    def of(self, *lists: str) -> list[str]:
        """The expressions of these lists, each once."""
        return list(dict.fromkeys(found.expression for found in self.found if found.of in lists))


def judge(text: str, tokens: Sequence[Token]) -> tuple[SpamFamily, str] | None:
    """The family of breach, and what told it; None where the text is neither."""
    found = _expressions().find(tokens)
    if not any(one.of in _TELLING for one in found) and not _HINT.search(text):
        return None
    signs = _signs(text, tokens, found)
    if signs.of("guard"):
        return None
    phishing = signs.of("phishing")
    if phishing and (signs.links or signs.contacts or signs.of("call")):
        return "scam", phishing[0]
    strong = [*signs.of("strong"), *signs.pay]
    offers = signs.of("offer")
    points = 2 * min(len(strong), 1) + min(len(offers), OFFERS_COUNTED)
    points += bool(signs.of("call")) + bool(signs.contacts) + bool(signs.links) + bool(signs.loud)
    if points >= ENOUGH and (strong or (offers and (signs.contacts or signs.links or signs.of("call")))):
        return "spam", (strong or offers)[0]
    if signs.words <= FEW_WORDS and (signs.links >= MANY_LINKS or signs.most_repeated >= MANY_LINKS - 1):
        return "spam", "http"
    return None


def _signs(text: str, tokens: Sequence[Token], found: Sequence[Found]) -> Signs:
    links = Counter(link.rstrip("/.,)") for link in _LINK.findall(text))
    contacts = len(_PHONE.findall(text)) + len(_MESSENGER.findall(text))
    return Signs(
        found=_apart(found),
        pay=tuple(_PAY.findall(text)),
        contacts=contacts,
        links=links.total(),
        most_repeated=max(links.values(), default=0),
        loud=_loud(text, tokens),
        words=len(tokens),
    )


def _apart(found: Sequence[Found]) -> tuple[Found, ...]:
    """Without the offers that are part of a strong one: "việc nhẹ lương cao" says "lương cao" too."""
    strong = [range(one.start, one.end) for one in found if one.of == "strong"]
    return tuple(one for one in found if one.of != "offer" or not any(one.start in place for place in strong))


def _loud(text: str, tokens: Sequence[Token]) -> int:
    """How many ways the text shouts: capitals, pictures, hashtags, lines again and again."""
    letters = [letter for letter in text if letter.isalpha()]
    capitals = len(letters) >= SHOUT_LETTERS and sum(map(str.isupper, letters)) >= SHOUTED * len(letters)
    lines = Counter(line.strip() for line in text.splitlines() if len(line.strip()) > 10)  # noqa: PLR2004 - shorter ones are lists
    return (
        capitals
        + (len(_PICTURE.findall(text)) >= PICTURES)
        + (sum(token.prefix == "#" for token in tokens) >= MANY_HASHTAGS)
        + (max(lines.values(), default=0) >= SAME_LINES)
    )


@cache
def _expressions() -> Expressions:
    return Expressions(load_lists("spam"))
