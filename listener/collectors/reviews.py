"""Reviews of your own places and apps: from exports that somebody drops into a folder (CSV), or by Google's APIs (Business Profile v4, Android Publisher v3).

Free of charge. Business Profile: 300 requests a minute for a project whose access Google has approved. Play: 200 requests an hour for reading reviews, and only reviews with
words that were written or changed within the last week. Google wants what is stored of its places asked for again or deleted within 30 days. It cannot see reviews of
others' places, ratings of an app without words (API), what a merchant portal does not export, and, from files, that a review was deleted.

Source: https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews, https://developers.google.com/android-publisher/reply-to-reviews
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from listener.base import Now, Page, ask_json, web_link
from listener.google_reviews import GRANT, access_token, app_reviews, next_page, place_reviews, signed
from listener.localtime import DEFAULT_ZONE, zone_of
from listener.review_files import LIKELY, PRESETS, Part, Place, Preset, Reviews, read_reviews
from listener.tables import MAX_BYTES, Names, TableError, decode
from listener.walk import Heard, Known, Seen, Walk, turn

REMEMBERED: Final = 5_000  # reviews of files, or of all places or apps together
MAX_FILES: Final = 300
ENDINGS: Final = (".csv", ".tsv", ".txt")
PER_PAGE: Final = 50
ADDRESSES: Final = {"google_business": "https://mybusiness.googleapis.com", "google_play": "https://androidpublisher.googleapis.com"}


class Options(BaseModel):
    """What the operator sets: `path`, or `api` with what it needs.

    `path`: a file, or a folder of exports. `preset`: whose columns; `columns`: what they are called where the preset does not know. `timezone`, `day_first`: of its times.
    `name`: the place or app, where rows say none. `api`: google_business (`locations`, `client_id`, `client_secret`, `refresh_token`; `names` by location) or google_play
    (`package`, `service_account`: its JSON key file). `pages`: requests for each place in one look. `address`, `token_address`: of Google's APIs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: Path | None = None
    preset: Preset | None = None
    columns: dict[Part, str] = Field(default_factory=dict)
    timezone: str = DEFAULT_ZONE
    day_first: bool = True
    name: str = Field(default="", max_length=100)
    api: Literal["google_business", "google_play"] | None = None
    locations: tuple[Annotated[str, Field(pattern=r"^accounts/[\w-]+/locations/[\w-]+$")], ...] = Field(default=(), max_length=200)
    names: dict[str, str] = Field(default_factory=dict)
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    package: str | None = Field(default=None, pattern=r"^[A-Za-z][\w.]{1,200}$")
    service_account: Path | None = None
    pages: int = Field(default=10, ge=1, le=50)
    address: str | None = None
    token_address: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address

    _zone = field_validator("timezone")(zone_of)

    @field_validator("address", "token_address")
    @classmethod
    def _is_web(cls, url: str | None) -> str | None:
        if url is not None and web_link(url) is None:
            raise ValueError("must be an http or https address")
        return None if url is None else url.rstrip("/")

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.path is None) == (self.api is None):
            raise ValueError("needs either path or api")
        if self.api == "google_business" and not (self.locations and self.client_id and self.client_secret and self.refresh_token):
            raise ValueError("google_business needs locations, client_id, client_secret and refresh_token")
        if self.api == "google_play" and not (self.package and self.service_account):
            raise ValueError("google_play needs package and service_account")
        return self

    def column_names(self) -> Names:
        """What each part of a review may be called."""
        known = dict(PRESETS[self.preset] if self.preset else LIKELY)
        return known | {part: (name,) for part, name in self.columns.items()}


class File(msgspec.Struct, frozen=True, array_like=True):
    """A file as it was read: its size and when it was changed, in nanoseconds."""

    size: int
    changed_ns: int


class Cursor(msgspec.Struct, frozen=True):
    """The files read, by name, with what is remembered of their reviews and the newest of them; how far each place or app was walked by API."""

    files: dict[str, File] = {}
    seen: dict[str, Known] = {}
    mark: int | None = None
    walks: dict[str, Walk] = {}


