"""GitHub: issues, pull requests, comments and discussions, by the REST API (version 2022-11-28) and GraphQL (discussions; they need a token).

5,000 requests an hour with a token, 60 without; an unchanged answer (304) costs nothing. Searches: 30 a minute, 10 without a token, 1,000 hits.
Free of charge; terms: the Acceptable Use Policies and the API Terms. Changes come oldest first, so that nothing is lost where a look
ends early. It cannot see private repositories without the right to, review comments in code, commits, and reactions' authors.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.durations import Duration
from core.errors import SourceUnreadable
from core.http import Answer, Fetcher, check_status
from listener.aside import aside
from listener.base import Now, Page, Quota, ask_json, web_link
from listener.changes import Changes, instant, onward
from listener.fields import mapping, moment
from listener.github_discussions import question, taken_apart
from listener.github_threads import Entry, Reader, entries, refusal, reset_time
from listener.walk import Seen, Walk, finished, turn

PER_PAGE: Final = 100
REMEMBERED: Final = 300  # of each list
LAST_PAGE: Final = 10  # of a search; GitHub gives 1,000 hits
OVERLAP: Final = timedelta(minutes=10)  # the search's index lags behind
JUDGED: Final = (403, 404, 410, 422, 429, 451)
GONE: Final = (404, 410, 451)
_DIGITS: Final = re.compile(r"\d{1,18}\Z")
NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$"


class Options(BaseModel):
    """What the operator sets.

    `token`: a fine-grained or classic one. `repositories`: "owner/name". `issues`, `pulls`, `comments`, `discussions`: what of them is heard.
    `search`: queries over all of GitHub's issues. `bots`: what bots write is heard. `own_team`: what a repository's team writes is the
    operator's own. `history`: how far the first look goes back. `recheck`: the newest 100 are looked at again for deletions and reactions.
    `pages`: requests for each list in one look. `api`, `graphql`: addresses, others for an enterprise server.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr | None = None
    repositories: tuple[Annotated[str, Field(pattern=NAME)], ...] = Field(default=(), max_length=50)
    issues: bool = True
    pulls: bool = False
    comments: bool = True
    discussions: bool = False
    search: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(default=(), max_length=10)
    bots: bool = False
    own_team: bool = False
    history: Duration = timedelta(days=7)
    recheck: bool = True
    pages: int = Field(default=10, ge=1, le=30)
    api: str = "https://api.github.com"
    graphql: str = "https://api.github.com/graphql"

    @field_validator("api", "graphql")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not self.search and not (self.repositories and (self.issues or self.pulls or self.comments or self.discussions)):
            raise ValueError("needs repositories (with issues, pulls, comments or discussions), or a search")
        if self.discussions and self.token is None:
            raise ValueError("discussions need a token")
        return self


class Cursor(msgspec.Struct, frozen=True):
    """How far each list was read: those ordered by change, and discussions, which are walked newest first."""

    changes: dict[str, Changes] = {}
    walks: dict[str, Walk] = {}


class Place(msgspec.Struct, frozen=True):
    """One list ordered by change: its name in the cursor, where it is, and the repository, None for a search."""

    name: str
    path: str
    repository: str | None
    query: str = ""


Step = tuple[Cursor, Page]


