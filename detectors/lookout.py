"""The Lookout: health of all sources -> what is blind, what is heard again -> signals -> wake the Intake.

A source that goes blind is told once, and once when it is heard again. What goes blind together, or within the hour, is one group and so
one incident: when our own line is down nobody wants three hundred.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from msgspec.structs import asdict, replace

from core.records import Record, Signal, Tier, Words
from detectors.base import BlindSpot, SourceDetector, SourceHealth
from detectors.raising import signal_about
from store import blindness, signals
from store.blindness import Blindness
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

HEARD_AGAIN: Final = "source_heard"  # the kind of signal that ends it
LOOK_EVERY: Final = timedelta(minutes=1)
SETTLE: Final = timedelta(minutes=10)  # after a start, or a standstill of our own, the sources are asked before they are judged
OVERDUE: Final = timedelta(minutes=30)  # less is no doubt at all
SILENCE_EVERY: Final = timedelta(minutes=5)
ASK_AGAIN: Final = timedelta(minutes=10)  # a silence that was found usual is compared again after so long
COMPARED: Final = 200  # silences compared with the days before in one step
JOINT: Final = timedelta(hours=1)  # what goes blind so soon after another belongs to it
SAME_TROUBLE: Final = timedelta(hours=6)  # so does the same source going blind again
HEARD_SHARE: Final = 0.9  # of a stretch that must have been heard to be compared with
USUAL: Final = timedelta(days=7)  # what a topic's usual volume is taken from
DAY: Final = timedelta(days=1)
STRETCHES: Final = 14  # like stretches before that a silence is compared with
NAMED: Final = 5  # sources named in a sentence
ENOUGH: Final = 20  # mentions of a topic in that time; fewer make no share


class Source(Record, frozen=True, kw_only=True, gc=False):
    """A source as the Lookout needs it."""

    every: timedelta
    tier: Tier = "social"


class Lookout:
    """Watches over the sources themselves.

    Args:
        store: health in, signals out.
        sources: those that are listened to, by id; others are nobody's concern.
        detector: judges.
        generation: the configuration's number, which signals carry.
        settle: how long after a start or a standstill nothing is called blind.
    """

    def __init__(
        self, store: Store, sources: Mapping[str, Source], detector: SourceDetector, *, generation: int, settle: timedelta = SETTLE
    ) -> None:
        self._store = store
        self._sources = dict(sources)
        self._detector = detector
        self._generation = generation
        self._settle = settle
        self._usual_until: dict[str, datetime] = {}
        self._silence_at: datetime | None = None
        self._stepped_at: datetime | None = None
        self._settled_at: datetime | None = None

    async def step(self, now: datetime) -> datetime | None:
        """Look once; returns when to look again."""
        if self._stepped_at is None or self._settled_at is None or now - self._stepped_at > SETTLE:
            self._settled_at = now + self._settle
        self._stepped_at = now
        found, over = await self._store.database.read(self._look, now)
        found = found if now >= self._settled_at else []
        if found or over:
            await self._store.signals.publish(await self._store.database.write(self._save, found, over, now))
        return now + LOOK_EVERY

    def _look(self, tx: Tx, now: datetime) -> tuple[list[BlindSpot], list[Blindness]]:
        """What is newly blind, and which blindness is over."""
        doubtful = {one.id: self._health(one) for one in blindness.doubtful(tx, now - OVERDUE) if one.id in self._sources}
        lasting = {one.source_id: one for one in blindness.lasting(tx)}
        over = [
            one for one in lasting.values() if one.source_id not in doubtful or self._detector.is_over(_spot(one), doubtful[one.source_id])
        ]
        others = 0 if not doubtful else sum(name in self._sources and name not in doubtful for name in blindness.asked(tx))
        unheard = self._detector.unheard(list(doubtful.values()), now, others=others)
        found = [*unheard, *self._silent(tx, {*lasting, *(spot.source_id for spot in unheard)}, now)]
        return [spot for spot in found if spot.source_id not in lasting], over

    def _health(self, stored: blindness.Health) -> SourceHealth:
        own = self._sources[stored.id]
        values = {name: value for name, value in asdict(stored).items() if name in SourceHealth.__struct_fields__ and name != "every_s"}
        return SourceHealth(**values, every_s=own.every.total_seconds(), tier=own.tier)

    def _silent(self, tx: Tx, but: set[str], now: datetime) -> list[BlindSpot]:
        """Those silent against their habit. Comparing costs a statement each, so it rests between, and what was found usual rests longer."""
        if self._silence_at is not None and now < self._silence_at:
            return []
        self._silence_at = now + SILENCE_EVERY
        quiet = [self._health(one) for one in blindness.quiet(tx, now - OVERDUE) if one.id in self._sources and one.id not in but]
        wanted = [one for one in quiet if self._usual_until.get(one.id, now) <= now and self._detector.silence(one) is not None]
        spots: list[BlindSpot] = []
        for source in wanted[:COMPARED]:
            self._usual_until[source.id] = now + ASK_AGAIN
            last = source.last_success_at or now
            heard = blindness.heard_in(tx, source.id, last - timedelta(seconds=1), now + DAY)
            silence = self._detector.silence(replace(source, heard_since=heard[-1][0] if heard else last))
            spot = None if silence is None else self._detector.silent(source, silence, _counts_before(tx, source.id, silence))
            if spot is not None:
                spots.append(spot)
        return spots

    def _save(self, tx: Tx, found: Sequence[BlindSpot], over: Sequence[Blindness], now: datetime) -> list[int]:
        """Record what changed and raise one signal a group; ids of the new signals. What another process recorded first is its to tell."""
        lasting = [one for one in blindness.lasting(tx) if one.id not in {ended.id for ended in over}]
        former = blindness.former(tx, [spot.source_id for spot in found], now - SAME_TROUBLE)
        begun: dict[int, list[BlindSpot]] = {}
        groups: dict[bool, int] = {}  # what goes blind in one step goes together, our own line apart
        for spot in found:
            group = groups.get(spot.why == "network") or group_of(spot, lasting, former, now)
            one = blindness.begin(tx, _blindness(spot, group, now))
            if one is not None and one.group_id is not None:
                lasting.append(one)
                groups[spot.why == "network"] = one.group_id
                begun.setdefault(one.group_id, []).append(spot)
        for spots in begun.values():
            log.warning("sources blind", sources=[spot.source_id for spot in spots[:NAMED]], count=len(spots), why=spots[0].why)
        raised = [self._blind(tx, group, spots, lasting, now) for group, spots in begun.items()]
        ended: dict[int, list[Blindness]] = {}
        for one in blindness.end(tx, [one.id for one in over], now):
            ended.setdefault(one.group_id or one.id, []).append(one)
        for again in ended.values():
            log.info("sources heard again", sources=[one.source_id for one in again[:NAMED]], count=len(again))
        raised += [self._heard(group, again, lasting, now) for group, again in ended.items()]
        return signals.add(tx, raised)

    def _blind(self, tx: Tx, group: int, spots: Sequence[BlindSpot], lasting: Sequence[Blindness], now: datetime) -> Signal:
        blind = {one.source_id for one in lasting}
        topic, share = unseen_share(blindness.volumes(tx, now - USUAL), blind)
        tiers = sorted({self._sources[spot.source_id].tier for spot in spots})
        facts = {"group": group, "blind": len(blind), "all": len(self._sources), "tiers": tiers, "topic": topic, "unseen": share}
        finding = self._detector.tell(spots, now, facts)
        if len(spots) == 1:
            return signal_about(finding, subject=f"source:{spots[0].source_id}", topic_id=None, now=now, generation=self._generation)
        together = replace(finding, bucket_start=now)
        return signal_about(together, subject=f"sources:{group}", topic_id=None, now=now, generation=self._generation)

    def _heard(self, group: int, again: Sequence[Blindness], lasting: Sequence[Blindness], now: datetime) -> Signal:
        """The signal that a group, or a part of it, is heard again."""
        names = sorted(one.source_id for one in again)
        left = sum(one.group_id == group for one in lasting)
        args: dict[str, Any] = {"count": len(names), "sources": names[:NAMED] + ["…"] * (len(names) > NAMED), "left": left}
        return Signal(
            kind=HEARD_AGAIN,
            subject=f"sources:{group}",
            bucket_start=now,
            topic_id=None,
            scale_s=max(60, int((now - min(one.since for one in again)).total_seconds())),
            observed=float(len(names)),
            expected=None,
            low=None,
            high=None,
            unit="sources",
            score=0.0,
            words=Words(key=f"signal.{HEARD_AGAIN}", args=args),
            raised_at=now,
            frozen={"group": group, "sources": [{"id": name} for name in names], "left": left},
            generation=self._generation,
        )


def group_of(spot: BlindSpot, lasting: Sequence[Blindness], former: Sequence[Blindness], now: datetime) -> int | None:
    """The group that a source joins as it goes blind; None: one of its own. Pure."""
    same = [one for one in former if one.source_id == spot.source_id]
    line = [one for one in lasting if one.why == spot.why == "network"]
    lately = [one for one in lasting if now - one.found_at <= JOINT]
    return next((one.group_id for one in (*reversed(line), *reversed(lately), *reversed(same))), None)


def like_before(stretch: tuple[datetime, datetime]) -> list[tuple[datetime, datetime]]:
    """The like stretches of the days before, the latest first: the same hours, whole days ago, so that none touches another. Pure."""
    start, until = stretch
    apart = DAY * math.ceil((until - start) / DAY)
    return [(start - number * apart, until - number * apart) for number in range(1, STRETCHES + 1)]


def unseen_share(volumes: Mapping[str, Mapping[str, int]], blind: set[str]) -> tuple[str | None, float | None]:
    """The topic of which most is unseen, and how much of its usual volume (0 to 1) that is; None where too little is known. Pure."""
    shares = {
        topic: sum(count for source, count in by_source.items() if source in blind) / total
        for topic, by_source in volumes.items()
        if (total := sum(by_source.values())) >= ENOUGH
    }
    if not shares:
        return None, None
    topic = max(shares, key=lambda name: (shares[name], name))
    return topic, round(shares[topic], 3)


def _counts_before(tx: Tx, source_id: str, silence: tuple[datetime, datetime]) -> list[int]:
    """How many mentions the like stretches before held, where the source was heard nearly all the time."""
    stretches = like_before(silence)
    heard = blindness.heard_in(tx, source_id, stretches[-1][0], stretches[0][1])
    known = [one for one in stretches if _share_heard(one, heard) >= HEARD_SHARE]
    return blindness.spoken(tx, source_id, known)


def _share_heard(stretch: tuple[datetime, datetime], heard: Sequence[tuple[datetime, datetime]]) -> float:
    start, until = stretch
    known = sum((max(timedelta(0), min(until, end) - max(start, begin)) for begin, end in heard), timedelta(0))
    return known / (until - start)


def _spot(one: Blindness) -> BlindSpot:
    return BlindSpot(source_id=one.source_id, why=one.why, since=one.since, detail=one.detail, expected=one.expected)  # type: ignore[arg-type]


def _blindness(spot: BlindSpot, group: int | None, now: datetime) -> Blindness:
    return Blindness(
        source_id=spot.source_id,
        why=spot.why,
        since=spot.since,
        found_at=now,
        detail=spot.detail,
        expected=spot.expected,
        group_id=group,
    )
