"""The query language of topics: parse, list the terms, decide over what was found. Pure; the finding itself is the pipeline's.

- `acme`, `"acme kettle"`: a word; words in a row. A word is also found as hashtag and handle.
- `#acme`, `@acme`: the hashtag, the handle, and nothing else.
- `kett*`, `*phone`, `s*g`: letters left open within one word (`core.wildcards`).
- `a b` and `a AND b`: both. `a OR b`: one of them. AND binds tighter than OR.
- `a NOT b`: takes `b` out of everything to its left within the brackets, so that `a OR b NOT c` never matches a text with `c`.
  `a AND NOT b` takes it out of `a` alone.
- `a NEAR/5 b`: at most five words between them, in any order. Both sides are terms.
- `author:lan`, `site:tinhte.vn`, `lang:vi`, `source:forum-*`, `kind:rss`, `class:repost`, `title:"acme kettle"`, `has:link`: facts of the mention.

Operators are upper case. A syllable typed with Vietnamese marks matches these marks; one typed without matches any (`core.tokens.agree`). A word is
found in its short forms too (`core.teencode`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, cast

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from core import query_fields, teencode
from core.errors import QueryError
from core.query_errors import MAX_DEPTH, MAX_LENGTH, check_size, check_word, not_understood
from core.query_tree import All, Any, Field, Leaf, Near, No, Node, Term, holds, leaves, necessary, written

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_NEAR", "MAX_TERMS", "MAX_WORDS", "Field", "Leaf", "Near", "Query", "Term", "parse", "version"]

MAX_TERMS: Final = 1_000  # terms and fields, each once
MAX_WORDS: Final = 100  # of one phrase
MAX_NEAR: Final = 100  # words between

_FIELDS = "|".join(query_fields.NAMES)
_GRAMMAR = rf"""
?start: expression
?expression: either | without
?either: both | either "OR" both -> either
without: expression "NOT" item | without "OR" both -> either | without "AND" item -> both | without item -> both
    | without "AND" "NOT" item
