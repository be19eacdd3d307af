"""The component that finds branches: by name, alias and address, the marks syllable by syllable as for topics."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from core.tokens import agree, bare, tokens
from detectors.enrichment.doc import notes, phrase

# "Quận 1", "Q.1", "Q1" and "Q 1" are one place; so are wards and districts.
_SHORT: Final = {"quan": "q", "phuong": "p", "duong": "d", "huyen": "h"}
_NUMBERED = re.compile(r"(q|p)(\d{1,2})\Z")


class Places:
    """Sets `place_id` of the notes: the branch that the text names, by the longest of its names; of equals the one named first.

    A name typed without marks in the text is enough: a place only tags, it pages nobody.

    Args:
        nlp: the pipeline whose vocabulary to use.
        places: id and names of each branch (name, aliases, address).
    """

    def __init__(self, nlp: Language, places: Sequence[dict[str, Any]]) -> None:
        self._matcher = PhraseMatcher(nlp.vocab, attr="NORM")
        self._names: dict[int, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for place in places:
            for name in place["names"]:
                for forms in spellings(name):
                    plain = " ".join(bare(form) for form in forms)
                    self._matcher.add(plain, [phrase(nlp.vocab, forms)])
                    self._names[nlp.vocab.strings[plain]].append((place["id"], forms))

    def __call__(self, doc: Doc) -> Doc:
        """Write the place on the notes of one text."""
        noted = notes(doc)
        found = []
        for key, start, end in self._matcher(doc):
            forms = [token.form for token in noted.tokens[start:end]]
            found += [(start - end, start, place_id) for place_id, asked in self._names[key] if agree(asked, forms) is not None]
        noted.place_id = min(found)[2] if found else None
        return doc


def spellings(name: str) -> list[tuple[str, ...]]:
    """The forms of a name as its words stand, and with its districts and wards the short ways: ("q", "1") and ("q1",) for "Quận 1"."""
    forms = [token.form for token in tokens(name)]
    long: list[str] = []
    for form in forms:  # "Q1" is read as "q 1" first
        glued = _NUMBERED.match(form)
        long += [glued[1], glued[2]] if glued else [form]
    apart, glued_forms, at = [], [], 0
    while at < len(long):
        short = _SHORT.get(bare(long[at]), long[at])
        numbered = at + 1 < len(long) and long[at + 1].isdigit() and short in _SHORT.values()
        apart += [short, long[at + 1]] if numbered else [long[at]]
        glued_forms += [short + long[at + 1]] if numbered else [long[at]]
        at += 2 if numbered else 1
    return [form for form in dict.fromkeys((tuple(forms), tuple(apart), tuple(glued_forms), tuple(_in_full(apart)))) if form]


def _in_full(apart: Sequence[str]) -> list[str]:
    full = {short: long for long, short in (("quận", "q"), ("phường", "p"))}
    pairs = list(zip(apart, [*apart[1:], ""], strict=True))
    return [full[word] if word in full and following.isdigit() else word for word, following in pairs]


@Language.factory("tocsin_places", default_config={"places": []})
def _make_places(nlp: Language, name: str, places: list[dict[str, Any]]) -> Places:  # noqa: ARG001
    return Places(nlp, places)
