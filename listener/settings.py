"""The `listener:` section of `config.yaml`: the sources, and what the guard lets through."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.durations import Duration
from core.records import Tier

DEFAULT_EVERY = timedelta(minutes=5)
SHORTEST_EVERY = timedelta(seconds=10)
DEFAULT_LATENESS = timedelta(hours=2)
DEFAULT_WITHIN = timedelta(minutes=10)
Unseeable = Literal["closed", "no-interface", "livestream"]
_HOST_PORT = re.compile(r"^(?:\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):\d{1,5}$")


def _host_port(value: str) -> str:
    if not _HOST_PORT.match(value):
        raise ValueError(f"{value!r} is no host:port pair; write it as in 127.0.0.1:8080")
    return value


def _some_time(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("nobody can look in no time; write 10m or so")
    return value


def _not_too_often(value: timedelta) -> timedelta:
    if value < SHORTEST_EVERY:
        raise ValueError(f"polling more often than every {SHORTEST_EVERY.seconds}s is impolite; write 10s or more")
    return value


class BudgetSettings(BaseModel):
    """What a source may cost. `per_day`: units of its platform's allowance (YouTube's points, calls) from midnight to midnight UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_day: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class SourceSettings(BaseModel):
    """One place to listen to. What is not named here belongs to its kind (`docs/collectors.md`) and is checked by the kind's `Options`.

    `every`: how often it is polled. `tier`: how much weight it carries. `topic`: everything there is about this topic. `budget`: what it may cost;
    a source that has spent it waits for the next day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    kind: str
    every: Annotated[Duration, AfterValidator(_not_too_often)] = DEFAULT_EVERY
    enabled: bool = True
    tier: Tier = "social"
    topic: str | None = None
    budget: BudgetSettings = BudgetSettings()
    options: dict[str, Any] = Field(default_factory=dict, repr=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        own = {key: value[key] for key in value if key in cls.model_fields}
        extra = {key: value[key] for key in value if key not in cls.model_fields}
        return {**own, "options": {**value.get("options", {}), **extra}}


class UnseenSettings(BaseModel):
    """A place where people talk and that no program may see: a person looks there when an incident is grave.

    `topics`: whose incidents ask for it; none named: all. `person` looks `within` so long of being asked. `why` it cannot be seen.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    topics: tuple[str, ...] = ()
    person: str
    within: Annotated[Duration, AfterValidator(_some_time)] = DEFAULT_WITHIN
    why: Unseeable = "closed"


class ListenerSettings(BaseModel):
    """The section as a whole.

    `unseen`: places that a person looks at. `allow_private_hosts`: host:port pairs that the address guard lets through. `lateness`: what comes later than this
    after its publication counts in its own time and raises nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[SourceSettings, ...] = ()
    unseen: tuple[UnseenSettings, ...] = ()
    allow_private_hosts: tuple[Annotated[str, AfterValidator(_host_port)], ...] = ()
    lateness: Duration = DEFAULT_LATENESS

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        for what, ids in (("source", [one.id for one in self.sources]), ("unseen place", [one.id for one in self.unseen])):
            double = sorted({one for one in ids if ids.count(one) > 1})
            if double:
                raise ValueError(f"{what} {double[0]!r} stands there twice; every one needs an id of its own")
        return self
