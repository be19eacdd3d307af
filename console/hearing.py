"""How each source is heard: what the sources page, `tocsin sources` and the probes show. Worst first, with one line why and one what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal

from alerting.coverage import Coverage, ListenedSource, Listening, SourceCoverage, coverage_of, is_spent
from console import shelf
from console.config import Config
from console.listening import listening_of
from core.errors import ConfigError
from core.messages import Translator
from listener.pushed import waits
from listener.settings import SourceSettings
from store import blindness, meter
from store.blindness import Blindness, Health
from store.database import Tx
from store.meter import Looked

Condition = Literal["refused", "blind", "silent", "failing", "spent", "capped", "partial", "new", "pushed", "fine", "off"]
WORST_FIRST: Final[tuple[Condition, ...]] = (
    "refused",
    "blind",
    "silent",
    "failing",
    "spent",
    "capped",
    "partial",
    "new",
    "pushed",
    "fine",
    "off",
)
DAY: Final = timedelta(days=1)
ENOUGH: Final = 0.9  # of a day; less is said


@dataclass(frozen=True)
class HeardSource:
    """One source, as configured (None: no longer) and as it is heard.

    Args:
        id: its id.
        settings: of config.yaml.
        health: None where it never began.
        day: how it was heard in the last 24 hours.
        spell: the blindness that lasts.
        today: looks, failures and cost since midnight UTC.
        month: the same since the first of the month.
        now: when this was told.
    """

    id: str
    settings: SourceSettings | None
    health: Health
    day: SourceCoverage | None
    spell: Blindness | None
    today: Looked
    month: Looked
    now: datetime

    @property
    def kind(self) -> str:
        """The kind, as configured or as it was."""
        return self.health.kind if self.settings is None else self.settings.kind

    @property
    def condition(self) -> Condition:
        """In one word."""
        health = self.health
        if self.settings is None or not self.settings.enabled:
            return "off"
        if health.paused_because is not None:
            return "refused"
        if self.spell is not None:
            return "silent" if self.spell.why == "silent" else "blind"
        if health.failures:
            return "failing"
        return self._uncertain or ("new" if health.last_success_at is None else "fine")

    @property
    def _uncertain(self) -> Condition | None:
        """What is not whole, of a source that answers."""
        assert self.settings is not None
        if is_spent(self.health, self._listened, self.today.cost, self.now):
            return "spent"
        if _is_waited_for(self.kind) and self.health.last_mention_at is None:
            return "pushed"
        if self.health.missed == "capped":
            return "capped"
        gap = self.day is not None and self.day.state != "new" and self.day.heard < ENOUGH
        return "partial" if self.health.missed == "partial" or gap else None

    @property
    def why(self) -> str | None:
        """The source's own answer in one line, where it is in trouble."""
        if self.condition in ("off", "fine", "new", "pushed"):
            return None
        return self.health.paused_because or self.health.last_error

    @property
    def heard_of_day(self) -> float | None:
        """Share (0 to 1) of the last 24 hours, or since it began, in which it was heard; None before it was."""
        return None if self.day is None or self.day.state == "new" else self.day.heard

    @property
    def _listened(self) -> ListenedSource:
        assert self.settings is not None
        return ListenedSource(every_s=self.settings.every.total_seconds(), per_day=self.settings.budget.per_day)

    def state(self, say: Translator) -> str:
        """The condition as a person reads it, with its numbers."""
        expected = None if self.spell is None else self.spell.expected
        since = None if self.spell is None else self.spell.since
        return say(
            f"source_said.{self.condition}", failures=self.health.failures, since=since or self.health.last_success_at, expected=expected
        )

    def mend(self, say: Translator) -> str:
        """What to do about it; empty where there is nothing."""
        key = f"source_mend.{self.condition}"
        if self.spell is not None and say.knows(f"{key}.{self.spell.why}"):
            key = f"{key}.{self.spell.why}"
        return say(key, source=self.id) if say.knows(key) else ""

    def cost(self, say: Translator) -> str:
        """Today's and the month's cost in the platform's unit, with the budget; empty where it costs nothing."""
        budget = None if self.settings is None else self.settings.budget.per_day
        if not self.month.cost and budget is None:
            return ""
        unit = say(f"cost_unit.{self.kind}") if say.knows(f"cost_unit.{self.kind}") else say("cost_unit")
        key = "source.cost" if budget is None else "source.cost_of"
        return say(key, today=self.today.cost, month=self.month.cost, unit=unit, budget=budget or 0)

    def quota(self, say: Translator) -> str:
        """What the platform says is left; empty where it does not say."""
        left, resets = self.health.quota_left, self.health.quota_resets_at
        if left is None:
            return ""
        return say("source.quota", left=left) if resets is None else say("source.quota_until", left=left, at=resets)

    def interval(self, say: Translator) -> str:
        """How often it is asked, and how often it should be where that differs."""
        if self.settings is None or _is_waited_for(self.kind):
            return ""
        usual = self.settings.every.total_seconds()
        now_s = self.health.every_s or usual
        return say("source.every", every=usual) if abs(now_s - usual) < 1 else say("source.every_now", now=now_s, every=usual)