?both: part | both "AND" part -> both | both item -> both
?part: item | "NOT" item -> negation
?item: term | field | "(" expression ")" | term NEAR term -> near
term: PHRASE | HASHTAG | HANDLE | WORD
field: FIELD
NEAR.3: /NEAR\/[0-9]{{1,4}}(?![^\s()"])/
FIELD.2: /({_FIELDS}):("[^"]*"|[^\s()"]+)/i
PHRASE: /"[^"]*"/
HASHTAG: /#[^\s()"]+/
HANDLE: /@[^\s()"]+/
WORD: /(?!(?:AND|OR|NOT|NEAR\/[0-9]+)(?![^\s()"])|(?i:{_FIELDS}):[^\s()])[^\s()"#@][^\s()"]*/
%ignore /\s+/
"""
_TERMINALS: Final = frozenset({"PHRASE", "HASHTAG", "HANDLE", "WORD", "FIELD"})
_CURLY = str.maketrans("“”„‟«»＂", '"' * 7)


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    `terms` are all terms it names, those of NEAR too; `nears` its NEAR pairs; `fields` its facts of the mention; each once, in order of
    appearance. `wanted` are the terms and fields that speak for a match, without those that stand behind NOT alone.
    """

    text: str
    terms: tuple[Term, ...]
    nears: tuple[Near, ...]
    fields: tuple[Field, ...]
    wanted: frozenset[Term | Field]
    root: Node

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """All that it asks for, whatever its operators make of it."""
        return (*self.terms, *self.nears, *self.fields)

    def __str__(self) -> str:
        """The query as it was understood, with every bracket that its operators stand for."""
        return written(self.root)

    def matches(self, found: AbstractSet[Leaf]) -> bool:
        """Whether a text with exactly these terms, NEAR pairs and fields matches."""
        return holds(self.root, found)

    def literals(self) -> frozenset[str] | None:
        """Literals of which at least one stands in every text that matches, surely or weakly; None where a text may match without any.

        A literal stands in the text's `core.tokens.bare_text`: " am acme " (a phrase), " kett" (`kett*`). Each word of a literal is necessary
        with it, so that a cheaper look may take one word of each. Pure; costs a walk over the query and the short forms of its words.
        """
        return necessary(self.root)


def parse(query: str) -> Query:
    """Read a query.

    Raises:
        QueryError: it is empty, too long, too deep, has too many terms, or cannot be understood; with the column where known.
    """
    plain = query.translate(_CURLY)
    check_size(plain)
    try:
        root = cast("Node", _PARSER.parse(plain))
    except UnexpectedInput as error:
        raise not_understood(plain, error) from None
    found: dict[Leaf, bool] = {}
    for leaf, wanted in leaves(root):
        for each in (leaf, leaf.left, leaf.right) if isinstance(leaf, Near) else (leaf,):
            found[each] = found.get(each, False) or wanted
    nears, fields = tuple(each for each in found if isinstance(each, Near)), tuple(each for each in found if isinstance(each, Field))
    terms = tuple(each for each in found if isinstance(each, Term))
    if len(terms) + len(fields) > MAX_TERMS:
        raise QueryError(f"the query has {len(terms) + len(fields):,} terms; {MAX_TERMS:,} is the most", column=_one_too_many(plain))
    speaking = frozenset(each for each, wanted in found.items() if wanted and not isinstance(each, Near))
    return Query(query, terms, nears, fields, speaking, root)


def version(*parts: str) -> str:
    """The version of a topic: 8 hex digits that change with its query, with whatever else decides what it matches, and with the short forms of words."""
    return hashlib.sha256("\0".join((*parts, teencode.edition())).encode()).hexdigest()[:8]


def _one_too_many(plain: str) -> int | None:
    """The column of the first term beyond `MAX_TERMS`."""
    seen: set[str] = set()
    for token in _PARSER.lex(plain):
        if token.type in _TERMINALS:
            seen.add(str(token))
        if len(seen) > MAX_TERMS:
            return _column(token)
    return None


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Turns the parser's tree, bottom up, into ours; chains of AND and OR become flat, so that a long query is not a deep one."""

    def term(self, token: Token) -> Term:
        if token.type == "WORD":
            check_word(str(token), _column(token))
        try:
            found = query_fields.words(str(token))
        except ValueError as error:
            raise QueryError(str(error), column=_column(token)) from None
        return _bounded(found, token)

    def field(self, token: Token) -> Field | Term:
        name, _, value = str(token).partition(":")
        try:
            found = query_fields.field(name.lower(), value.strip('"'))
        except ValueError as error:
            raise QueryError(str(error), column=_column(token)) from None
        return _bounded(found, token) if isinstance(found, Term) else found

    def near(self, left: Term, operator: Token, right: Term) -> Near:
        within = int(operator[5:])
        if within > MAX_NEAR:
            raise QueryError(f"NEAR/{MAX_NEAR} is the widest", column=_column(operator))
        return Near(left, right, within)

    def either(self, left: Node, right: Node) -> Any:
        return Any((*left.nodes, right) if isinstance(left, Any) else (left, right))

    def both(self, left: Node, right: Node) -> All:
        return All((*left.nodes, right) if isinstance(left, All) else (left, right))

    def without(self, left: Node, taken_out: Node) -> All:
        return self.both(left, No(taken_out))

    def negation(self, node: Node) -> No:
        return No(node)


def _bounded(term: Term, token: Token) -> Term:
    if len(term.forms) > MAX_WORDS:
        raise QueryError(f"a phrase has at most {MAX_WORDS} words, this one {len(term.forms):,}", column=_column(token))
    return term


# The builder works while the parser reads, so that no tree is walked and a long query needs no deep stack.
_PARSER = Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder())
