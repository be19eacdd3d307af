"""Who is on call and who is told next: rotations, policies and routes of the `alerting:` section of `config.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from alerting.hours import WEEKDAYS, Week
from alerting.section import Id, OneOrMany, Section, Severities, Zone, as_tuple
from core.durations import Duration

DEFAULT_AGAIN_AFTER: Final = timedelta(minutes=15)
DEFAULT_AWAKE_AFTER: Final = timedelta(minutes=5)
ROTATION_STARTS: Final = date(2024, 1, 1)  # a Monday; where the count of turns begins unless the rotation says otherwise
ON_HOLIDAYS: Final = ("same", "nobody")  # what may stand in `on_holidays` beside ids
HANDOVER_SHAPE: Final = "write 'Mon 09:00' (weekly) or '09:00' (daily)"


class Handover(Section):
    """When the duty changes hands: local wall time, every day or on one weekday (0 is Monday)."""

    at: time
    weekday: int | None = None


def read_handover(value: object) -> object:
    """A handover from "Mon 09:00" or "09:00".

    Raises:
        ValueError: it is neither; the message shows how to write it.
    """
    if not isinstance(value, str):
        return value
    *day, clock = value.split()
    weekday = day[0][:3].lower() if len(day) == 1 else None
    if len(day) > 1 or (weekday is not None and weekday not in WEEKDAYS):
        raise ValueError(f"{value!r} is no handover; {HANDOVER_SHAPE}")
    try:
        at = time.fromisoformat(clock)
    except ValueError as error:
        raise ValueError(f"{value!r} is no handover; {HANDOVER_SHAPE}") from error
    return Handover(at=at, weekday=None if weekday is None else WEEKDAYS.index(weekday))


class TurnSettings(Section):
    """People who take turns.

    `handover`: "Mon 09:00" every week, "09:00" every day. `every`: a turn lasts so many of these weeks or days. `starts`: the first person's first turn
    begins at the first handover on or after this day. `restrictions`: on duty at these hours of the week alone.
    """

    people: tuple[Id, ...] = ()
    handover: Annotated[Handover, BeforeValidator(read_handover, json_schema_input_type=str)] = Handover(at=time(9), weekday=0)
    every: int = Field(default=1, ge=1, le=366)
    starts: date = ROTATION_STARTS
    restrictions: Week = ()


class LayerSettings(TurnSettings):
    """Another layer of a rotation, laid over those before it: where it has somebody, they are on duty."""

    people: tuple[Id, ...] = Field(min_length=1)


class RotationSettings(TurnSettings):
    """People who take turns, in local wall time of `timezone`: the lowest layer, and `layers` over it, a later one over an earlier.

    `holidays`: a country ("VN", "DE-BY") or an .ics calendar (a file beside the configuration, or an https address). `on_holidays`: who is on duty on
    such a day, from midnight to midnight: `same`, `nobody`, a person or another rotation. `handover_notes`: who comes on duty gets a note of what is open.
    """

    id: Id
    timezone: Zone | None = None
    layers: tuple[LayerSettings, ...] = ()
    holidays: str | None = Field(default=None, repr=False)
    on_holidays: Id = "same"
    handover_notes: bool = False

    @model_validator(mode="after")
    def _has_somebody(self) -> Self:
        if "people" not in self.model_fields_set and not self.layers:
            raise ValueError(f"rotation {self.id!r} needs people, or layers that have some")
        if self.on_holidays != "same" and self.holidays is None:
            raise ValueError(
                f"rotation {self.id!r} says who is on call on holidays, but not which days these are: add holidays, as in holidays: VN"
            )
        return self

    @property
    def turns(self) -> tuple[TurnSettings, ...]:
        """All layers, the lowest first."""
        return (self, *self.layers)

    def named(self) -> Iterator[str]:
        """Every person that some layer names, as often as it does."""
        for turn in self.turns:
            yield from turn.people


class StepSettings(Section):
    """One step of a policy: whom (ids of rotations or people), and how long after the round began.

    `awake_first`: those whose quiet hours or night it is are told `awake_after` later, or at once where nobody is awake.
    """

    notify: Annotated[tuple[Id, ...], BeforeValidator(as_tuple, json_schema_input_type=Id | tuple[Id, ...])]
    after: Duration = timedelta(0)
    awake_first: bool = False
    awake_after: Duration = DEFAULT_AWAKE_AFTER


class PolicySettings(Section):
    """Whom to tell, in which order. After the last step the round begins again, `repeat` times, `again_after` the last step."""

    id: Id
    steps: tuple[StepSettings, ...] = Field(min_length=1)
    repeat: int = Field(default=0, ge=0, le=50)
    again_after: Duration = DEFAULT_AGAIN_AFTER

    @field_validator("steps")
    @classmethod
    def _later_and_later(cls, steps: tuple[StepSettings, ...]) -> tuple[StepSettings, ...]:
        if any(later.after <= earlier.after for earlier, later in pairwise(steps)):
            raise ValueError(
                "`after` counts from the start of the round, so each step needs a later one than the step before (0m, 15m, 30m)"
            )
        return steps


class MatchSettings(Section):
    """What a route takes; a key that is left out takes everything. `hours`: of the week at which the policy is chosen, on the clock of `timezone`."""

    severity: Severities = ()
    topic: OneOrMany = ()
    kind: OneOrMany = ()
    place: OneOrMany = ()
    risk: OneOrMany = ()
    hours: Week = ()
    timezone: Zone | None = None


class RouteSettings(Section):
    """What happens to a match: an escalation policy, or a place in the digest (then nobody is paged). The first match decides."""

    match: MatchSettings = MatchSettings()
    policy: Id | None = None
    digest: Literal["hourly", "daily", "weekly"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.policy is None) == (self.digest is None):
            raise ValueError("a route has either a policy or a digest")
        return self
