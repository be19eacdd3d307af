"""The query language of topics: parse, list the terms, decide over the terms found. Pure; the finding itself is the pipeline's.

- `acme`, `"acme kettle"`: a word; words in a row. A word is also found as hashtag and handle.
- `#acme`, `@acme`: the hashtag, the handle, and nothing else.
- `a b` and `a AND b`: both. `a OR b`: one of them. AND binds tighter than OR.
- `a NOT b`: takes `b` out of everything to its left within the brackets, so that `a OR b NOT c` never matches a text with `c`.
  `a AND NOT b` takes it out of `a` alone.
- `a NEAR/5 b`: at most five words between them, in any order. Both sides are terms.

Operators are upper case. A syllable typed with Vietnamese marks matches these marks; one typed without matches any (`core.tokens.agree`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal, cast

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from core.errors import QueryError
from core.tokens import bare, tokens

MAX_LENGTH: Final = 20_000  # characters
MAX_TERMS: Final = 1_000
MAX_DEPTH: Final = 50  # brackets within brackets
MAX_NEAR: Final = 100  # words between
_MAX_LEVELS: Final = 4 * MAX_DEPTH  # a pair of brackets makes up to four levels of the tree

TermKind = Literal["words", "hashtag", "handle"]

_GRAMMAR = r"""
?start: expression
?expression: either | without
?either: both | either "OR" both -> either
without: expression "NOT" item | without "OR" both -> either | without "AND" item -> both | without item -> both
    | without "AND" "NOT" item
