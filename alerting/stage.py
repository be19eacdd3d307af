"""Which stage a crisis is in, from where it is heard and how fast: smouldering, outbreak, spread, cooling, flare-up. Pure.

    smouldering --press joins, or our reply made it worse--> outbreak --big pages carry it--> spread
         '------------------ the rate has fallen for two hours -----------------------> cooling --it comes back--> flare-up

Only what is known moves it: an hour in which a source could not be heard is no quiet hour, and a reply whose effect cannot be told made nothing worse.
Severity is not touched here; the press and the pages speak for it as factors, once.

Source: the stages are those that crisis desks in Vietnam work by (Buzzmetrics: âm ỉ, bùng phát, lan rộng); hạ nhiệt and bùng lại are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from alerting.events import Decision, StageTurned, line
from core.records import Incident, Record, Stage, Tier, Words

ACTOR: Final = "tending"
PRESS: Final[frozenset[Tier]] = frozenset({"press", "regulator"})
PAGES: Final[frozenset[Tier]] = frozenset({"page"})
FALLEN_TO: Final = 0.2  # of its peak hour: the rate has fallen
QUIET_HOURS: Final = 2  # so long
BACK_AT: Final = 0.5  # of its peak hour: it has come back
LEAST: Final = 5  # mentions in an hour, fewer are no comeback
ENOUGH: Final = 10  # mentions before and after a reply, fewer tell nothing of its effect
WORSE: Final = 0.15  # more of what is said is negative after a reply than before
RISING: Final[tuple[Stage, ...]] = ("smouldering", "outbreak", "spread")


class Effect(Record, frozen=True, kw_only=True, gc=False):
    """What became of the tone when we spoke at `at`: mentions and negative ones in the hour before and in the hour after."""

    at: datetime
    before: int
    negative_before: int
    after: int
    negative_after: int

    @property
    def change(self) -> float | None:
        """The change of the negative share, -1 to 1; None where there is too little to tell."""
        if self.before < ENOUGH or self.after < ENOUGH:
            return None
        return self.negative_after / self.after - self.negative_before / self.before


class Course(Record, frozen=True, kw_only=True, gc=False):
    """How an incident runs.

    `hourly`: mentions by hour, the running hour last; `known`: whether every source that carried it was heard in the last `QUIET_HOURS`. `carriers`:
    (source id, tier) of those that carry it. `reply`: the effect of our last words in public, None where we said nothing.
    """

    hourly: tuple[int, ...]
    known: bool
    carriers: tuple[tuple[str, Tier], ...] = ()
    reply: Effect | None = None

    @property
    def peak(self) -> int:
        """Mentions in its loudest hour."""
        return max(self.hourly, default=0)

    @property
    def rate(self) -> int:
        """Mentions in the last hour."""
        return self.hourly[-1] if self.hourly else 0

    def of(self, tiers: frozenset[Tier]) -> list[str]:
        """The carriers of these tiers."""
        return sorted(name for name, tier in self.carriers if tier in tiers)


def stage_of(stage: Stage, course: Course) -> StageTurned | None:
    """The stage that an incident has come to, and why; None where it stays as it is.

    Example:
        >>> stage_of("smouldering", Course(hourly=(3, 9), known=True, carriers=(("vnexpress", "press"),))).stage
        'outbreak'
    """
    if stage in ("cooling", "flare-up"):
        again = stage == "cooling" and _is_back(course)
        if again:
            return StageTurned(stage="flare-up", because=_because("came_back", rate=course.rate, peak=course.peak))
        return _cooled(course) if stage == "flare-up" else None
    risen = _risen(stage, course)
    return risen or _cooled(course)


def turn(incident: Incident, event: StageTurned, now: datetime) -> Decision:
    """The incident at its new stage, and the line that says why."""
    if not incident.is_open or event.stage == incident.stage:
        return Decision(incident=incident)
    because: dict[str, Any] = {"key": event.because.key, "args": event.because.args}
    said = line(incident, now, "stage_changed", ACTOR, key="stage_turned", old=incident.stage, new=event.stage, because=because)
    return Decision(incident=replace(incident, stage=event.stage), timeline=(said,))


def _risen(stage: Stage, course: Course) -> StageTurned | None:
    """The furthest stage that there is a reason for, where it is further than the present one."""
    pages, press, reply = course.of(PAGES), course.of(PRESS), course.reply
    worse = reply.change if reply is not None else None
    found: list[StageTurned] = []
    if pages:
        found.append(StageTurned(stage="spread", because=_because("pages_carry", sources=pages)))
    if press:
        found.append(StageTurned(stage="outbreak", because=_because("press_joined", sources=press)))
    if reply is not None and worse is not None and worse >= WORSE:
        told = {"before": reply.negative_before / reply.before, "after": reply.negative_after / reply.after}
        found.append(StageTurned(stage="outbreak", because=_because("reply_made_it_worse", at=reply.at.isoformat(), **told)))
    return next((one for one in found if _rank(one.stage) > _rank(stage)), None)


def _cooled(course: Course) -> StageTurned | None:
    """Cooling, where each of the last hours was far below the peak and every source was heard meanwhile."""
    last: Sequence[int] = course.hourly[-QUIET_HOURS:]
    if not course.known or course.peak == 0 or len(course.hourly) <= QUIET_HOURS or max(last) > FALLEN_TO * course.peak:
        return None
    return StageTurned(stage="cooling", because=_because("fell", rate=max(last), peak=course.peak, hours=QUIET_HOURS))


def _is_back(course: Course) -> bool:
    return course.rate >= max(LEAST, BACK_AT * course.peak)


def _rank(stage: Stage) -> int:
    return RISING.index(stage)


def _because(key: str, **args: Any) -> Words:
    return Words(key=f"stage_because.{key}", args=args)
