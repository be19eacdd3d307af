"""The component that hears risks: the expressions of the lexicon, in context."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from typing import Final, Literal, NamedTuple

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from core.records import Risk
from core.tokens import bare, tokens
from detectors.enrichment.doc import Notes, notes, phrase
from detectors.enrichment.lexicon import BRAND, LEXICONS, Lexicon, Row, Words, load_lexicon, spelled

REACH: Final = 3  # words from an expression within which a negation, a supposition, or another place counts

_Level = Literal[1, 2, 3]
_Role = Literal["says", "says marked", "near", "near bare", "not near", "never"]
_ANSWERED_NO = re.compile(r"\W*\?\W*(?:không|khong|hông|ko|no|nope)\s*[,.!]", re.IGNORECASE)
_SENTENCE_ENDS = re.compile(r"[.!?;\n]")
_CLAUSE_ENDS = re.compile(r"[.,!?;:\n]")


class _Entry(NamedTuple):
    """An expression of one row, as it is searched."""

    forms: tuple[str, ...]
    expression: str
    role: _Role
    row: int
    language: str


class _Hit(NamedTuple):
    start: int
    end: int
    expression: str
    strong: bool


class HeardRow(NamedTuple):
    """A row that a text says: at which level, by which expression, from which token to which (end excluded)."""

    row: Row
    level: _Level
    expression: str
    start: int
    end: int


_Hits = dict[int, dict[_Role, list[_Hit]]]  # of each row


class HearRisks:
    """Sets `risks` of the notes: each family once, with its gravest level, the gravest first, then in the order of the lexicon.

    A negation or a supposition just before, or another place just beside, takes level 1 to level 2, never away: brands deny in the same
    words. "...? No, ..." takes it away. Expressions typed without marks count in texts that may be Vietnamese only.
    """

    def __init__(self, nlp: Language, lexicons: dict[str, Lexicon]) -> None:
        self._rows: list[Row] = []
        self._said, self._around = _Finder(nlp.vocab), _Finder(nlp.vocab)
        self._softeners = {language: _Softeners(lexicon.words) for language, lexicon in lexicons.items()}
        for language, lexicon in lexicons.items():
            for row in lexicon.rows:
                self._learn(row, lexicon.words, language)
                self._rows.append(row)

    def _learn(self, row: Row, words: Words, language: str) -> None:
        said: dict[_Role, Sequence[str]] = {"says": row.any, "says marked": row.marked}
        around: dict[_Role, Sequence[str]] = {"near": row.near, "near bare": row.near_bare, "not near": row.not_near, "never": row.never}
        for finder, roles in ((self._said, said), (self._around, around)):
            for role, expressions in roles.items():
                for expression in expressions:
                    for written in spelled(expression, words.spellings):
                        forms = tuple(token.form for token in tokens(written))
                        finder.learn(_Entry(forms, expression, role, len(self._rows), language))

    def __call__(self, doc: Doc) -> Doc:
        """Write the risks on the notes of one text; after language and topics."""
        notes(doc).risks = told(self.rows(doc))
        return doc

    def rows(self, doc: Doc) -> list[HeardRow]:
        """The rows that one text says, in the order of the lexicon."""
        noted = notes(doc)
        said = self._said.find(doc, noted)
        if not said:
            return []
        around = self._around.find(doc, noted, of=said)
        found = []
        for index, roles in sorted(said.items()):
            row, hits = self._rows[index], [hit for hits in roles.values() for hit in hits]
            levels = [(level, hit) for hit in hits if (level := self._level(row, hit, around[index], noted))]
            if levels:
                level, hit = min(levels, key=lambda heard: heard[0])
                found.append(HeardRow(row, level, hit.expression, hit.start, hit.end))
        return found

    def _level(self, row: Row, hit: _Hit, around: dict[_Role, list[_Hit]], noted: Notes) -> _Level | None:
        """The level at which one hit counts; None where its surroundings tell an innocent use."""
        if any(other.start < hit.end and hit.start < other.end for other in around["never"]) or _is_near(
            hit, around["not near"], row.within
        ):
            return None
        if not (_in_context(row, "near", hit, around, noted) and (hit.strong or _in_context(row, "near bare", hit, around, noted))):
            return None
        if _is_broken(hit, noted) or _ANSWERED_NO.match(noted.text, noted.tokens[hit.end - 1].end):
            return None
        return 2 if row.level == 1 and self._is_softened(hit, noted) else row.level

    def _is_softened(self, hit: _Hit, noted: Notes) -> bool:
        """By the words of the text's language, by those of all where it is not sure: "no" is also a hasty "nó"."""
        spoken = self._softeners.get(noted.language) if noted.language_is_sure else None
        return any(softeners.stand_by(hit, noted) for softeners in ([spoken] if spoken else self._softeners.values()))