?both: part | both "AND" part -> both | both item -> both
?part: item | "NOT" item -> negation
?item: term | "(" expression ")" | term NEAR term -> near
term: PHRASE | HASHTAG | HANDLE | WORD
NEAR.3: /NEAR\/[0-9]{1,4}(?![^\s()"])/
PHRASE: /"[^"]*"/
HASHTAG: /#[^\s()"]+/
HANDLE: /@[^\s()"]+/
WORD: /(?!(?:AND|OR|NOT|NEAR\/[0-9]+)(?![^\s()"]))[^\s()"#@][^\s()"]*/
%ignore /\s+/
"""
_LATER = re.compile(r"(author|site|lang|source|kind|title|has):\S|.*\*", re.IGNORECASE)
_CURLY = str.maketrans("“”„‟«»＂", '"' * 7)


@dataclass(frozen=True, slots=True)
class Term:
    """A thing to find: forms in a row (lower case, with the marks as typed), as plain words, as a hashtag or as a handle."""

    forms: tuple[str, ...]
    kind: TermKind = "words"

    def __str__(self) -> str:
        return {"words": "", "hashtag": "#", "handle": "@"}[self.kind] + " ".join(self.forms)


@dataclass(frozen=True, slots=True)
class Near:
    """Two terms with at most `within` words between them, in any order."""

    left: Term
    right: Term
    within: int


@dataclass(frozen=True, slots=True)
class _All:
    nodes: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Any:
    nodes: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _No:
    node: _Node


_Node = Term | Near | _All | _Any | _No


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    `terms` are all terms it names, those of NEAR too; `nears` its NEAR pairs; each once, in order of appearance. `wanted` are the terms that
    speak for a match, `terms` without those that stand behind NOT alone.
    """

    text: str
    terms: tuple[Term, ...]
    nears: tuple[Near, ...]
    wanted: frozenset[Term]
    _root: _Node

    def __str__(self) -> str:
        """The query as it was understood, with every bracket that its operators stand for."""
        return _written(self._root)

    def matches(self, found: AbstractSet[Term | Near]) -> bool:
        """Whether a text with exactly these terms and NEAR pairs matches."""
        return _holds(self._root, found)

    def literals(self) -> frozenset[str] | None:
        """Literals of which at least one stands in every text that matches, surely or weakly; None where a text may match without any.

        A text is looked at as its bare forms with one space between: `" ".join(bare(token.form) for token in tokens(text))`; a literal stands
        in it as a substring. A literal of several words has one space between them as well, and each of its words is necessary with it, so
        that a cheaper look may take one word of each. Pure; costs a walk over the query.
        """
        return _necessary(self._root, wanted=True)


def parse(query: str) -> Query:
    """Read a query.

    Raises:
        QueryError: it is empty, too long, too deep, has too many terms, or cannot be understood; with the column where known.
    """
    if len(query) > MAX_LENGTH:
        raise QueryError(f"the query has {len(query):,} characters; {MAX_LENGTH:,} is the most")
    plain = query.translate(_CURLY)
    _check_brackets(plain)
    root = _tree(plain)
    terms: dict[Term, bool] = {}
    nears: dict[Near, None] = {}
    _collect(root, terms, nears)
    if len(terms) > MAX_TERMS:
        raise QueryError(f"the query has {len(terms):,} terms; {MAX_TERMS:,} is the most")
    return Query(query, tuple(terms), tuple(nears), frozenset(term for term, wanted in terms.items() if wanted), root)


def _tree(plain: str) -> _Node:
    if not plain.strip():
        raise QueryError("the query is empty")
    try:
        return cast("_Node", _PARSER.parse(plain))
    except UnexpectedInput as error:
        raise _not_understood(plain, error) from None


def _check_brackets(query: str) -> None:
    opened: list[int] = []
    quoted = 0
    for column, character in enumerate(query, start=1):
        if character == '"':
            quoted = 0 if quoted else column
        elif character == "(" and not quoted:
            opened.append(column)
            if len(opened) > MAX_DEPTH:
                raise QueryError(f"brackets stand more than {MAX_DEPTH} deep", column=column)
        elif character == ")" and not quoted and (not opened or not opened.pop()):
            raise QueryError("a bracket is closed that was never opened", column=column)
    if quoted:
        raise QueryError("a quotation mark is not closed", column=quoted)
    if opened:
        raise QueryError("a bracket is not closed", column=opened[-1])


def _not_understood(query: str, error: UnexpectedInput) -> QueryError:
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    at = len(query) if ended or error.pos_in_stream is None else error.pos_in_stream
    rest = query[at:].split(maxsplit=1)
    if not rest:
        return QueryError("the query ends where a term is expected", column=len(query.rstrip()) or 1)
    seen = rest[0][:40]
    if seen.startswith("NEAR/"):
        return QueryError("NEAR/n stands between two terms: a word, a phrase, a hashtag or a handle", column=at + 1)
    return QueryError(f"did not expect {seen} here", column=at + 1)


@v_args(inline=True)
class _Builder(Transformer[Token, _Node]):
    """Turns the parser's tree, bottom up, into ours; chains of AND and OR become flat, so that a long query is not a deep one."""

    def term(self, token: Token) -> Term:
        text, column = str(token), (token.start_pos or 0) + 1
        if token.type == "WORD" and _LATER.match(text):
            raise QueryError(f"fields and wildcards come in a later version: {text[:40]}", column=column)
        kind: TermKind = "hashtag" if token.type == "HASHTAG" else "handle" if token.type == "HANDLE" else "words"
        forms = tuple(found.form for found in tokens(text))
        if not forms:
            raise QueryError(f"there is no word in {text[:40]}", column=column)
        return Term(forms, kind)

    def near(self, left: Term, operator: Token, right: Term) -> Near:
        within = int(operator[5:])
        if within > MAX_NEAR:
            raise QueryError(f"NEAR/{MAX_NEAR} is the widest", column=(operator.start_pos or 0) + 1)
        return Near(left, right, within)

    def either(self, left: _Node, right: _Node) -> _Any:
        return _Any((*left.nodes, right) if isinstance(left, _Any) else (left, right))

    def both(self, left: _Node, right: _Node) -> _All:
        return _All((*left.nodes, right) if isinstance(left, _All) else (left, right))

    def without(self, left: _Node, taken_out: _Node) -> _All:
        return self.both(left, _No(taken_out))

    def negation(self, node: _Node) -> _No:
        return _No(node)


# The builder works while the parser reads, so that no tree is walked and a long query needs no deep stack.
_PARSER = Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder())


def _holds(node: _Node, found: AbstractSet[Term | Near]) -> bool:
    if isinstance(node, _All):
        return all(_holds(each, found) for each in node.nodes)
    if isinstance(node, _Any):
        return any(_holds(each, found) for each in node.nodes)
    if isinstance(node, _No):
        return not _holds(node.node, found)
    return node in found


def _necessary(node: _Node, *, wanted: bool) -> frozenset[str] | None:
    if isinstance(node, _No):
        return _necessary(node.node, wanted=not wanted)
    if isinstance(node, _All | _Any):
        sides = [_necessary(each, wanted=wanted) for each in node.nodes]
        known = [side for side in sides if side is not None]
        if isinstance(node, _All) is wanted:  # NOT (a OR b) asks for neither, as (NOT a) AND (NOT b) does
            return max(known, key=_rarity, default=None)
        return frozenset().union(*known) if len(known) == len(sides) else None
    if not wanted:
        return None
    if isinstance(node, Near):
        return max(_spellings(node.left), _spellings(node.right), key=_rarity)
    return _spellings(node)


def _spellings(term: Term) -> frozenset[str]:
    return frozenset({" ".join(bare(form) for form in term.forms)})


def _rarity(literals: frozenset[str]) -> tuple[int, int]:
    """The longer its shortest literal (in bytes: one han character says much), and the fewer they are, the seldomer a set is met."""
    return min(len(literal.encode()) for literal in literals), -len(literals)


def _written(node: _Node, *, inside: bool = False) -> str:
    if isinstance(node, Term):
        return f'"{node}"' if len(node.forms) > 1 else str(node)
    if isinstance(node, Near):
        return f"{_written(node.left)} NEAR/{node.within} {_written(node.right)}"
    if isinstance(node, _No):
        return f"NOT {_written(node.node, inside=True)}"
    text = (" OR " if isinstance(node, _Any) else " AND ").join(_written(each, inside=True) for each in node.nodes)
    return f"({text})" if inside else text


def _collect(node: _Node, terms: dict[Term, bool], nears: dict[Near, None], depth: int = 0, *, wanted: bool = True) -> None:
    if depth > _MAX_LEVELS:
        raise QueryError("OR and NOT take turns too often; put what belongs together in brackets")
    if isinstance(node, _All | _Any):
        for each in node.nodes:
            _collect(each, terms, nears, depth + 1, wanted=wanted)
    elif isinstance(node, _No):
        _collect(node.node, terms, nears, depth + 1, wanted=not wanted)
    else:
        if isinstance(node, Near):
            nears[node] = None
        for term in (node.left, node.right) if isinstance(node, Near) else (node,):
            terms[term] = terms.get(term, False) or wanted


def version(*parts: str) -> str:
    """The version of a topic: 8 hex digits that change with its query, or with whatever else decides what it matches."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
