"""Reddit: new posts and comments of subreddits, and searches, by the Data API (OAuth2, https://www.reddit.com/dev/api, read 2026).

An app of one's own is needed; terms: the Developer Terms and Data API Terms, commercial use by agreement. 100 requests a minute for an app,
averaged over ten minutes; free of charge within that. A listing ends at about 1,000 entries. What authors or moderators delete must be
deleted here too, within 48 hours: `recheck` asks for the newest mentions again, 100 in a request, and turns the missing into tombstones. It
cannot see private, quarantined and (by the API's terms) most adult subreddits, chats, polls' votes, and who voted.
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self

import msgspec
from msgspec.structs import replace
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.errors import SourceRejected, SourceUnavailable
from core.http import Answer, Fetcher, check_status
from core.records import Mention
from listener.aside import aside
from listener.base import Now, Page, Quota, ask_json, web_link
from listener.reddit_things import key_of, read_listing
from listener.walk import Seen, Walk, finished, turn

PER_PAGE: Final = 100
LISTING_ENDS_AT: Final = 900  # entries; Reddit keeps about 1,000 of a listing
REFUSED, FORBIDDEN, MISSING, TOO_MANY = 401, 403, 404, 429
DAY_S: Final = 86_400
DEVICE: Final = "DO_NOT_TRACK_THIS_DEVICE"  # Reddit's own word for an app that does not tell its devices apart
TOKEN_MARGIN: Final = timedelta(minutes=2)
_REASONS: Final = frozenset({"private", "banned", "quarantined", "gold_only"})
_NAME: Final = re.compile(r"(?:/?r/)?([A-Za-z0-9_]{2,30})\Z")


def _subreddit(name: str) -> str:
    found = _NAME.match(name.strip())
    if not found:
        raise ValueError("must be the name of a subreddit, as in r/VietNam")
    return found[1]


class Options(BaseModel):
    """What the operator sets.

    `client_id`, `client_secret`: of the app (none for an installed app). `contact`: the Reddit user who answers for it. `subreddits`: names.
    `posts`, `comments`: whether their new posts and comments are heard. `search`: queries, within these subreddits or else everywhere.
    `recheck`: how many mentions of each listing are watched for deletions, edits and scores, 100 a look; 0 for none. `pages`: requests for one
    listing in one look. `auth`, `api`: Reddit's addresses.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    client_id: str
    client_secret: SecretStr | None = None
    contact: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{2,30}$")]
    subreddits: tuple[Annotated[str, AfterValidator(_subreddit)], ...] = Field(default=(), max_length=100)
    posts: bool = True
    comments: bool = True
    search: tuple[Annotated[str, Field(min_length=1, max_length=512)], ...] = Field(default=(), max_length=10)
    recheck: int = Field(default=500, ge=0, le=2_000)
    pages: int = Field(default=10, ge=1, le=10)
    auth: str = "https://www.reddit.com"
    api: str = "https://oauth.reddit.com"

    @field_validator("auth", "api")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not self.search and not (self.subreddits and (self.posts or self.comments)):
            raise ValueError("needs subreddits (with posts or comments), or a search")
        return self


class Cursor(msgspec.Struct, frozen=True):
    """How far each listing was walked, by its name, and the mention that was asked for last by a recheck."""

    walks: dict[str, Walk]
    checked: str = ""


