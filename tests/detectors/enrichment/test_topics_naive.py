"""The compiled evaluation of queries against a naive one, over random queries and texts, also with the marks stripped."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from core.prefilter import Prefilter
from core.query import parse
from core.text import unmarked
from core.tokens import bare, bare_text
from detectors.enrichment.doc import blank, notes
from detectors.enrichment.records import Heard
from detectors.enrichment.topics import Topics, read_topic

NLP = blank()
WORDS = ["lừa", "lua", "lứa", "đảo", "dao", "acme", "acmes", "không", "khong", "ko", "k", "nhân", "viên", "nv", "小"]
SHORT = {("không",): {"ko": True, "k": False}, ("nhân", "viên"): {"nv": True}}  # those of the lexicon that can be made of these words


class Text(NamedTuple):
    """Words with the sign before each, and how many of them are the title's."""

    words: list[tuple[str, str]]
    in_title: int
    source: str


Found = dict[tuple[int, int], bool]  # first word and one past the last -> whether it is sure
Meaning = Callable[[Text, bool], bool]  # with the weak hits or without
Part = tuple[str, Meaning]


def fits(want: str, got: str) -> bool | None:
    """One word asked for, one that stands there: sure, not sure, no."""

    def as_typed(pattern: str, word: str) -> bool:
        return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), word) is not None

    def plain(word: str) -> str:
        return "*".join(bare(piece) for piece in word.split("*"))

    if not as_typed(plain(want), bare(got)):
        return None
    if want == plain(want) or as_typed(want, got):
        return True
    return False if got == bare(got) else None


def runs(asked: list[str], there: list[str], *, shorts: dict[tuple[str, ...], dict[str, bool]]) -> list[tuple[int, bool]]:
    """The ways in which the words asked for stand at the beginning of `there`: how many words they take, and whether it is sure."""
    if not asked:
        return [(0, True)]
    if not there:
        return []
    answer = fits(asked[0], there[0])
    found = [] if answer is None else [(1 + taken, answer and sure) for taken, sure in runs(asked[1:], there[1:], shorts=shorts)]
    for word, forms in shorts.items():
        in_full = len(asked) >= len(word) and all("*" not in pair[0] and fits(*pair) for pair in zip(asked, word, strict=False))
        if in_full and there[0] in forms:
            found += [(1 + taken, forms[there[0]] and sure) for taken, sure in runs(asked[len(word) :], there[1:], shorts=shorts)]
    return found


def places(asked: list[str], sign: str, text: Text, *, title: bool = False) -> Found:
    found: Found = {}
    forms = [form for _, form in text.words]
    for start, (its_sign, _) in enumerate(text.words):
        if sign in ("", its_sign):
            for taken, sure in runs(asked, forms[start:], shorts={} if sign else SHORT):
                if not title or start + taken <= text.in_title:
                    found[start, start + taken] = sure or found.get((start, start + taken), False)
    return found


def standing(found: Found, weak: bool) -> list[tuple[int, int]]:
    return [span for span, sure in found.items() if sure or weak]


def a_term(asked: list[str], sign: str, title: bool) -> Part:
    written = f'"{" ".join(asked)}"' if len(asked) > 1 else sign + asked[0]
    sign = "" if len(asked) > 1 else sign
    return ("title:" if title else "") + written, lambda text, weak: bool(standing(places(asked, sign, text, title=title), weak))


def a_pair(left: list[str], right: list[str], within: int) -> Part:
    def near(text: Text, weak: bool) -> bool:
        gaps = [
            max(one[0], other[0]) - min(one[1], other[1])
            for one in standing(places(left, "", text), weak)
            for other in standing(places(right, "", text), weak)
        ]
        return any(0 <= gap <= within for gap in gaps)

    return f'"{" ".join(left)}" NEAR/{within} "{" ".join(right)}"', near


def joined(operator: str, left: Part, right: Part) -> Part:
    means: dict[str, Meaning] = {
        "AND": lambda text, weak: left[1](text, weak) and right[1](text, weak),
        "OR": lambda text, weak: left[1](text, weak) or right[1](text, weak),
        "NOT": lambda text, weak: left[1](text, weak) and not right[1](text, weak),
        "OR NOT": lambda text, weak: left[1](text, weak) or not right[1](text, weak),
    }
    return f"({left[0]} {operator} {right[0]})", means[operator]


WORD = st.sampled_from([word for word in WORDS if word not in ("ko", "k", "nv", "小")] + ["lừ*", "*me", "đ*o", "ac*", "khô*"])
PHRASE = st.lists(WORD, min_size=1, max_size=3)
LEAF = (
    st.builds(a_term, PHRASE, st.sampled_from(["", "", "#"]), st.booleans())
    | st.builds(a_pair, st.lists(WORD, min_size=1, max_size=2), st.lists(WORD, min_size=1, max_size=2), st.integers(0, 2))
    | st.just(("source:forum", lambda text, weak: text.source == "forum"))
)
QUERY = st.recursive(LEAF, lambda inner: st.builds(joined, st.sampled_from(["AND", "OR", "NOT", "OR NOT"]), inner, inner), max_leaves=5)
SAID = st.lists(st.tuples(st.sampled_from(["", "", "", "#"]), st.sampled_from(WORDS)), max_size=8)


@settings(deadline=None)  # the first one makes a table
@given(QUERY, SAID, SAID, st.sampled_from(["forum", "blog"]), st.booleans())
def test_a_topic_is_found_where_the_naive_evaluation_finds_it(
    query: Part, title: list[tuple[str, str]], rest: list[tuple[str, str]], source: str, stripped: bool
):
    words = [(sign, unmarked(word) if stripped else word) for sign, word in title + rest]
    written = [sign + word for sign, word in words]
    heard = Heard(title=" ".join(written[: len(title)]), text=" ".join(written[len(title) :]), source_id=source)
    doc = NLP.make_doc(f"{heard.title}\n{heard.text}")
    notes(doc).heard = heard
    found = notes(Topics([read_topic("t", query[0], ())])(doc)).topics

    text = Text(words, len(title), source)
    surely, perhaps = query[1](text, False), query[1](text, True)
    naive = "surely" if surely and perhaps else "weakly" if surely or perhaps else "no"
    assert ("no" if not found else "weakly" if found[0].weak else "surely") == naive

    if found:
        literals = parse(query[0]).literals()
        assert literals is None or any(literal in bare_text(notes(doc).text) for literal in literals)
        assert Prefilter([parse(query[0])]).candidates([notes(doc).text]) == [[0]]
