"""Questions: which mentions ask something, and by which words two of them ask the same. Pure.

A question is compared by its keys: the words that say what it is about, pairs of them, and meanings that people ask after in many words ("app sập à", "sao không vào
được", "is it down": all `=outage`). Short forms are read as what they stand for, marks do not matter. How one asks, greets or calls the others is no key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from core.teencode import rows
from core.tokens import Token, bare, tokens
from detectors.enrichment.expressions import Expressions, load_lists
from detectors.phrases import is_listed
from detectors.sketch import stem
from store.talk import Said

MEANING: Final = "="  # before a key that is a meaning
MOST_WORDS: Final = 40  # of the sentences that ask: what is longer is an article
LONG_COPY: Final = 8  # words; so long a text that comes word for word again is copied, not asked again
MANY_CALLED: Final = 2  # people called by their handle: friends who are to join in
_KNOWN: Final = 16_384  # texts that are remembered
_BESIDE: Final = frozenset({"idle", "asks", "contest", "occasions"})  # lists that are no meaning
_NO_FAMILY: Final = frozenset({"trouble", "delivery", "refund", "charged", "closing"})  # meanings that are no risk
_NO_KEY: Final = ("", "")
_CANNOT = re.compile(r"\bkhong (?:\w+ ){1,3}duoc\b|\w khong duoc\b|\b(?:can t|cannot|couldn t|unable to|keeps|disconnect\w*)\b")
_MAY_I = re.compile(r"\bduoc (?:khong|chua|hay)\b")  # a question whether one may, or whether it works by now
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…\n]*")
_CLAUSE = re.compile("[,;:]")
_END: Final = frozenset({"à", "hả", "hở", "nhỉ", "không", "ko", "kô", "hông", "hong", "khum", "hok", "chưa", "sao", "gì", "đâu", "nào", "mấy", "nhiêu", "vậy", "zậy", "z"})  # fmt: skip
_AFTER_END: Final = frozenset({"ạ", "thế", "v", "ta", "mn", "mng", "ad", "admin", "shop", "ơi", "ae", "ace", "mọi", "người", "các", "bác", "bạn", "cả", "nhà", "anh", "chị", "em", "luôn", "nữa", "trời", "nha"})  # fmt: skip
_PLAIN_END: Final = frozenset(map(bare, _END)) - {"a", "ho"}
_PLAIN_AFTER: Final = frozenset(map(bare, _AFTER_END))
_FIRST: Final = frozenset(
    {"is", "are", "am", "does", "do", "did", "why", "what", "when", "where", "who", "how", "can", "has", "have", "will", "sao"}
)


class Question(NamedTuple):
    """Somebody asks something: its keys with how each was written, and its words in order, folded and as they were written."""

    said: Said
    keys: Mapping[str, str]
    wording: str
    written: str

    @property
    def who(self) -> str:
        """Who asks."""
        return self.said.who

    @property
    def at(self) -> datetime:
        """When it counts."""
        return self.said.at


class _Read(NamedTuple):
    keys: Mapping[str, str]
    wording: str
    written: str
    words: int


def questions(said: Sequence[Said], brand: frozenset[str]) -> list[Question]:
    """Those that ask something, our own people and copies aside, in order; a long text that was copied is asked by its first author alone.

    Args:
        said: originals and replies count alike; what was carried on does not.
        brand: bare words of the topic's own name: that it is named is no question.
    """
    found: list[Question] = []
    copied: set[str] = set()
    for one in said:
        if one.kind != "original" or one.role == "staff":
            continue
        read = _read(one.words, brand)
        if read is None or read.wording in copied:
            continue
        if read.words >= LONG_COPY:
            copied.add(read.wording)
        risks = {f"{MEANING}{risk.family}": risk.term for risk in one.risks if risk.family in _families()}
        found.append(Question(one, {**risks, **read.keys}, read.wording, read.written))
    return found


@lru_cache(maxsize=_KNOWN)
def is_copy_worth(text: str) -> bool:
    """Whether a text that comes again was copied: it is long enough that two people do not write it by chance, and no contest asks them to."""
    said = tokens(text)
    return len(said) >= LONG_COPY and not any(one.of == "contest" for one in _expressions().find(said))


@lru_cache(maxsize=_KNOWN)
def is_ritual(text: str) -> bool:
    """Whether many say so by rule: a contest asks for it, or the calendar."""
    return any(one.of in ("contest", "occasions") for one in _expressions().find(tokens(text)))


@cache
def brand_words(*names: str) -> frozenset[str]:
    """The bare words of names."""
    return frozenset(bare(token.form) for name in names for token in tokens(name))


@cache
def _families() -> frozenset[str]:
    """Meanings that are families of risk."""
    return frozenset(load_lists("questions")) - _NO_FAMILY - _BESIDE


def risk_of(key: str) -> str | None:
    """The family of risk that a key stands for; None for most."""
    family = key.removeprefix(MEANING)
    return family if key.startswith(MEANING) and family in _families() else None


@lru_cache(maxsize=_KNOWN)
def _read(text: str, brand: frozenset[str]) -> _Read | None:
    """What a text asks; None where it asks nothing, or nothing that could be compared."""
    words: list[tuple[str, str]] = []
    meanings: dict[str, str] = {}
    wording: list[str] = []
    written: list[str] = []
    called = 0
    for sentence in _SENTENCE.findall(text):
        said = tokens(sentence)
        found = _expressions().find(said)
        heard = {one.of for one in found}
        called += sum(token.prefix == "@" for token in said)
        if "contest" in heard or called > MANY_CALLED or len(said) + len(wording) > MOST_WORDS:
            return None
        if "?" not in sentence and "asks" not in heard and not any(map(_ends_as_question, _CLAUSE.split(sentence))):
            continue
        idle = {at for one in found if one.of in ("idle", "asks") for at in range(one.start, one.end)}
        words += [word for at, token in enumerate(said) for word in ([_NO_KEY] if at in idle else _content(token, brand))] + [_NO_KEY]
        meanings |= {f"{MEANING}{one.of}": one.expression for one in found if one.of not in _BESIDE}
        if _fails(said) or "outage" in heard:  # what is down is a trouble, too
            meanings.setdefault(f"{MEANING}trouble", meanings.get(f"{MEANING}outage", ""))
        wording += [bare(token.form) for token in said]
        written.append(sentence.strip())
    pairs = {f"{left} {right}": f"{one} {other}" for (left, one), (right, other) in pairwise(words) if left and right}
    keys = {**{key: form for key, form in words if key}, **pairs, **meanings}
    return _Read(keys, " ".join(wording), " ".join(written), len(wording)) if keys else None


def _ends_as_question(clause: str) -> bool:
    """Whether a clause without its mark asks: by its last words in Vietnamese, with or without marks, by its first in English."""
    forms = [token.form for token in tokens(clause)]
    if len(forms) < 2:  # noqa: PLR2004 - one word is a call
        return False
    plain = all(form.isascii() for form in forms)
    end, after = (_PLAIN_END, _PLAIN_AFTER) if plain else (_END, _AFTER_END)
    last = len(forms) - 1
    while last > 0 and forms[last] in after:
        last -= 1
    return forms[last] in end or (forms[0] in _FIRST and len(forms) <= MOST_WORDS // 2)


def _fails(said: Sequence[Token]) -> bool:
    """Whether something does not work that ought to: "không ... được" within a few words, "can't" and the like."""
    words = [_in_full().get(token.form, (token.form,))[0] for token in said]
    plain = " ".join(map(bare, words))
    return bool(_CANNOT.search(plain)) and not _MAY_I.search(plain)


def _content(token: Token, brand: frozenset[str]) -> list[tuple[str, str]]:
    """A word, written in full, as keys with how they are written; no key for one that does not say what is asked about."""
    words = _in_full().get(token.form, (token.form,))
    return [_NO_KEY if token.prefix == "@" or not _tells(word, brand) else (stem(bare(word)), word) for word in words]


def _tells(word: str, brand: frozenset[str]) -> bool:
    plain = bare(word)
    return not (plain in brand or len(plain) < 2 or plain.isdigit() or is_listed("idle", word))  # noqa: PLR2004 - a letter


@cache
def _in_full() -> dict[str, tuple[str, ...]]:
    """The words that short forms stand for, the likeliest."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows():
        for short in (*row.surely, *row.perhaps):
            found.setdefault(short, tuple(token.form for token in tokens(row.word)))
    return found


@cache
def _expressions() -> Expressions:
    return Expressions(load_lists("questions"))