def hearing_of(tx: Tx, config: Config, now: datetime) -> list[HeardSource]:
    """Every source, configured or stored, the worst first, then by id."""
    settings = {source.id: source for source in config.listener.sources}
    health = {one.id: one for one in blindness.health(tx)}
    everything = Listening(sources={name: ListenedSource(every_s=one.every.total_seconds()) for name, one in settings.items()})
    day = {one.source_id: one for one in coverage_of(tx, everything, now - DAY, now, now).sources}
    spells = {one.source_id: one for one in blindness.lasting(tx)}
    today, month = meter.total(tx, now.date(), now.date()), meter.total(tx, now.date().replace(day=1), now.date())
    found = [
        HeardSource(
            id=name,
            settings=settings.get(name),
            health=health.get(name) or Health(id=name, kind=settings[name].kind),
            day=day.get(name),
            spell=spells.get(name),
            today=today.get(name) or Looked(source_id=name, day=now.date()),
            month=month.get(name) or Looked(source_id=name, day=now.date()),
            now=now,
        )
        for name in {*settings, *health}
    ]
    return sorted(found, key=lambda one: (WORST_FIRST.index(one.condition), one.id))


def by_condition(found: Sequence[HeardSource]) -> dict[str, int]:
    """How many sources are in each condition; all of them are named."""
    counts = dict.fromkeys(WORST_FIRST, 0)
    for one in found:
        counts[one.condition] += 1
    return {str(name): count for name, count in counts.items()}


def lately(tx: Tx, config: Config, now: datetime) -> Coverage:
    """What was heard in the last hour, of the sources that are listened to."""
    return coverage_of(tx, listening_of(config), now - timedelta(hours=1), now, now)


def as_json(one: HeardSource) -> dict[str, Any]:
    """As `tocsin sources --json` prints it; times RFC 3339, lengths in seconds, cost in the platform's units."""
    health, settings = one.health, one.settings
    return {
        "id": one.id,
        "kind": one.kind,
        "configured": settings is not None,
        "enabled": settings is not None and settings.enabled,
        "tier": None if settings is None else settings.tier,
        "topic": None if settings is None else settings.topic,
        "state": one.condition,
        "blind_since": None if one.spell is None else one.spell.since.isoformat(),
        "why": one.why,
        "every_s": None if settings is None else settings.every.total_seconds(),
        "every_now_s": health.every_s,
        **_moments(health),
        "failures": health.failures,
        "last_error": health.last_error,
        "paused_because": health.paused_because,
        "usual_gap_s": health.usual_gap_s,
        "usual_delay_s": health.usual_delay_s,
        "mentions": health.mentions,
        "missed": health.missed,
        "heard_of_day": one.heard_of_day,
        "looks_today": one.today.looks,
        "failed_today": one.today.failed,
        "cost_today": one.today.cost,
        "cost_month": one.month.cost,
        "budget_per_day": None if settings is None else settings.budget.per_day,
        "quota_left": health.quota_left,
    }


def _moments(health: Health) -> Mapping[str, str | None]:
    names = ("first_poll_at", "last_success_at", "last_mention_at", "next_poll_at", "quota_resets_at")
    return {name: None if (at := getattr(health, name)) is None else at.isoformat() for name in names}


@cache
def _is_waited_for(kind: str) -> bool:
    """Whether others send to this kind, and nobody asks."""
    try:
        return waits(shelf.load(shelf.COLLECTORS, kind))
    except ConfigError:  # a kind of an earlier configuration
        return False
