"""The component that says what a mention wants of us: a person to act, an answer, a repair, a sale, thanks, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from core.records import Risk, Sentiment, Triage
from core.tokens import Token, bare
from detectors.enrichment.doc import notes
from detectors.enrichment.expressions import Expressions, Found, load_lists

GRAVE: Final = frozenset({"food-safety", "product-safety", "injury", "recall", "data-leak", "self-harm", "threat", "boycott"})
ADVERTS: Final = frozenset({"spam", "scam"})
OFFENCES: Final = frozenset({"insult", "hate"})
BESIDE: Final = frozenset({"tone", "spread", *OFFENCES, *ADVERTS})  # families that say how, or to whom, but not what is wrong
ANGRY: Final = 0.85  # probability of negative from which a question or an order is taken for a complaint
SHORT: Final = 6  # words: "còn hàng không shop ơi" denies nothing, but the model has little else to go by than its "không"
PARTICLES: Final = frozenset({"khong", "ko", "hong", "hok", "k"})  # close a question, and deny elsewhere
AT_END: Final = 5  # words from the end of a sentence in which a question may stand
CHARS_JUDGED: Final = 1_000  # what somebody wants stands at the beginning; long texts are articles

_SENTENCE_END = re.compile(r"[.!?…\n]+")


def triage(text: str, said: Sequence[Token], risks: Sequence[Risk], sentiment: Sentiment) -> Triage | None:
    """What a mention wants; None where nothing is sure. Pure.

    The first that holds: an advert; a crisis (a risk of level 1, or a grave one of level 2: who denies it speaks of it); a fault of a program; somebody who wants to buy;
    a question; a complaint; praise. Whoever asks or wants to buy in anger complains.
    """
    families = {risk.family for risk in risks}
    heard = _heard(text, said)
    tone = sentiment.label if sentiment.confident else None
    angry = sentiment.negative >= ANGRY and not (len(said) <= SHORT and any(bare(token.form) in PARTICLES for token in said[1:]))
    wrong = not families <= BESIDE
    rules: tuple[tuple[Triage, bool], ...] = (
        ("spam", not families.isdisjoint(ADVERTS)),
        ("crisis", any(_is_crisis(risk) for risk in risks)),
        ("bug", _is_fault(heard) or "outage" in families),
        ("lead", "buys" in heard and "not_buying" not in heard and not wrong and not angry),
        ("question", ("asks" in heard and not (wrong and angry)) or ("asked" in heard and not wrong and not angry)),
        ("complaint", wrong or not families.isdisjoint(OFFENCES) or tone == "negative"),
        ("praise", tone == "positive"),
    )
    return next((wants for wants, holds in rules if holds), None)


def _is_crisis(risk: Risk) -> bool:
    return risk.level == 1 or (risk.level == 2 and risk.family in GRAVE)  # noqa: PLR2004


def _heard(text: str, said: Sequence[Token]) -> frozenset[str]:
    """The lists that speak in a text, and "asked" where a question stands at its place."""
    words = [token for token in said if token.end <= CHARS_JUDGED]
    found = _expressions().find(words)
    if "?" in text:
        found += _questions().find(words)
    names = {one.of for one in found if one.of not in ("asks_at_end", "asks_with_mark")}
    return frozenset(names | ({"asked"} if _asks(text, words, found) else set()))


def _asks(text: str, words: Sequence[Token], found: Sequence[Found]) -> bool:
    """Whether a sentence holds an expression that asks: anywhere where it ends with a question mark, near its end where it does not."""
    for start, end, marked in _sentences(text, words):
        inside = [one for one in found if start <= one.start and one.end <= end]
        if marked and any(one.of in ("asks_at_end", "asks_with_mark") for one in inside):
            return True
        if any(one.of == "asks_at_end" and one.end > end - AT_END for one in inside):
            return True
    return False


def _sentences(text: str, words: Sequence[Token]) -> list[tuple[int, int, bool]]:
    """First word, end, and whether a question mark stands behind, of each sentence."""
    found, start = [], 0
    for at, token in enumerate(words):
        following = words[at + 1].start if at + 1 < len(words) else len(text)
        ending = _SENTENCE_END.search(text, token.end, following)
        if ending or at + 1 == len(words):
            found.append((start, at + 1, "?" in text[token.end : following]))
            start = at + 1
    return found


def _is_fault(heard: frozenset[str]) -> bool:
    return "not_faults" not in heard and ("faults" in heard or {"faults_of_programs", "programs"} <= heard)


@cache
def _expressions() -> Expressions:
    return Expressions({name: listed for name, listed in load_lists("triage").items() if name != "asks_with_mark"})


@cache
def _questions() -> Expressions:
    return Expressions({"asks_with_mark": load_lists("triage")["asks_with_mark"]})


class Sort:
    """Sets `triage` of the notes; after all else."""

    def __call__(self, doc: Doc) -> Doc:
        """Write the class on the notes of one text."""
        noted = notes(doc)
        if noted.sentiment is not None and noted.tokens:
            noted.triage = triage(noted.text, noted.tokens, noted.risks, noted.sentiment)
        return doc


@Language.factory("tocsin_triage")
def _make_triage(nlp: Language, name: str) -> Sort:  # noqa: ARG001
    return Sort()
