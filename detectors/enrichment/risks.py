"""The component that hears risks: the expressions of the lexicon, in context."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from core.records import Risk
from core.tokens import agree, bare, tokens
from detectors.enrichment.doc import Notes, notes, phrase
from detectors.enrichment.lexicon import BRAND, LEXICONS, Lexicon, Row, load_lexicon, spelled

NEGATION_REACH: Final = 3  # words before an expression in which a negation counts

_Role = Literal["says", "says marked", "near", "not near", "never"]
_ANSWERED_NO = re.compile(r"\W*\?\W*(?:không|khong|hông|ko|no|nope)\s*[,.!]", re.IGNORECASE)


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


class HearRisks:
    """Sets `risks` of the notes: each family once, with its gravest level, in the order of the lexicon.

    A negation just before takes level 1 to level 2, never away: brands deny in the same words. "...? No, ..." takes it away.
    Expressions typed without marks count in texts that may be Vietnamese only.
    """

    def __init__(self, nlp: Language, lexicons: dict[str, Lexicon]) -> None:
        self._rows: list[Row] = []
        self._entries: dict[int, list[_Entry]] = defaultdict(list)
        self._matcher = PhraseMatcher(nlp.vocab, attr="NORM")
        self._negations = frozenset(word for lexicon in lexicons.values() for word in lexicon.negations)
        for language, lexicon in lexicons.items():
            for row in lexicon.rows:
                self._learn(nlp, row, lexicon, language)
                self._rows.append(row)

    def _learn(self, nlp: Language, row: Row, lexicon: Lexicon, language: str) -> None:
        roles: dict[_Role, Sequence[str]] = {
            "says": row.any, "says marked": row.marked, "near": row.near, "not near": row.not_near, "never": row.never
        }  # fmt: skip
        for role, expressions in roles.items():
            for expression in expressions:
                for written in spelled(expression, lexicon.spellings):
                    forms = tuple(token.form for token in tokens(written))
                    plain = " ".join(map(bare, forms))
                    self._matcher.add(plain, [phrase(nlp.vocab, forms)])
                    entry = _Entry(forms, expression, role, len(self._rows), language)
                    self._entries[nlp.vocab.strings[plain]].append(entry)

    def __call__(self, doc: Doc) -> Doc:
        """Write the risks on the notes of one text; after language and topics."""
        noted = notes(doc)
        heard: dict[str, Risk] = {}
        for index, hits in sorted(self._find(doc, noted).items()):
            row = self._rows[index]
            levels = [(level, hit.expression) for hit in _spoken(hits) if (level := self._level(row, hit, hits, noted))]
            if levels:
                level, expression = min(levels)
                known = heard.get(row.family)
                if known is None or level < known.level:
                    heard[row.family] = Risk(family=row.family, level=level, term=expression)
        noted.risks = tuple(heard.values())
        return doc

    def _find(self, doc: Doc, noted: Notes) -> dict[int, dict[_Role, list[_Hit]]]:
        """For each row that says something here, the hits of each role."""
        found: dict[int, dict[_Role, list[_Hit]]] = defaultdict(lambda: defaultdict(list))
        for key, start, end in self._matcher(doc):
            forms = [token.form for token in noted.tokens[start:end]]
            for entry in self._entries[key]:
                strong = agree(entry.forms, forms)
                foreign = noted.language_is_sure and noted.language != entry.language
                if strong or (strong is False and entry.role != "says marked" and not foreign):
                    found[entry.row][entry.role].append(_Hit(start, end, entry.expression))
        return found

    def _level(self, row: Row, hit: _Hit, hits: dict[_Role, list[_Hit]], noted: Notes) -> Literal[1, 2, 3] | None:
        """The level at which one hit counts; None where its surroundings tell an innocent use."""
        if any(other.start < hit.end and hit.start < other.end for other in hits["never"]) or _is_near(hit, hits["not near"], row.within):
            return None
        brand = bool(noted.brand_context) or _is_near(hit, [_Hit(*span, BRAND) for span in noted.topic_spans], row.within)
        if row.near and not brand and not _is_near(hit, hits["near"], row.within):
            return None
        if _ANSWERED_NO.match(noted.text, noted.tokens[hit.end - 1].end):
            return None
        before = noted.tokens[max(0, hit.start - NEGATION_REACH) : hit.start]
        denied = any(token.form in self._negations for token in before)
        return 2 if denied and row.level == 1 else row.level


def _spoken(hits: dict[_Role, list[_Hit]]) -> list[_Hit]:
    return hits["says"] + hits["says marked"]


def _is_near(hit: _Hit, others: Sequence[_Hit], within: int) -> bool:
    return any(max(hit.start, other.start) - min(hit.end, other.end) <= within for other in others)


@Language.factory("tocsin_risks")
def _make_risks(nlp: Language, name: str) -> HearRisks:  # noqa: ARG001
    return HearRisks(nlp, {language: load_lexicon(language) for language in LEXICONS})
