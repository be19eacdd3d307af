"""The coverage statement: which places were heard whole in a stretch of time, and of the others since when and why not.

Unknown is not zero (rule 8). Every alert, every incident's page and every figure is worth as much as what we could hear, so each says it.
Held as references (source ids, states, times); put into the reader's words when read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from core.records import Incident, Record, Words
from store import blindness, meter, sources
from store.blindness import Blindness, Health
from store.database import Tx

State = Literal["whole", "refused", "blind", "spent", "silent", "capped", "partial", "new"]
UNHEARD: Final[tuple[State, ...]] = ("refused", "blind", "spent")  # nothing of what is said there reaches us
HALF_HEARD: Final[tuple[State, ...]] = ("silent", "capped", "partial")
WHOLE: Final = 0.95  # of the stretch; polls do not come on the second
TURNS: Final = 3  # a source may come so many intervals late before its newest stretch is called unheard
PUSHED_S: Final = 3600.0  # the turn of what is played back or pushed to us
BEFORE: Final = timedelta(hours=1)  # an incident's coverage is told from so long before it opened
TODAY: Final = timedelta(hours=18)  # an earlier time needs its date
NOW: Final = timedelta(minutes=5)  # a stretch that ended longer ago is told by what was recorded, not by how things are now


class ListenedSource(Record, frozen=True, kw_only=True, gc=False):
    """A source as configured: how often it is asked (s), and what it may cost a day in its platform's units."""

    every_s: float
    per_day: float | None = None


class UnseenPlace(Record, frozen=True, kw_only=True, gc=False):
    """A place that no program may see, as configured; `topics` empty: all. `person` looks there `within_s` seconds of being asked."""

    id: str
    name: str
    person: str
    within_s: float
    why: str = "closed"
    topics: tuple[str, ...] = ()


class Listening(Record, frozen=True, kw_only=True, gc=False):
    """Where we listen, and where nobody can; `sources` None: whatever has ever been heard."""

    sources: dict[str, ListenedSource] | None = None
    unseen: tuple[UnseenPlace, ...] = ()

    def unseen_of(self, topic_id: str | None) -> tuple[UnseenPlace, ...]:
        """The unseen places of a topic; none where an incident has no topic."""
        return tuple(place for place in self.unseen if topic_id is not None and (not place.topics or topic_id in place.topics))


class SourceCoverage(Record, frozen=True, kw_only=True, gc=False):
    """How one source was heard: `heard` is the share (0 to 1) of the stretch, `since` when it was heard last, or spoke last where it is silent."""

    source_id: str
    state: State
    heard: float = 1.0
    since: datetime | None = None
    why: str | None = None

    def words(self, now: datetime) -> Words:
        """In one clause: "vnexpress từ 02:10 (HTTP 503)"; of another day with its date."""
        args: dict[str, Any] = {"source": self.source_id, "heard": self.heard, "why": self.why or "-"}
        if self.since is not None:
            key = "coverage.since" if now - self.since < TODAY else "coverage.since_day"
            args["since"] = {"key": key, "args": {"at": self.since.isoformat()}}
        never = ".never" if self.since is None and self.state in (*UNHEARD, "silent") else ""
        return Words(key=f"coverage.source.{self.state}{never}", args=args)


class Coverage(Record, frozen=True, kw_only=True, gc=False):
    """The statement for [start, end): every source that we listen to, by id, and what cannot be seen at all."""

    start: datetime
    end: datetime
    sources: tuple[SourceCoverage, ...] = ()
    unseen: tuple[UnseenPlace, ...] = ()

    def of(self, *states: State) -> tuple[SourceCoverage, ...]:
        """The sources in these states."""
        return tuple(one for one in self.sources if one.state in states)

    @property
    def asked(self) -> int:
        """How many sources there are, without those that were not asked yet."""
        return len(self.sources) - len(self.of("new"))

    @property
    def heard(self) -> int:
        """How many of them were heard, whole or in part."""
        return self.asked - len(self.of(*UNHEARD))

    @property
    def is_whole(self) -> bool:
        """Whether every source was heard whole."""
        return len(self.of("whole", "new")) == len(self.sources)


def coverage_of(tx: Tx, listening: Listening, start: datetime, end: datetime, now: datetime, *, topic_id: str | None = None) -> Coverage:
    """The statement from what is stored; `topic_id` names whose unseen places it lists."""
    return state(
        [one for one in blindness.health(tx) if listening.sources is None or one.id in listening.sources],
        sources.heard_between(tx, start, end),
        blindness.between(tx, start, end),
        meter.spent(tx, now.date()) if now - end <= NOW else {},
        listening,
        start,
        end,
        is_now=now - end <= NOW,
        topic_id=topic_id,
    )