class Collector:
    """Reads what changed among the files, or asks for the newest reviews of each place or app.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session.
        now: tells when a review was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._http = http
        self._now = now

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """A page for each file that changed, or for each request. Errors as the protocol says."""
        last = _last(cursor)
        looks = self._files(self._options.path, last) if self._options.path is not None else self._asked(last)
        async for page in looks:
            yield page

    async def _files(self, path: Path, last: Cursor) -> AsyncIterator[Page]:
        try:
            found = await asyncio.to_thread(_listed, path)
            changed = [(one, file) for one, file in found if last.files.get(one.name) != file]
            last = replace(last, files={name: file for name, file in last.files.items() if name in {one.name for one, _ in found}})
            for number, (one, file) in enumerate(changed, start=1):
                last, page = await asyncio.to_thread(self._file, one, file, last, alone=one == path)
                yield replace(page, more=number < len(changed))
        except OSError as error:
            raise SourceUnavailable(self._source_id, f"cannot read the exports: {error.strerror}") from error
        if not changed:
            yield Page(cursor=_encode(last), unchanged=bool(last.files))

    def _file(self, path: Path, file: File, last: Cursor, *, alone: bool) -> tuple[Cursor, Page]:
        """What is news in one file; one that cannot be read is told, and not tried again before it changes."""
        options, seen_at = self._options, self._now()
        place = Place(source_id=self._source_id, name=options.name, timezone=options.timezone, day_first=options.day_first)
        try:
            found = read_reviews(_text(path, file), options.column_names(), place, seen_at)
        except TableError as error:
            if alone:
                raise SourceUnreadable(self._source_id, str(error)) from error
            found = Reviews(mentions=(), skipped=1, problem=str(error))
        seen = Seen(last.seen, limit=REMEMBERED)
        heard = [Heard(native_id=one.key.hex(), order=int(one.at.timestamp()), mention=one) for one in found.mentions]
        news = seen.news(sorted(heard, key=lambda one: one.order), mark=last.mark, floor=seen.floor)
        newest = max([one.order for one in heard] + [last.mark or 0])
        last = replace(last, files={**last.files, path.name: file}, seen=seen.kept(), mark=newest or None)
        problem = f"{path.name}: {found.problem}" if found.problem else None
        missed = "partial" if found.skipped and not found.mentions else None
        return last, Page(mentions=tuple(news), cursor=_encode(last), skipped=found.skipped, problem=problem, missed=missed)  # type: ignore[arg-type]

    async def _asked(self, last: Cursor) -> AsyncIterator[Page]:
        token = await self._token()
        places = self._options.locations if self._options.api == "google_business" else (self._options.package or "",)
        for number, place in enumerate(places):
            for asked in range(1, self._options.pages + 1):
                walk = last.walks.get(place, Walk())
                found = await self._page(place, walk.after, token)
                heard, skipped = self._read(found, place)
                judged = turn(walk, heard, next_page(found), limit=max(2 * PER_PAGE, REMEMBERED // len(places)))
                last = replace(last, walks={**last.walks, place: judged.walk})
                capped = not judged.ended and asked == self._options.pages
                yield Page(
                    mentions=judged.news, cursor=_encode(last), more=not judged.ended or number + 1 < len(places), skipped=skipped,
                    problem="a review without id or time" if skipped else None, missed="capped" if capped else None, cost=1.0,
                )  # fmt: skip
                if judged.ended:
                    break

    async def _page(self, place: str, after: str | None, token: str) -> Any:
        address = self._options.address or ADDRESSES[self._options.api or "google_business"]
        if self._options.api == "google_play":
            url, params = f"{address}/androidpublisher/v3/applications/{place}/reviews", {"maxResults": 100, "token": after}
        else:
            url, params = f"{address}/v4/{place}/reviews", {"pageSize": PER_PAGE, "pageToken": after, "orderBy": "updateTime desc"}
        found, _ = await ask_json(self._http, url, source=self._source_id, params=params, headers={"Authorization": f"Bearer {token}"})
        return found

    def _read(self, found: Any, place: str) -> tuple[list[Heard], int]:
        options = self._options
        name = options.names.get(place, options.name)
        read = app_reviews if options.api == "google_play" else place_reviews
        return read(found, place, name, self._source_id, self._now())

    async def _token(self) -> str:
        form = await asyncio.to_thread(self._grant)
        found, answer = await ask_json(
            self._http, self._options.token_address, source=self._source_id, method="POST", form=form, judged=(400, 401)
        )
        return access_token(found, answer.status, self._source_id)

    def _grant(self) -> dict[str, str | None]:
        """What the token is asked with: the refresh token, or the service account's signature."""
        options = self._options
        if options.api == "google_business" and options.client_secret is not None and options.refresh_token is not None:
            secrets = {"client_secret": options.client_secret.get_secret_value(), "refresh_token": options.refresh_token.get_secret_value()}
            return {"grant_type": "refresh_token", "client_id": options.client_id, **secrets}
        try:
            account = msgspec.json.decode((options.service_account or Path()).read_bytes(), type=dict[str, Any])
            return {"grant_type": GRANT, "assertion": signed(account, options.token_address, self._now())}
        except OSError as error:
            raise SourceRejected(self._source_id, f"cannot read the service account's key file: {error.strerror}") from error
        except ModuleNotFoundError as error:
            raise SourceRejected(self._source_id, "google_play needs the package cryptography: pip install cryptography") from error
        except (ValueError, TypeError, msgspec.MsgspecError):
            raise SourceRejected(self._source_id, "the service account's key file holds no usable RSA key") from None


def _listed(path: Path) -> list[tuple[Path, File]]:
    """The files to read, those changed last at the end."""
    found = [path] if not path.is_dir() else [one for one in sorted(path.iterdir()) if one.suffix.lower() in ENDINGS and one.is_file()]
    told = [(one, one.stat()) for one in found]
    told.sort(key=lambda pair: pair[1].st_mtime_ns)
    return [(one, File(size=stat.st_size, changed_ns=stat.st_mtime_ns)) for one, stat in told[-MAX_FILES:]]


def _text(path: Path, file: File) -> str:
    if file.size > MAX_BYTES:
        raise TableError(f"larger than {MAX_BYTES:,} bytes")
    return decode(path.read_bytes())


def _encode(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()


def _last(cursor: str | None) -> Cursor:
    try:
        return msgspec.json.decode(cursor or "", type=Cursor)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Cursor()
