"""The GraphQL question for a repository's discussions, and the way its answer is taken apart. Pure."""

from __future__ import annotations

from typing import Any, Final

from core.errors import SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from listener.fields import items, mapping, string

PER_PAGE: Final = 25
_POST: Final = "databaseId createdAt lastEditedAt bodyHTML url upvoteCount authorAssociation author { login type: __typename }"
QUESTION: Final = f"""
query($owner: String!, $name: String!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    discussions(first: {PER_PAGE}, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      pageInfo {{ endCursor hasNextPage }}
      nodes {{
        {_POST} number title updatedAt
        comments(last: 30) {{ totalCount nodes {{ {_POST} replies(last: 10) {{ totalCount nodes {{ {_POST} }} }} }} }}
      }}
    }}
  }}
  rateLimit {{ cost remaining resetAt }}
}}
"""  # not SQL: nothing from outside is set into it
PAUSE_S: Final = 60.0
_RIGHTS: Final = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "UNAUTHORIZED"})


def question(repository: str, after: str | None) -> dict[str, Any]:
    """The body to send for one page, newest change first."""
    owner, _, name = repository.partition("/")
    return {"query": QUESTION, "variables": {"owner": owner, "name": name, "after": after}}


def taken_apart(found: Any, source_id: str) -> tuple[list[Any], str | None, dict[str, Any]]:
    """The discussions of an answer, the cursor of the next page, and what it says of the allowance.

    Raises:
        SourceError: the answer tells an error in place of data.
    """
    data = mapping(mapping(found).get("data"))
    listed = mapping(mapping(data.get("repository")).get("discussions"))
    if not isinstance(listed.get("nodes"), list):
        raise _error(found, source_id)
    about = mapping(listed.get("pageInfo"))
    after = string(about.get("endCursor")) if about.get("hasNextPage") is True else ""
    return listed["nodes"], after or None, mapping(data.get("rateLimit"))


def _error(found: Any, source_id: str) -> SourceError:
    kinds = {string(mapping(error).get("type")) for error in items(mapping(found).get("errors"))}
    if "RATE_LIMITED" in kinds:
        return SourceUnavailable(source_id, "the points of this hour are spent", retry_after_s=PAUSE_S)
    if "NOT_FOUND" in kinds:
        return SourceUnavailable(source_id, "no such repository, or the token may not see it")
    if kinds & _RIGHTS:
        return SourceRejected(source_id, "the token may not read discussions")
    return SourceUnreadable(source_id, "not discussions of GitHub's GraphQL API")
