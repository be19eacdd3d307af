"""GitHub's issues, pull requests, comments and discussions, by REST and GraphQL, as mentions; and what its refusals mean. Pure.

GitHub renders the writer's Markdown itself (`body_html`, `bodyHTML`), so that no second reading of Markdown is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core.errors import SourceError, SourceRejected, SourceUnavailable
from core.records import Author, Engagement, Mention
from core.text import clean, mention_key
from listener.base import web_link
from listener.entries import MAX_NAME_CHARS, MAX_TITLE_CHARS
from listener.fields import count, items, mapping, moment, string
from listener.quotes import own_words
from listener.walk import Heard

PAUSE_S: Final = 60.0
_ISSUE: Final = re.compile(r"/repos/([^/\s]+/[^/\s]+)/issues/(\d{1,12})\Z")
_REPOSITORY: Final = re.compile(r"/repos/([^/\s]+/[^/\s]+)\Z")
_TEAM: Final = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_LIKES: Final = ("+1", "heart", "hooray", "rocket", "laugh")


class Account(msgspec.Struct, frozen=True):
    """Who wrote: by REST `type`, by GraphQL `__typename`, is "User", "Bot" or others."""

    login: str
    type: str = "User"


class Entry(msgspec.Struct, frozen=True):
    """What we read of an issue or pull request (it has a number), or of a comment on one (it has an issue's address)."""

    id: int
    created_at: str
    updated_at: str
    html_url: str = ""
    user: Account | None = None
    number: int | None = None
    title: str = ""
    body_html: str | None = None
    comments: int | None = None
    reactions: dict[str, Any] = {}
    pull_request: Any = None
    author_association: str = "NONE"
    repository_url: str = ""
    issue_url: str = ""

    @property
    def is_pull(self) -> bool:
        """Whether it is a pull request, or a comment on one."""
        return self.pull_request is not None or "/pull/" in self.html_url


class Node(msgspec.Struct, frozen=True, rename="camel"):
    """What we read of a discussion, of a comment in one, or of a reply to that."""

    database_id: int
    created_at: str
    body_html: str = msgspec.field(default="", name="bodyHTML")
    url: str = ""
    author: Account | None = None
    number: int | None = None
    title: str = ""
    updated_at: str | None = None
    last_edited_at: str | None = None
    upvote_count: int | None = None
    author_association: str = "NONE"
    comments: dict[str, Any] = {}
    replies: dict[str, Any] = {}


class Reader:
    """Makes mentions of what one source hears.

    Args:
        source_id: as configured.
        seen_at: now (aware).
        place: "github.com", or the host of an enterprise server.
        own_team: whether what owners, members and collaborators write is the operator's own.
        bots: whether what bots write is heard.
    """

    def __init__(self, source_id: str, seen_at: datetime, place: str, *, own_team: bool, bots: bool) -> None:
        self._source_id = source_id
        self._seen_at = seen_at
        self._place = place
        self._own_team = own_team
        self._bots = bots

    def key(self, native_id: str) -> bytes:
        """The identity of an issue, discussion or comment."""
        return mention_key("github", self._place, native_id)

    def heard(self, entry: Entry, repository: str | None) -> Heard:
        """An issue, pull request or comment as an entry ordered by its change; its mention is None where we do not listen for it.

        Args:
            entry: as GitHub sent it.
            repository: whose list it stands on, by the name we know it by (it may have been renamed since); None for a search.
        """
        issue = _ISSUE.search(entry.issue_url)
        found = _REPOSITORY.search(entry.repository_url)
        parent = f"{repository or issue[1]}#{issue[2]}".lower() if issue else None
        at_home = repository or (found[1] if found else "")
        native_id = f"comment-{entry.id}" if entry.number is None else f"{at_home}#{entry.number}".lower()
        at = moment(entry.updated_at)
        reactions = [count(entry.reactions.get(name)) for name in _LIKES]
        likes = None if all(one is None for one in reactions) else sum(one or 0 for one in reactions)
        mention = self._mention(
            native_id,
            entry.user,
            entry.author_association,
            url=entry.html_url,
            title=entry.title,
            markup=entry.body_html or "",
            published_at=moment(entry.created_at),
            edited_at=at if parent and entry.updated_at != entry.created_at else None,  # an issue is "updated" by far more than an edit
            parent=parent,
            engagement=Engagement(likes=likes, replies=count(entry.comments)),
        )
        return Heard(native_id=native_id, order=int(at.timestamp()) if at else 0, mention=mention)

    def discussion(self, node: object, repository: str) -> tuple[Heard, ...]:
        """A discussion as the last of its entries, with the comments and replies that came along; () where it cannot be read."""
        read = _node(node)
        changed = moment(read.updated_at) if read else None
        if read is None or read.number is None or changed is None:
            return ()
        native_id = f"{repository.lower()}/discussions/{read.number}"
        answers: list[Heard] = []
        for told in items(read.comments.get("nodes")):
            comment = _node(told)
            if comment is not None:
                answers.append(self._post(comment, f"discussion-comment-{comment.database_id}", native_id))
                replies = [reply for one in items(comment.replies.get("nodes")) if (reply := _node(one)) is not None]
                answers += [self._post(reply, f"discussion-comment-{reply.database_id}", answers[-1].native_id) for reply in replies]
        opener = self._post(read, native_id, None)
        return (*sorted(answers, key=lambda one: one.order, reverse=True), msgspec.structs.replace(opener, order=int(changed.timestamp())))

    def _post(self, node: Node, native_id: str, parent: str | None) -> Heard:
        published = moment(node.created_at)
        mention = self._mention(
            native_id,
            node.author,
            node.author_association,
            url=node.url,
            title=node.title,
            markup=node.body_html,
            published_at=published,
            edited_at=moment(node.last_edited_at),
            parent=parent,
            engagement=Engagement(likes=count(node.upvote_count), replies=count((node.comments or node.replies).get("totalCount"))),
        )
        return Heard(native_id=native_id, order=int(published.timestamp()) if published else 0, mention=mention)

    def _mention(
        self,
        native_id: str,
        account: Account | None,
        association: str,
        *,
        url: str,
        title: str,
        markup: str,
        published_at: datetime | None,
        edited_at: datetime | None,
        parent: str | None,
        engagement: Engagement,
    ) -> Mention | None:
        if account is not None and not self._bots and (account.type == "Bot" or account.login.endswith("[bot]")):
            return None
        title, text = clean(" ".join(title.split()), MAX_TITLE_CHARS), own_words(markup)
        if not title and not text:
            return None
        handle = clean(account.login, MAX_NAME_CHARS) if account else ""
        return Mention(
            key=self.key(native_id),
            source_id=self._source_id,
            native_id=native_id,
            seen_at=self._seen_at,
            url=web_link(url),
            author=Author(key=f"{self._place}/{handle.lower()}", handle=handle, name=handle) if handle else None,
            title=title,
            text=text,
            kind="own" if self._own_team and association in _TEAM else "original",
            published_at=published_at,
            edited_at=edited_at,
            reply_to=parent,
            parent_key=self.key(parent) if parent else None,
            engagement=engagement,
        )


def entries(found: list[Any]) -> tuple[list[Entry], int]:
    """The entries of a list, and how many could not be read."""
    read: list[Entry] = []
    for one in found:
        try:
            entry = msgspec.convert(one, Entry)
        except msgspec.ValidationError:
            continue
        if moment(entry.created_at) and moment(entry.updated_at):
            read.append(entry)
    return read, len(found) - len(read)


def refusal(found: Any, status: int, headers: Mapping[str, str], source_id: str, now: datetime) -> SourceError | None:
    """What a refusal (403, 422, 429) means beyond its status: a limit passes, a query that cannot be does not.

    GitHub tells its limits by 403 as well; only one without any of its marks is a matter of rights.
    """
    said = string(mapping(found).get("message")).lower()
    resets = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and resets.isdigit():
        wait_s = max(0.0, float(resets[:12]) - now.timestamp())
        return SourceUnavailable(source_id, f"the requests of this hour are spent ({status})", retry_after_s=wait_s)
    if "rate limit" in said or "abuse" in said:
        asked = headers.get("retry-after", "")
        return SourceUnavailable(source_id, f"too many requests ({status})", retry_after_s=float(asked[:6]) if asked.isdigit() else PAUSE_S)
    return SourceRejected(source_id, f"GitHub refuses the search ({status}); check its words") if status == 422 else None  # noqa: PLR2004


def reset_time(headers: Mapping[str, str]) -> datetime | None:
    """When the allowance is filled up, by its header (aware)."""
    resets = headers.get("x-ratelimit-reset", "")
    return datetime.fromtimestamp(int(resets), UTC) if resets.isdigit() and len(resets) <= 11 else None  # noqa: PLR2004


def _node(value: object) -> Node | None:
    try:
        node = msgspec.convert(value, Node)
    except msgspec.ValidationError:
        return None
    return node if moment(node.created_at) else None
