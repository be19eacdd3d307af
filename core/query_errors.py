"""What is wrong with a query that cannot be read, and where: in one line, before or after the parser has seen it. Pure."""

from __future__ import annotations

import re
from typing import Final

from lark import UnexpectedInput, UnexpectedToken

from core.errors import QueryError
from core.query_fields import NAMES, meant

MAX_LENGTH: Final = 20_000  # characters
MAX_DEPTH: Final = 50  # brackets within brackets
_SHOWN: Final = 40  # characters of the query in a message

_REGEX = re.compile(
    r"""\.[*+?]  |  \[[^\]]*\]?  |  ^\^  |  \$$  |  \\[a-zA-Z]  |  [\])}][+*?]  |  \{\d+,?\d*\}  |  ^\?[:=!]""",
    re.VERBOSE,
)
_NAMED = re.compile(r"(\w+):(.*)", re.DOTALL)


def check_size(query: str) -> None:
    """Refuse what is longer, or nested deeper, than anybody writes.

    Raises:
        QueryError: too long, brackets or quotation marks that do not match, or brackets too deep.
    """
    if len(query) > MAX_LENGTH:
        raise QueryError(f"the query has {len(query):,} characters; {MAX_LENGTH:,} is the most", column=MAX_LENGTH + 1)
    if not query.strip():
        raise QueryError("the query is empty")
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


def check_word(word: str, column: int) -> None:
    """Refuse a word that was not meant as one.

    Raises:
        QueryError: a regular expression, or a field without a value or under a name that other tools have.
    """
    if _REGEX.search(word):
        raise QueryError(
            f"{word[:_SHOWN]} looks like a regular expression, which queries do not know: write OR between words, * for letters within a word, "
            "or put it in quotation marks to look for its words",
            column=column,
        )
    named = _NAMED.match(word)
    if named is None:
        return
    name, value = named[1], named[2]
    if name.lower() in NAMES and not value:
        raise QueryError(f"{name}: is followed by its value, with no space or bracket between", column=column)
    ours = meant(name)
    if ours is not None:
        raise QueryError(f'there is no field {name}:, did you mean {ours}:? To look for the words, write "{word[:_SHOWN]}"', column=column)


def not_understood(query: str, error: UnexpectedInput) -> QueryError:
    """What the parser did not expect, in words."""
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    at = len(query) if ended or error.pos_in_stream is None else error.pos_in_stream
    rest = query[at:].split(maxsplit=1)
    if not rest:
        return QueryError("the query ends where a term is expected", column=len(query.rstrip()) or 1)
    seen = rest[0][:_SHOWN]
    if seen.startswith("NEAR/"):
        return QueryError("NEAR/n stands between two terms: a word, a phrase, a hashtag or a handle", column=at + 1)
    return QueryError(f"did not expect {seen} here", column=at + 1)
