"""The fleet-wide alarm budget: how many alarms a week over all topics may be chance, and which onset has to wait. Pure.

Each topic is watched every hour, and "once in four years" comes 25 times a week where five thousand are watched. So an onset of a burst is asked how
often chance alone would bring its like, by `frozen["log10_chance"]`: the base-10 logarithm of the chance that noise gives such an onset in an
hour of one topic. Three answers:

- *far*: at least 1.8 times the surprise that is asked for. It pages, costs nothing, and is believed to be real: it raises the level a little.
- *within*: at the level, and this week's budget is not spent. It pages and is paid for.
- *held*: chance brings too many of its like a week, or the budget is spent. Its signal is kept, its incident is opened to be watched, nobody is paged.

Why so: the sum of the levels over all topics and hours bounds the expected number of false alarms whatever depends on what, where rules for many
independent tests (LORD, SAFFRON) do not. The level never falls below its floor, so it cannot die in a long quiet or after a bad week; what discoveries add to it is
bounded and fades, as in the decaying-memory rules of Rebjock et al. And as chances are only as good as a baseline, what is paid for never
exceeds the budget in any seven days, however wrong they are.

Source: Rebjock, Kurt, Januschowski and Callot, "Online false discovery rate control for anomaly detection in time series", NeurIPS 34 (2021).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Literal

from alerting.corroboration import TONE, VOLUME, family_of
from core.records import Record, Signal

WEEK: Final = timedelta(days=7)
WEEK_H: Final = 168
HOUR_S: Final = 3600
FEW_TOPICS: Final = 50  # fewer have no budget unless one is given
ALARMS_A_WEEK: Final = 10.0  # where none is given
FLOOR: Final = 0.25  # of the budget that chance is expected to spend; the rest is kept for what is real and small
MOST: Final = 0.5  # of the budget that it may be expected to spend when much was real of late
GAIN: Final = 0.05  # of the way from floor to most, for each that is believed to be real
HALF_LIFE: Final = timedelta(days=14)  # of what was gained
FAR: Final = 1.8  # times the surprise asked for
USUAL_CHANCE: Final = 3e-5  # of a detector's threshold where it does not say
HELD_FAMILIES: Final = frozenset({VOLUME, TONE})  # what is made of counts, so that chance alone can raise it


class Budget(Record, frozen=True, kw_only=True, gc=False):
    """`alarms` a week over the whole fleet; `looks`: topics times families of signals times the hours of a week; `topics` to say it."""

    alarms: float
    looks: float
    topics: int


class Wealth(Record, frozen=True, kw_only=True, gc=False):
    """What the budget remembers between onsets: small, JSON, the same in a replay.

    `gained`: 0 to 1 of the way from floor to most, as it was at `at`. `spent`: (hour since the epoch, alarms paid for in it), the last week's.
    """

    at: datetime | None = None
    gained: float = 0.0
    spent: tuple[tuple[int, int], ...] = ()

    @property
    def used(self) -> int:
        """Alarms paid for."""
        return sum(count for _, count in self.spent)


class Ruling(Record, frozen=True, kw_only=True, gc=False):
    """`because`: "far" and "within" page; "chance" and "spent" hold. `a_week`: how many of its like chance brings a week over the fleet; `used`: paid for before it."""

    because: Literal["far", "within", "chance", "spent"]
    a_week: float
    used: int

    @property
    def holds(self) -> bool:
        """Whether the onset has to wait."""
        return self.because in ("chance", "spent")


def budget_of(given: float | Literal["unlimited"] | None, topics: int, kinds: Collection[str]) -> Budget | None:
    """The budget of a fleet; None where nothing is held: "unlimited", or nothing given and fewer than `FEW_TOPICS`.

    Args:
        given: `detectors.budget`.
        topics: how many are watched.
        kinds: of the signals that are switched on.
    """
    if given == "unlimited" or (given is None and topics < FEW_TOPICS):
        return None
    ways = len({family_of(kind) for kind in kinds} & HELD_FAMILIES)  # those of one family join one incident
    return Budget(alarms=ALARMS_A_WEEK if given is None else given, looks=float(max(topics, 1) * max(ways, 1) * WEEK_H), topics=topics)


def may_be_held(signal: Signal) -> bool:
    """Whether chance alone can raise its like. Never what people say in words or names a risk or a person, comes from outside, or is of a kind that we do not know."""
    return signal.risk is None and family_of(signal.kind) in HELD_FAMILIES


def log10_chance(signal: Signal) -> float:
    """The chance of such an onset in an hour of one topic, as its detector froze it; else as far beyond its threshold as its score says (0.5 at the threshold, 0.75 at three times its surprise)."""
    told = signal.frozen.get("log10_chance")
    if isinstance(told, int | float) and not math.isnan(told):
        return min(float(told), 0.0)
    options = signal.frozen.get("options")
    chance = options.get("chance") if isinstance(options, dict) else None
    threshold = -math.log10(chance) if isinstance(chance, float) and 0.0 < chance < 1.0 else -math.log10(USUAL_CHANCE)
    return -math.inf if signal.score >= 1.0 else -threshold * max(signal.score, 0.0) / (1.0 - signal.score)


def rule(budget: Budget, wealth: Wealth, log10_chance: float, now: datetime) -> tuple[Wealth, Ruling]:
    """Whether an onset of this chance pages at `now`; returns what to remember.

    Example:
        >>> from datetime import UTC
        >>> noon, fleet = datetime(2026, 11, 21, 12, tzinfo=UTC), budget_of(None, 5000, ["volume_spike"])
        >>> [rule(fleet, Wealth(), chance, noon)[1].because for chance in (-4.5, -6.0, -15.0)]
        ['chance', 'within', 'far']
    """
    wealth = _aged(wealth, now)
    asked = level(budget, wealth)
    ruling = Ruling(because="within", a_week=10.0**log10_chance * budget.looks, used=wealth.used)
    if log10_chance <= FAR * asked:
        gained = min(1.0, wealth.gained + GAIN)
        return Wealth(at=wealth.at, gained=gained, spent=wealth.spent), _because(ruling, "far")
    if log10_chance > asked:
        return wealth, _because(ruling, "chance")
    if wealth.used + 1 > budget.alarms:
        return wealth, _because(ruling, "spent")
    return _paid(wealth, now), ruling


def level(budget: Budget, wealth: Wealth) -> float:
    """log10 of the chance, for one topic in one hour, up to which an onset pages."""
    share = FLOOR + (MOST - FLOOR) * wealth.gained
    return min(math.log10(share * budget.alarms / budget.looks), 0.0)


def sure_scores(budget: Budget, chance: float) -> tuple[float, float]:
    """The scores at which a detector whose threshold is this chance reaches the budget's floor, and is far beyond it.

    Detectors tell an onset as it passes their threshold, when it is as unsure as it will ever be: one that was held has to be told once more.

    Example:
        >>> fleet = budget_of(None, 5000, ["volume_spike"])
        >>> [round(score, 2) for score in sure_scores(fleet, 3e-5)]
        [0.55, 0.69]
    """
    asked, threshold = -level(budget, Wealth()), -math.log10(chance)
    return asked / (asked + threshold), FAR * asked / (FAR * asked + threshold)


def _because(ruling: Ruling, because: Literal["far", "chance", "spent"]) -> Ruling:
    return Ruling(because=because, a_week=ruling.a_week, used=ruling.used)


def _aged(wealth: Wealth, now: datetime) -> Wealth:
    """What is left of it at `now`."""
    since = max(now - wealth.at, timedelta(0)) if wealth.at is not None else timedelta(0)
    oldest = math.floor((now - WEEK).timestamp() / HOUR_S)
    return Wealth(
        at=now if wealth.at is None else max(wealth.at, now),
        gained=wealth.gained * 0.5 ** (since / HALF_LIFE),
        spent=tuple((hour, count) for hour, count in wealth.spent if hour >= oldest),
    )


def _paid(wealth: Wealth, now: datetime) -> Wealth:
    hours = dict(wealth.spent)
    hour = math.floor(now.timestamp() / HOUR_S)
    hours[hour] = hours.get(hour, 0) + 1
    return Wealth(at=wealth.at, gained=wealth.gained, spent=tuple(sorted(hours.items())))
