"""How each person's channel does: what went out, what failed, which test was tapped, and which channel is red.

A red channel is one that pages should not rely on: it is "failing" (more than one try in a hundred of the last quarter of an hour), it was "refused" (the
service said no for good: blocked, gone), or it is "unconfirmed" (two weekly tests without a human's tap).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select, update

from store.database import insert
from store.schema_paging import channel_states

RedBecause = Literal["failing", "refused", "unconfirmed"]
WINDOW: Final = timedelta(minutes=15)  # failures are counted over it, by the minute
BORNE: Final = 0.01  # share of tries that may fail
SLIPS: Final = 2  # failures that the next try mends; one more in the window counts
MISSES: Final = 2  # tests in a row that nobody tapped
_MINUTE_S: Final = 60


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of one person. `tally`: [minute since the epoch, went out, failed], the last quarter of an hour; `last_error` is the service's, raw."""

    person: str
    channel: str
    tested_at: datetime | None = None
    confirmed_at: datetime | None = None
    misses: int = 0
    red_since: datetime | None = None
    red_because: RedBecause | None = None
    last_sent_at: datetime | None = None
    last_failed_at: datetime | None = None
    last_error: str | None = None
    missed_at: datetime | None = None
    tally: tuple[tuple[int, int, int], ...] = ()

    @property
    def is_unanswered(self) -> bool:
        """Whether a test went out that nobody tapped yet, and that was not counted as missed."""
        waits = self.tested_at is not None and self.last_sent_at is not None and self.last_sent_at >= self.tested_at
        return waits and all(at is None or at < self.tested_at for at in (self.confirmed_at, self.missed_at))  # type: ignore[operator]

    @property
    def is_red(self) -> bool:
        """Whether pages should not rely on it."""
        return self.red_since is not None

    def tries(self, now: datetime) -> tuple[int, int]:
        """How many messages went out, and how many tries failed, in the last quarter of an hour."""
        kept = _kept(self.tally, now)
        return sum(went for _, went, _ in kept), sum(failed for _, _, failed in kept)


def went_out(tx: Connection, person: str, channel: str, now: datetime) -> None:
    """A message went out: a channel that was failing or refused works again; one that nobody confirms stays red until somebody taps."""
    state = _locked(tx, person, channel)
    mended = {} if state.red_because == "unconfirmed" else _GREEN
    _save(tx, state, last_sent_at=now, tally=_counted(state, now, went=1), **mended)


def failed(tx: Connection, person: str, channel: str, now: datetime, reason: str, permanent: bool) -> bool:  # noqa: FBT001 - as the receipt says it
    """A try failed, for good where `permanent` (404, 410, blocked); whether the channel turned red by it."""
    state = _locked(tx, person, channel)
    tally = _counted(state, now, failed=1)
    values: dict[str, Any] = {"last_failed_at": now, "last_error": reason, "tally": tally}
    went, lost = msgspec.structs.replace(state, tally=tally).tries(now)
    turns = not state.is_red and (permanent or (lost > SLIPS and lost > BORNE * (went + lost)))
    if turns:
        values |= {"red_since": now, "red_because": "refused" if permanent else "failing"}
    _save(tx, state, **values)
    return turns


def tested(tx: Connection, person: str, channel: str, now: datetime) -> None:
    """A test page was planned, that somebody is to tap."""
    _save(tx, _locked(tx, person, channel), tested_at=now)


def confirmed(tx: Connection, person: str, channel: str, now: datetime) -> None:
    """A human tapped: whatever was wrong with the channel is over."""
    _save(tx, _locked(tx, person, channel), confirmed_at=now, misses=0, **_GREEN)


def missed(tx: Connection, person: str, channel: str, now: datetime) -> bool:
    """A test was not tapped until the next; whether the channel turned red by it."""
    state = _locked(tx, person, channel)
    misses = state.misses + 1
    turns = not state.is_red and misses >= MISSES
    _save(tx, state, misses=misses, missed_at=now, **({"red_since": now, "red_because": "unconfirmed"} if turns else {}))
    return turns


def forgive(tx: Connection, now: datetime) -> list[tuple[str, str]]:
    """Try those again that were failing and have not failed for a quarter of an hour; returns (person, channel) of each."""
    rested = (channel_states.c.red_because == "failing") & (channel_states.c.last_failed_at <= now - WINDOW)
    mended = update(channel_states).where(rested).values(**_GREEN).returning(channel_states.c.person, channel_states.c.channel)
    return sorted((person, channel) for person, channel in tx.execute(mended))


def red(tx: Connection) -> dict[tuple[str, str], RedBecause]:
    """(person, channel) -> why, of each red channel."""
    return {(person, channel): why for person, channel, why in tx.execute(_RED)}


_RED = select(channel_states.c.person, channel_states.c.channel, channel_states.c.red_because).where(
    channel_states.c.red_since.is_not(None)
)


def get(tx: Connection, person: str, channel: str) -> ChannelState:
    """One channel; one that was never used is as new."""
    row = tx.execute(select(channel_states).where(_is(person, channel))).mappings().first()
    return ChannelState(person=person, channel=channel) if row is None else _state(row)


def listing(tx: Connection) -> list[ChannelState]:
    """All that were ever used, by person and channel."""
    return [
        _state(row) for row in tx.execute(select(channel_states).order_by(channel_states.c.person, channel_states.c.channel)).mappings()
    ]


_GREEN: Final[dict[str, Any]] = {"red_since": None, "red_because": None}


def _locked(tx: Connection, person: str, channel: str) -> ChannelState:
    """The row, made where there is none; nobody else changes it until the end of the transaction."""
    tx.execute(insert(tx, channel_states).on_conflict_do_nothing(), {"person": person, "channel": channel, "misses": 0})
    return _state(tx.execute(_LOCKED, {"of": person, "on": channel}).mappings().one())


def _save(tx: Connection, state: ChannelState, **values: Any) -> None:
    tx.execute(_SAVED, {"of": state.person, "on": state.channel, **values})


def _counted(state: ChannelState, now: datetime, *, went: int = 0, failed: int = 0) -> tuple[tuple[int, int, int], ...]:
    minute = int(now.timestamp()) // _MINUTE_S
    kept = {at: (gone, lost) for at, gone, lost in _kept(state.tally, now)}
    gone, lost = kept.get(minute, (0, 0))
    kept[minute] = (gone + went, lost + failed)
    return tuple((at, *counts) for at, counts in sorted(kept.items()))


def _kept(tally: tuple[tuple[int, int, int], ...], now: datetime) -> list[tuple[int, int, int]]:
    return [each for each in tally if each[0] * _MINUTE_S > (now - WINDOW).timestamp() - _MINUTE_S]


def _is(person: Any, channel: Any) -> Any:
    return (channel_states.c.person == person) & (channel_states.c.channel == channel)


_LOCKED = select(channel_states).where(_is(bindparam("of"), bindparam("on"))).with_for_update()
_SAVED = update(channel_states).where(_is(bindparam("of"), bindparam("on")))


def _state(row: RowMapping) -> ChannelState:
    told = {name: row[name] for name in ChannelState.__struct_fields__}
    return msgspec.convert(told | {"tally": row["tally"] or []}, ChannelState)