class Collector:
    """Polls the listings one after the other. The access token is kept in memory alone; a cursor never holds it.

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
        self._limit = max(options.recheck, 2 * PER_PAGE)
        self._token: tuple[str, datetime] | None = None

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """A page for each request: every listing back to what was heard before, then one recheck. Errors as the protocol says."""
        last = self._last(cursor)
        watched = self._watched(last)
        for name, path, params in self._listings():
            for asked in range(self._options.pages):
                walk = last.walks.get(name, Walk())
                found, answer = await self._ask(path, params | {"after": walk.after})
                page, walk, ended = await aside(self._page, walk, found, is_last=asked == self._options.pages - 1)
                last = replace(last, walks=last.walks | {name: walk})
                yield replace(page, cursor=_encode(last), more=not ended, cost=1.0, quota=self._quota(answer))
                if ended:
                    break
        if watched:
            yield await self._recheck(last, watched)

    def _page(self, walk: Walk, found: Any, *, is_last: bool) -> tuple[Page, Walk, bool]:
        """One page of a listing, the walk after it, and whether that ends here: at what was heard, at the listing's end, or at our own bound."""
        listing = read_listing(found, source_id=self._source_id, seen_at=self._now())
        judged = turn(walk, listing.heard, listing.after, limit=self._limit)
        stopped = is_last and not judged.ended
        capped = not judged.reached and (stopped or (judged.ended and walk.walked + len(listing.heard) >= LISTING_ENDS_AT))
        lost = bool(walk.after) and not listing.heard and not judged.reached  # Reddit forgot the entry to go on after
        page = Page(
            mentions=judged.news,
            deleted=tuple(key_of(native_id) for native_id in judged.gone),
            skipped=listing.unreadable,
            problem="an entry that is no post or comment" if listing.unreadable else None,
            missed="capped" if capped else "partial" if lost else None,
        )
        return page, finished(judged.walk, limit=self._limit) if stopped else judged.walk, judged.ended or stopped

    async def _recheck(self, last: Cursor, watched: list[str]) -> Page:
        """Ask for 100 of the mentions heard before again; what changed is yielded, what is no longer there is told as deleted."""
        batch = [native_id for native_id in watched if native_id > last.checked][:PER_PAGE] or watched[:PER_PAGE]
        found, answer = await self._ask("/api/info", {"id": ",".join(batch)})
        listing = await aside(read_listing, found, source_id=self._source_id, seen_at=self._now())
        there = {entry.native_id for entry in listing.heard if entry.mention is not None}
        walks, news, gone = dict(last.walks), dict[bytes, Mention](), set[str]()
        for name, walk in last.walks.items():
            seen = Seen(walk.seen, limit=self._limit)
            news |= {mention.key: mention for mention in seen.news(entry for entry in listing.heard if entry.native_id in walk.seen)}
            gone.update(seen.gone(native_id for native_id in batch if native_id not in there))
            walks[name] = replace(walk, seen=seen.kept())
        return Page(
            mentions=tuple(news.values()),
            deleted=tuple(key_of(native_id) for native_id in sorted(gone)),
            cursor=_encode(Cursor(walks, batch[-1])),
            cost=1.0,
            quota=self._quota(answer),
        )

    def _listings(self) -> list[tuple[str, str, dict[str, str | None]]]:
        """Name, path and parameters of each listing of this source."""
        options, within = self._options, "+".join(self._options.subreddits)
        found: list[tuple[str, str, dict[str, str | None]]] = []
        if within and options.posts:
            found.append((f"new:{within}", f"/r/{within}/new", {}))
        if within and options.comments:
            found.append((f"comments:{within}", f"/r/{within}/comments", {}))
        path = f"/r/{within}/search" if within else "/search"
        asked = {"sort": "new", "t": "all", "type": "link", "restrict_sr": "true" if within else None}
        return found + [(f"search:{within}:{query}", path, {"q": query, **asked}) for query in options.search]

    async def _ask(self, path: str, params: dict[str, str | None], *, again: bool = True) -> tuple[Any, Answer]:
        headers = {"authorization": f"Bearer {await self._access()}", "user-agent": self._user_agent}
        url = f"{self._options.api}{path}"
        asked = params | {"limit": str(PER_PAGE), "raw_json": "1"}
        found, answer = await ask_json(
            self._http, url, source=self._source_id, params=asked, headers=headers, judged=(REFUSED, FORBIDDEN, MISSING, TOO_MANY)
        )
        if answer.status == REFUSED and again:  # the token may have been taken back before its time
            self._token = None
            return await self._ask(path, params, again=False)
        self._judge(found, answer)
        return found, answer

    def _judge(self, found: Any, answer: Answer) -> None:
        """Raise what a refusal means, with Reddit's own reason where it gives one."""
        if answer.status == TOO_MANY and answer.retry_after_s is None:
            raise SourceUnavailable(self._source_id, "too many requests (429)", retry_after_s=_number(answer, "x-ratelimit-reset"))
        reason = found.get("reason") if isinstance(found, dict) else None
        if answer.status in (FORBIDDEN, MISSING) and reason in _REASONS:
            kind = SourceRejected if answer.status == FORBIDDEN else SourceUnavailable
            raise kind(self._source_id, f"the subreddit is {reason} ({answer.status})")
        check_status(answer, self._source_id)

    async def _access(self) -> str:
        """An access token, asked for anew shortly before it ends."""
        if self._token is not None and self._now() < self._token[1]:
            return self._token[0]
        secret = self._options.client_secret
        pair = f"{self._options.client_id}:{secret.get_secret_value() if secret else ''}"
        form = {"grant_type": "client_credentials"}
        if secret is None:
            form = {"grant_type": "https://oauth.reddit.com/grants/installed_client", "device_id": DEVICE}
        found, _ = await ask_json(
            self._http,
            f"{self._options.auth}/api/v1/access_token",
            source=self._source_id,
            headers={"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}", "user-agent": self._user_agent},
            method="POST",
            form=form,
        )
        token = found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token.isprintable():
            raise SourceRejected(self._source_id, "Reddit gives this app no access; check client_id and client_secret")
        lasts = found.get("expires_in")
        lasts_s = min(max(lasts, 0), DAY_S) if isinstance(lasts, int) else 0
        self._token = (token, self._now() + timedelta(seconds=lasts_s) - TOKEN_MARGIN)
        return token

    @property
    def _user_agent(self) -> str:
        return f"python:tocsin:v0.1 (by /u/{self._options.contact})"

    def _quota(self, answer: Answer) -> Quota | None:
        left, resets_s = _number(answer, "x-ratelimit-remaining"), _number(answer, "x-ratelimit-reset")
        return None if left is None else Quota(left=left, resets_at=None if resets_s is None else self._now() + timedelta(seconds=resets_s))

    def _last(self, cursor: str | None) -> Cursor:
        """What the cursor says of the listings that are still configured; an empty one where it cannot be read."""
        names = {name for name, _, _ in self._listings()}
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeEncodeError):
            return Cursor({})
        return replace(last, walks={name: walk for name, walk in last.walks.items() if name in names})

    def _watched(self, last: Cursor) -> list[str]:
        if not self._options.recheck:
            return []
        return sorted({native_id for walk in last.walks.values() for native_id in Seen(walk.seen, limit=self._limit).between(0, 2**53)})


def _number(answer: Answer, header: str) -> float | None:
    try:
        value = float(answer.headers.get(header, ""))
    except ValueError:
        return None
    return value if 0 <= value < DAY_S else None


def _encode(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
