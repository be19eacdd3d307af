"""Why a text matches a query, matches weakly, or does not: what stands where, what is missing, what takes it out. Pure but for caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final, Literal, NamedTuple

from core.query import Field, Leaf, Near, Term
from core.query_tree import All, Any, No, Node, holds, leaves, written
from core.records import Record, Words
from core.text import cut
from core.tokens import bare
from core.wildcards import agrees, is_wild, plain
from detectors.enrichment.asking import read
from detectors.enrichment.doc import Notes
from detectors.enrichment.finding import Finder, Found, Span
from detectors.enrichment.records import Heard
from detectors.enrichment.topics import Topic, holding, read_topic

MAX_QUOTES: Final = 3  # of one part
MAX_NAMED: Final = 10  # parts that a sentence names, and sentences
MAX_PART: Final = 100  # characters of one part
MAX_LOOKED_FOR: Final = 100  # missing terms for which something close is looked for

Verdict = Literal["surely", "weakly", "no"]


class Standing(Record, frozen=True, kw_only=True, gc=False):
    """One part of a query: whether it holds of the text, where it stands there, and a remark."""

    part: str
    holds: Verdict
    quotes: tuple[str, ...] = ()
    remark: Words | None = None


class Explanation(Record, frozen=True, kw_only=True, gc=False):
    """`verdict`: as a topic would judge. `understood`: the query with all its brackets. `because`: what decided, in sentences."""

    verdict: Verdict
    understood: str
    language: str
    parts: tuple[Standing, ...]
    because: tuple[Words, ...]


class _Case(NamedTuple):
    """One text with what was found in it; `strong` and `any`: the leaves that hold surely, and surely or weakly."""

    noted: Notes
    found: Found
    strong: AbstractSet[Leaf]
    any: AbstractSet[Leaf]

    def quotes(self, leaf: Leaf) -> tuple[str, ...]:
        """Where a term, or the terms of a pair, stand in the text."""
        terms = (leaf,) if isinstance(leaf, Term) else (leaf.left, leaf.right) if isinstance(leaf, Near) else ()
        spans = (span for term in terms for span in self.found.any.get(term, ()))
        return tuple(dict.fromkeys(self.noted.quote(*span) for span in islice(spans, MAX_QUOTES)))


def explain(query: str, heard: Heard, languages: Sequence[str] = ()) -> Explanation:
    """Why a mention does, or does not, belong to a topic of this query and these languages.

    Raises:
        QueryError: the query cannot be understood.
    """
    topic, noted = read_topic("asked", query, languages), read(heard)
    found = Finder(topic.query.terms).find(noted)
    case = _Case(noted, found, *holding(topic.query, found, noted, {}))
    verdict, because = _judged(topic, case)
    parts = tuple(_standings(topic, case))
    return Explanation(verdict=verdict, understood=str(topic.query), language=noted.language, parts=parts, because=because)


def _judged(topic: Topic, case: _Case) -> tuple[Verdict, tuple[Words, ...]]:
    if topic.is_elsewhere(case.noted):
        told = {"language": case.noted.language, "languages": sorted(topic.languages)}
        return "no", (Words(key="query.language", args=told),)
    surely, perhaps = topic.query.matches(case.strong), topic.query.matches(case.any)
    standing = [leaf for leaf in topic.query.leaves if leaf in case.any and not isinstance(leaf, Near)]
    if surely and perhaps:
        speaking = [leaf for leaf in standing if leaf in topic.query.wanted]
        return "surely", (_named("query.matches" if speaking else "query.matches_nothing", speaking),)
    unsure = [leaf for leaf in standing if leaf not in case.strong]
    if perhaps:
        return "weakly", (_named("query.only_weak", [leaf for leaf in unsure if leaf in topic.query.wanted]),)
    if surely:
        return "weakly", (_named("query.perhaps_taken_out", [leaf for leaf in unsure if leaf not in topic.query.wanted]),)
    return "no", tuple(islice(_why_not(topic.query.root, case), MAX_NAMED))


def _why_not(node: Node, case: _Case) -> Iterator[Words]:
    """What keeps a node from holding, even weakly."""
    if isinstance(node, All):
        for each in node.nodes:
            if not holds(each, case.any):
                yield from _why_not(each, case)
    elif isinstance(node, Any):
        yield _named("query.missing_any", node.nodes)
        for each in node.nodes:
            if isinstance(each, All) and any(wanted and leaf in case.any for leaf, wanted in leaves(each)):
                yield from _why_not(each, case)
    elif isinstance(node, No):
        inside = [leaf for leaf, wanted in leaves(node.node) if wanted and leaf in case.any]
        quotes = tuple(quote for leaf in inside for quote in case.quotes(leaf))[:MAX_NAMED]
        key = "query.taken_out" if quotes else "query.taken_out_by"
        yield Words(key=key, args={"what": _told(node.node), "quotes": [f"“{quote}”" for quote in quotes]})
    else:
        yield Words(key="query.missing", args={"what": _told(node)})


def _standings(topic: Topic, case: _Case) -> Iterator[Standing]:
    looked_for = 0
    for leaf in topic.query.leaves:
        quotes, remark = case.quotes(leaf), None
        if leaf in case.strong:
            yield Standing(part=_told(leaf), holds="surely", quotes=quotes)
            continue
        if leaf in case.any:
            yield Standing(part=_told(leaf), holds="weakly", quotes=quotes, remark=_why_weak(leaf, case))
            continue
        if isinstance(leaf, Term) and looked_for < MAX_LOOKED_FOR:
            looked_for += 1
            quotes, remark = _something_close(leaf, case)
        elif isinstance(leaf, Near) and leaf.left in case.any and leaf.right in case.any:
            remark = Words(key="query.too_far", args={"n": leaf.within})
        yield Standing(part=_told(leaf), holds="no", quotes=quotes, remark=remark)


def _why_weak(leaf: Leaf, case: _Case) -> Words:
    if isinstance(leaf, Field):
        return Words(key="query.unsure")
    terms = (leaf,) if isinstance(leaf, Term) else (leaf.left, leaf.right)
    in_full = all(_stands_in_full(term, span, case) for term in terms for span in case.found.any[term])
    return Words(key="query.unmarked" if in_full else "query.short")


def _stands_in_full(term: Term, span: Span, case: _Case) -> bool:
    """Whether the words stand there as they were asked for but for marks, not as short forms."""
    return agrees(tuple(map(plain, term.forms)), [token.form for token in case.noted.tokens[slice(*span)]]) is not None


def _something_close(term: Term, case: _Case) -> tuple[tuple[str, ...], Words | None]:
    """The first place that would do but for its marks, its sign or its being outside the title."""
    tokens, asked = case.noted.tokens, tuple(map(plain, term.forms))
    if not is_wild(asked[0]) and all(bare(token.form) != asked[0] for token in tokens):
        return (), None
    for start in range(len(tokens) - len(asked) + 1):
        forms = [token.form for token in tokens[start : start + len(asked)]]
        if agrees(asked, forms) is not None:
            key = (
                "query.other_marks" if agrees(term.forms, forms) is None else "query.not_in_title" if term.in_title else "query.other_kind"
            )
            return (case.noted.quote(start, start + len(asked)),), Words(key=key)
    return (), None


def _named(key: str, nodes: Sequence[Node]) -> Words:
    rest = len(nodes) - MAX_NAMED
    return Words(key=key, args={"what": [*(_told(node) for node in nodes[:MAX_NAMED]), *([f"… (+{rest})"] if rest > 0 else [])]})


def _told(node: Node) -> str:
    text = written(node)
    return text if len(text) <= MAX_PART else f"{cut(text, MAX_PART)}…"