class _Finder:
    """Finds expressions: spaCy's PhraseMatcher on forms without marks, then the marks syllable by syllable."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab
        self._matcher = PhraseMatcher(vocab, attr="NORM")
        self._entries: dict[int, list[_Entry]] = defaultdict(list)

    def learn(self, entry: _Entry) -> None:
        plain = " ".join(map(bare, entry.forms))
        known = self._entries[self._vocab.strings.add(plain)]
        if not known:
            self._matcher.add(plain, [phrase(self._vocab, entry.forms)])
        known.append(entry)

    def find(self, doc: Doc, noted: Notes, *, of: Iterable[int] | None = None) -> _Hits:
        """The hits of each row and role; of the rows `of` only, where they are given."""
        found: _Hits = defaultdict(lambda: defaultdict(list))
        wanted = None if of is None else set(of)
        for key, start, end in self._matcher(doc):
            forms = tuple(token.form for token in noted.tokens[start:end])
            for entry in self._entries[key]:
                if (wanted is None or entry.row in wanted) and (strong := _fits(entry, forms, noted)) is not None:
                    found[entry.row][entry.role].append(_Hit(start, end, entry.expression, strong))
        return found


class _Softeners:
    """Words beside an expression that leave its risk said, but not claimed of the brand."""

    def __init__(self, words: Words) -> None:
        self._only_look_so = _any_of(words.not_negations)
        self._before = _any_of((*words.negations, *words.suppositions))
        self._beside = _any_of(words.elsewhere)

    def stand_by(self, hit: _Hit, noted: Notes) -> bool:
        """Whether one stands within `REACH` words of a hit; a negation or a supposition in the same clause, before it."""
        first = max(0, hit.start - REACH)
        clause = max(
            (each.end() for each in _CLAUSE_ENDS.finditer(noted.text, noted.tokens[first].start, noted.tokens[hit.start].start)), default=0
        )
        before = " ".join(token.form for token in noted.tokens[first : hit.start] if token.start >= clause)
        if self._before.search(self._only_look_so.sub("", before)):
            return True
        return bool(self._beside.search(" ".join(token.form for token in noted.tokens[first : hit.end + REACH])))


def told(heard: Sequence[HeardRow]) -> tuple[Risk, ...]:
    """The risks that the rows of one text make.

    Level 1 stands where a row may page alone, or where two rows of the family are said in different words; else it counts as level 2.
    Amplifying rows are told only beside another.
    """
    if all(one.row.amplifies for one in heard):
        return ()
    families: dict[str, list[HeardRow]] = defaultdict(list)
    for one in heard:
        families[one.row.family].append(one)
    risks = [_risk(family, rows) for family, rows in families.items()]
    return tuple(sorted(risks, key=lambda risk: risk.level))


def _risk(family: str, rows: Sequence[HeardRow]) -> Risk:
    gravest = min(rows, key=lambda one: (one.level, one.row.alone == "no"))
    level = gravest.level
    if level == 1 and gravest.row.alone == "no" and not _corroborated([one for one in rows if one.level == 1]):
        level = 2
    term = f"{gravest.expression[0]}***" if gravest.row.masked else gravest.expression
    return Risk(family=family, level=level, term=term)


def _corroborated(rows: Sequence[HeardRow]) -> bool:
    return any(one.end <= other.start or other.end <= one.start for one, other in combinations(rows, 2))


def _fits(entry: _Entry, forms: tuple[str, ...], noted: Notes) -> bool | None:
    """Whether the words found are an entry's: True surely, False where marks were left off, None not at all.

    Unlike a query, the lexicon is written in full: its "giam" is no "giảm", its "ban" no "bạn". What a Vietnamese row says in English is
    left to the English rows in an English text.
    """
    foreign = noted.language_is_sure and noted.language != entry.language
    if forms == entry.forms:
        return None if foreign and entry.language == "vi" and entry.expression.isascii() else True
    if foreign or entry.language != "vi" or entry.role == "says marked":
        return None
    return False if all(got in (want, bare(want)) for want, got in zip(entry.forms, forms, strict=True)) else None


def _in_context(row: Row, role: Literal["near", "near bare"], hit: _Hit, around: dict[_Role, list[_Hit]], noted: Notes) -> bool:
    if not (row.near if role == "near" else row.near_bare) or _is_near(hit, around[role], row.within):
        return True
    if row.brand == "does not count":
        return False
    named = _is_near(hit, [_Hit(*span, BRAND, strong=True) for span in noted.topic_spans], row.within)
    return named or (row.brand == "counts" and bool(noted.brand_context))


def _is_near(hit: _Hit, others: Sequence[_Hit], within: int) -> bool:
    return any(max(hit.start, other.start) - min(hit.end, other.end) <= within for other in others)


def _is_broken(hit: _Hit, noted: Notes) -> bool:
    """Whether a sentence ends within a hit ("giao hàng. Giả ..."); the dot of "E. coli" ends none."""
    words = noted.tokens[hit.start : hit.end]
    return any(len(one.form) > 1 and _SENTENCE_ENDS.search(noted.text, one.end, other.start) for one, other in pairwise(words))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True)) or '(?!)'})(?!\S)")


@Language.factory("tocsin_risks")
def _make_risks(nlp: Language, name: str) -> HearRisks:  # noqa: ARG001
    return HearRisks(nlp, {language: load_lexicon(language) for language in LEXICONS})