class Collector:
    """Polls list after list.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session.
        now: tells when a mention was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._http = http
        self._now = now
        host = urlsplit(options.api).hostname or ""
        self._home = "github.com" if host == "api.github.com" else host

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """A page for each request. Errors as the protocol says."""
        last = self._last(cursor)
        places = self._places()
        looks: list[Callable[[Cursor], AsyncIterator[Step]]] = [partial(self._changed, place=place) for place in places]
        watched = [place for place in places if place.repository and self._options.recheck and place.name in last.changes]
        looks += [partial(self._newest, place=place) for place in watched if last.changes[place.name].seen]
        if self._options.discussions:
            looks += [partial(self._discussed, repository=one) for one in self._options.repositories]
        for look in looks:
            async for step in look(last):
                last, page = step
                yield replace(page, cursor=msgspec.json.encode(last).decode())

    async def _changed(self, last: Cursor, place: Place) -> AsyncIterator[Step]:
        """What changed since the look before, oldest change first."""
        for asked in range(1, self._options.pages + 1):
            state = last.changes.get(place.name, Changes())
            since = state.since or instant(self._now() - self._options.history)
            request = f"{since} {state.page}"
            found, answer = await self._get(place, self._asking(place, since, state.page), state.etag if state.asked == request else None)
            if answer.status in GONE:
                yield last, Page(problem=f"{place.name}: not there ({answer.status})", missed="partial", cost=1.0)
                return
            if answer.not_modified:
                yield last, Page(unchanged=True, quota=_quota(answer))
                return
            state, page = await aside(self._taken, place, replace(state, since=since), found)
            state = replace(state, etag=answer.etag, asked=request)
            last = replace(last, changes=last.changes | {place.name: state})
            yield last, replace(page, more=page.more and asked < self._options.pages, quota=_quota(answer))
            if not page.more:
                return

    def _taken(self, place: Place, state: Changes, found: Any) -> tuple[Changes, Page]:
        """Take in one page of a list ordered by change."""
        listed, is_whole = self._listed(place, found)
        read, skipped = entries(listed)
        reader, seen = self._reader(), Seen(state.seen, limit=REMEMBERED)
        news = seen.news(reader.heard(entry, place.repository) for entry in read if self._is_wanted(place, entry))
        changed_at = [at for entry in read if (at := moment(entry.updated_at))]
        full = len(listed) >= PER_PAGE
        overlap, last_page = (timedelta(), None) if place.repository else (OVERLAP, LAST_PAGE)
        following, capped = onward(state, changed_at, full=full, overlap=overlap, last_page=last_page)
        page = Page(
            mentions=tuple(news),
            more=full,
            skipped=skipped,
            problem="an entry that is no issue or comment" if skipped else None,
            missed="capped" if capped else None if is_whole else "partial",
            cost=1.0,
        )
        return replace(following, seen=seen.kept()), page

    async def _newest(self, last: Cursor, place: Place) -> AsyncIterator[Step]:
        """The newest 100 again, for reactions, and for what no longer stands between them."""
        state = last.changes[place.name]
        asked = {"state": "all", "sort": "created", "direction": "desc", "per_page": PER_PAGE}
        found, answer = await self._get(place, asked, state.newest)
        if answer.status in GONE or answer.not_modified:
            return
        read, _ = entries(self._listed(place, found)[0])
        reader, seen = self._reader(), Seen(state.seen, limit=REMEMBERED)
        heard = await aside(lambda: [reader.heard(entry, place.repository) for entry in read])
        news = seen.news(one for one in heard if one.native_id in state.seen)
        numbers = [_number(one.native_id) for one in heard]
        low = min(numbers, default=0) if len(read) >= PER_PAGE else 0
        there = {one.native_id for one in heard}
        gone = seen.gone(one for one in state.seen if _number(one) >= low and one not in there) if heard else []
        state = replace(state, newest=answer.etag, seen=seen.kept())
        page = Page(mentions=tuple(news), deleted=tuple(reader.key(one) for one in gone), cost=1.0, quota=_quota(answer))
        yield replace(last, changes=last.changes | {place.name: state}), page

    async def _discussed(self, last: Cursor, repository: str) -> AsyncIterator[Step]:
        """Discussions, newest change first, back to what was heard before."""
        name = f"discussions:{repository}"
        for asked in range(1, self._options.pages + 1):
            walk = last.walks.get(name, Walk())
            url, body = self._options.graphql, question(repository, walk.after)
            found, _ = await ask_json(self._http, url, source=self._source_id, headers=self._headers(), method="POST", json=body)
            nodes, after, allowance = taken_apart(found, self._source_id)
            read = await aside(lambda nodes: [self._reader().discussion(node, repository) for node in nodes], nodes)
            judged = turn(walk, [entry for one in read for entry in one], after, limit=REMEMBERED)
            stopped = asked == self._options.pages and not judged.ended
            last = replace(last, walks=last.walks | {name: finished(judged.walk, limit=REMEMBERED) if stopped else judged.walk})
            left, cost = allowance.get("remaining"), allowance.get("cost")
            yield (
                last,
                Page(
                    mentions=judged.news,
                    more=not (judged.ended or stopped),
                    skipped=read.count(()),
                    problem="an entry that is no discussion" if () in read else None,
                    missed="capped" if stopped and walk.mark is not None else None,
                    cost=float(cost) if isinstance(cost, int) else 1.0,
                    quota=Quota(left=float(left), resets_at=moment(allowance.get("resetAt"))) if isinstance(left, int) else None,
                ),
            )
            if judged.ended:
                return

    def _places(self) -> list[Place]:
        """The lists ordered by change."""
        options = self._options
        found: list[Place] = []
        for one in options.repositories:
            if options.issues or options.pulls:
                found.append(Place(f"issues:{one}", f"/repos/{one}/issues", one))
            if options.comments:
                found.append(Place(f"comments:{one}", f"/repos/{one}/issues/comments", one))
        return found + [Place(f"search:{query}", "/search/issues", None, query) for query in options.search]

    def _asking(self, place: Place, since: str, page: int) -> dict[str, Any]:
        if place.repository:
            return {"state": "all", "sort": "updated", "direction": "asc", "since": since, "per_page": PER_PAGE, "page": page}
        kinds = "" if self._options.pulls or "is:" in place.query or "type:" in place.query else " is:issue"
        return {"q": f"{place.query}{kinds} updated:>={since}", "sort": "updated", "order": "asc", "per_page": PER_PAGE, "page": page}

    def _listed(self, place: Place, found: Any) -> tuple[list[Any], bool]:
        """The entries of an answer, and whether the place says that they are all."""
        listed = found if place.repository else mapping(found).get("items")
        if not isinstance(listed, list):
            raise SourceUnreadable(self._source_id, "not a list of GitHub's API")
        return listed, bool(place.repository) or mapping(found).get("incomplete_results") is not True

    def _is_wanted(self, place: Place, entry: Entry) -> bool:
        if place.repository is None:
            return True
        return self._options.pulls if entry.is_pull else self._options.issues or entry.number is None

    async def _get(self, place: Place, params: dict[str, Any], etag: str | None) -> tuple[Any, Answer]:
        """The answer; a place that is not there comes back by its status where there are others."""
        headers = self._headers() | ({"if-none-match": etag} if etag else {})
        url = f"{self._options.api}{place.path}"
        found, answer = await ask_json(self._http, url, source=self._source_id, params=params, headers=headers, judged=JUDGED)
        error = refusal(found, answer.status, answer.headers, self._source_id, self._now()) if answer.status in JUDGED else None
        if error is not None:
            raise error
        if answer.status not in GONE or len(self._options.repositories) + len(self._options.search) == 1:
            check_status(answer, self._source_id)
        return found, answer

    def _headers(self) -> dict[str, str]:
        token = self._options.token
        named = {"accept": "application/vnd.github.html+json", "x-github-api-version": "2022-11-28"}
        return named | ({"authorization": f"Bearer {token.get_secret_value()}"} if token else {})

    def _reader(self) -> Reader:
        return Reader(self._source_id, self._now(), self._home, own_team=self._options.own_team, bots=self._options.bots)

    def _last(self, cursor: str | None) -> Cursor:
        """What the cursor says of the lists that are still configured; an empty one where it cannot be read."""
        names = {place.name for place in self._places()} | {f"discussions:{one}" for one in self._options.repositories}
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeEncodeError):
            return Cursor()
        changes = {name: state for name, state in last.changes.items() if name in names}
        return Cursor(changes, {name: walk for name, walk in last.walks.items() if name in names})


def _number(native_id: str) -> int:
    """The number of an issue, or the id of a comment; both grow with time."""
    return int(found[0]) if (found := _DIGITS.search(native_id)) else 0


def _quota(answer: Answer) -> Quota | None:
    """What is left of the hour; a search has an allowance of its own, by the minute, that says nothing of it."""
    left = answer.headers.get("x-ratelimit-remaining", "")
    if not left.isdigit() or answer.headers.get("x-ratelimit-resource", "core") != "core":
        return None
    return Quota(left=float(left[:9]), resets_at=reset_time(answer.headers))
