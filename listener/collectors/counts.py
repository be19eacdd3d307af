"""Numbers that somebody else counts: calls of the hotline, tickets, refunds; from a CSV file that grows, JSON over HTTP, or pushed to `POST /hooks/SOURCE`.

They are no mentions: each is a measure by name, time and source, which the signal `outside_count` judges against its own hours. Free of charge; only numbers
and their names are stored. It cannot see who called or why, and an interval that nobody tells is unknown, never zero.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.errors import SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from core.outside import Measured
from listener.alarms import decoded
from listener.base import Now, Page, ask_json, web_link
from listener.collectors import webhook
from listener.localtime import DEFAULT_ZONE, zone, zone_of
from listener.numbers import NAMES, Numbers, at_pointer, differences, from_json, from_table
from listener.tables import MAX_BYTES, TableError, decode

AGAIN: Final = timedelta(days=2)  # so far back numbers may still be corrected
MAX_NAMES: Final = 500
Field_ = Literal["at", "value", "name"]


class Options(BaseModel):
    """What the operator sets: one of `path`, `url` and `secrets`.

    `path`: a CSV file that grows. `url`, `pointer`: JSON over HTTP and where in it the number, the list or the object of numbers stands; `token`: sent as a
    bearer token. `secrets`: what senders sign with, as for `webhook`. `name`: of numbers that say none. `unit`: what is counted, by language or once for all.
    `means`: "count" in each interval, or a "total" that only grows. `columns`: what the file or the JSON calls at, value and name. `timezone`: of times without one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: Path | None = None
    url: str | None = None
    pointer: str = Field(default="", pattern=r"^(/.*)?$", max_length=500)
    token: SecretStr | None = None
    secrets: tuple[SecretStr, ...] = Field(default=(), max_length=5)
    name: str = Field(default="count", min_length=1, max_length=100)
    unit: str | dict[str, str] = ""
    means: Literal["count", "total"] = "count"
    columns: dict[Field_, str] = Field(default_factory=dict)
    timezone: str = DEFAULT_ZONE

    _zone = field_validator("timezone")(zone_of)

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str | None) -> str | None:
        if url is not None and web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if sum((self.path is not None, self.url is not None, bool(self.secrets))) != 1:
            raise ValueError("needs exactly one of path, url and secrets")
        if self.secrets:
            webhook.Options(secrets=self.secrets)
        if self.secrets and self.means == "total":
            raise ValueError("what is pushed must be counts: differences of totals need a file or an address")
        return self

    @property
    def is_pushed(self) -> bool:
        """Whether the numbers are pushed to us."""
        return bool(self.secrets)


class Cursor(msgspec.Struct, frozen=True):
    """The file as it was (size and time of change), and of each measure when it was told last and its last total."""

    size: int = -1
    changed_ns: int = -1
    newest: dict[str, datetime] = {}
    totals: dict[str, float] = {}


class Collector:
    """Asks one file or address for its numbers.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session.
        now: tells when a number without time was counted (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._http = http
        self._now = now

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """One page, with what is new or may have been corrected; nothing where the numbers are pushed."""
        last = _last(cursor)
        if self._options.path is not None:
            yield await self._file(self._options.path, last)
        elif self._options.url is not None:
            yield self._page(await self._asked(self._options.url), last)

    async def _file(self, path: Path, last: Cursor) -> Page:
        try:
            stat = await asyncio.to_thread(path.stat)
            if (stat.st_size, stat.st_mtime_ns) == (last.size, last.changed_ns):
                return Page(cursor=_encode(last), unchanged=True)
            if stat.st_size > MAX_BYTES:
                raise SourceUnreadable(self._source_id, f"the file is larger than {MAX_BYTES:,} bytes")
            return await asyncio.to_thread(self._table, path, msgspec.structs.replace(last, size=stat.st_size, changed_ns=stat.st_mtime_ns))
        except OSError as error:
            raise SourceUnavailable(self._source_id, f"cannot read the file: {error.strerror}") from error

    def _table(self, path: Path, last: Cursor) -> Page:
        options = self._options
        names = {ours: (options.columns[ours],) if ours in options.columns else likely for ours, likely in NAMES.items()}
        try:
            found = from_table(decode(path.read_bytes()), names, options.name, zone(options.timezone), self._now())
        except TableError as error:
            raise SourceUnreadable(self._source_id, str(error)) from error
        return self._page(found, last)

    async def _asked(self, url: str) -> Numbers:
        token = self._options.token
        headers = None if token is None else {"Authorization": f"Bearer {token.get_secret_value()}"}
        document, _ = await ask_json(self._http, url, source=self._source_id, headers=headers)
        return _read(document, self._options, self._source_id, self._now())

    def _page(self, found: Numbers, last: Cursor) -> Page:
        """What of it is new: nothing older than two days before the newest that was told."""
        fresh = [one for one in found.counts if one.name not in last.newest or one.at >= last.newest[one.name] - AGAIN]
        totals = dict(last.totals)
        if self._options.means == "total":
            fresh, totals = differences([one for one in fresh if one.name not in last.newest or one.at > last.newest[one.name]], totals)
        newest = {**last.newest, **_newest(found.counts, last.newest)}
        kept = dict(sorted(newest.items(), key=lambda item: item[1], reverse=True)[:MAX_NAMES])
        after = Cursor(
            size=last.size, changed_ns=last.changed_ns, newest=kept, totals={name: totals[name] for name in kept if name in totals}
        )
        return Page(counts=tuple(fresh), skipped=found.skipped, problem=found.problem, cursor=_encode(after))


def receive(headers: Mapping[str, str], body: bytes, options: Options, *, source_id: str, now: datetime) -> Page:
    """The numbers of a signed message: `{"name", "at", "value"}`, a list of them, or `{"name": value, ...}`.

    Raises:
        WebhookRefused: not signed, or not now.
        SourceUnreadable: none of it can be read.
    """
    webhook.verify(headers, body, [secret.get_secret_value() for secret in options.secrets], now)
    found = _read(decoded(body, source_id), options, source_id, now)
    return Page(counts=found.counts, skipped=found.skipped, problem=found.problem)


message_id = webhook.message_id


def _read(document: Any, options: Options, source_id: str, now: datetime) -> Numbers:
    fields = {ours: options.columns.get(ours, ours) for ours in NAMES}  # type: ignore[call-overload]
    try:
        found = from_json(at_pointer(document, options.pointer), fields, options.name, zone(options.timezone), now)
    except LookupError as error:
        raise SourceUnreadable(source_id, f"its JSON holds nothing at {options.pointer}") from error
    if found.skipped and not found.counts:
        raise SourceUnreadable(source_id, f"no number could be read: {found.problem}")
    return found


def _newest(counts: tuple[Measured, ...], before: Mapping[str, datetime]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for one in counts:
        found[one.name] = max(one.at, found.get(one.name, one.at), before.get(one.name, one.at))
    return found


def _encode(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()


def _last(cursor: str | None) -> Cursor:
    try:
        last = msgspec.json.decode(cursor or "", type=Cursor)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Cursor()
    return last if all(at.tzinfo for at in last.newest.values()) else Cursor()