def coverage_at(tx: Tx, listening: Listening, incident: Incident, now: datetime) -> Coverage:
    """What was heard while an incident was open, from an hour before; where it is closed, up to its end."""
    end = incident.resolved_at if incident.resolved_at is not None and not incident.is_open else now
    return coverage_of(tx, listening, incident.opened_at - BEFORE, min(end, now), now, topic_id=incident.topic_id)


def state(
    known: Sequence[Health],
    heard: Mapping[str, Sequence[tuple[datetime, datetime]]],
    blind: Sequence[Blindness],
    spent: Mapping[str, float],
    listening: Listening,
    start: datetime,
    end: datetime,
    *,
    is_now: bool = True,
    topic_id: str | None = None,
) -> Coverage:
    """The statement. Pure.

    Args:
        known: the sources' health, which counts where the stretch ends now.
        heard: by source, when it was heard.
        blind: what was found blind in the stretch.
        spent: by source, what it has cost today.
        listening: the configuration.
        start: of the stretch.
        end: of the stretch.
        is_now: False: it lies behind, and is told by what was recorded.
        topic_id: whose unseen places.
    """
    spells = {one.source_id: one for one in blind}
    found = []
    for health in sorted(known, key=lambda one: one.id):
        own = None if listening.sources is None else listening.sources.get(health.id)
        found.append(
            _source(health, own, heard.get(health.id, ()), spells.get(health.id), spent.get(health.id, 0.0), start, end, is_now=is_now)
        )
    return Coverage(start=start, end=end, sources=tuple(found), unseen=listening.unseen_of(topic_id))


def is_spent(health: Health, own: ListenedSource | None, spent: float, now: datetime) -> bool:
    """Whether it waits because its budget, or what the platform allows, is used up."""
    over = own is not None and own.per_day is not None and spent >= own.per_day
    empty = health.quota_left is not None and health.quota_left <= 0 and health.quota_resets_at is not None and health.quota_resets_at > now
    return (over or empty) and health.next_poll_at is not None and health.next_poll_at > now


def _source(
    health: Health,
    own: ListenedSource | None,
    heard: Sequence[tuple[datetime, datetime]],
    spell: Blindness | None,
    spent: float,
    start: datetime,
    end: datetime,
    *,
    is_now: bool,
) -> SourceCoverage:
    if health.first_poll_at is None and not health.failures and health.paused_because is None:
        return SourceCoverage(source_id=health.id, state="new", heard=0.0)
    begin = max(start, health.first_poll_at or start)  # before it was a source it was no gap
    share = round(_share(heard, begin, _known_until(health, own, end) if is_now else end), 3)
    trouble = _trouble_now(health, own, spent, end) if is_now else None
    if trouble is not None:
        return SourceCoverage(source_id=health.id, state=trouble[0], heard=share, since=health.last_success_at, why=trouble[1])
    if spell is not None and (spell.ended_at is None or not is_now):
        silent = spell.why == "silent"
        return SourceCoverage(source_id=health.id, state="silent" if silent else "blind", heard=share, since=spell.since, why=spell.detail)
    if is_now and health.missed in ("capped", "partial"):
        return SourceCoverage(source_id=health.id, state="capped" if health.missed == "capped" else "partial", heard=share)
    return SourceCoverage(source_id=health.id, state="whole" if share >= WHOLE else "partial", heard=share)


def _trouble_now(health: Health, own: ListenedSource | None, spent: float, now: datetime) -> tuple[State, str | None] | None:
    """Why nothing of it reaches us at this moment; None where it does."""
    if health.paused_because is not None:
        return "refused", health.paused_because
    if is_spent(health, own, spent, now):
        return "spent", None
    return ("blind", health.last_error) if health.failures else None


def _known_until(health: Health, own: ListenedSource | None, end: datetime) -> datetime:
    """Until when it can be known at all: the next look is still to come."""
    last = health.last_success_at
    usual = own.every_s if own is not None else PUSHED_S
    return last if last is not None and end - last <= TURNS * timedelta(seconds=max(health.every_s or 0.0, usual)) else end


def _share(heard: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime) -> float:
    if end <= start:
        return 1.0
    known = sum((max(timedelta(0), min(until, end) - max(since, start)) for since, until in heard), timedelta(0))
    return min(1.0, known / (end - start))
