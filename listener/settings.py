"""The `listener:` section of `config.yaml`: the sources, and what the guard lets through."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.durations import Duration
from core.records import Tier

DEFAULT_EVERY = timedelta(minutes=5)
SHORTEST_EVERY = timedelta(seconds=10)
DEFAULT_LATENESS = timedelta(hours=2)
_HOST_PORT = re.compile(r"^(?:\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):\d{1,5}$")


def _host_port(value: str) -> str:
    if not _HOST_PORT.match(value):
        raise ValueError(f"{value!r} is no host:port pair; write it as in 127.0.0.1:8080")
    return value


def _not_too_often(value: timedelta) -> timedelta:
    if value < SHORTEST_EVERY:
        raise ValueError(f"polling more often than every {SHORTEST_EVERY.seconds}s is impolite; write 10s or more")
    return value


class SourceSettings(BaseModel):
    """One place to listen to. What is not named here belongs to its kind (`docs/collectors.md`) and is checked by the kind's `Options`.

    `every`: how often it is polled. `tier`: how much weight it carries. `topic`: everything there is about this topic.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    kind: str
    every: Annotated[Duration, AfterValidator(_not_too_often)] = DEFAULT_EVERY
    enabled: bool = True
    tier: Tier = "social"
    topic: str | None = None
    options: dict[str, Any] = Field(default_factory=dict, repr=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        own = {key: value[key] for key in value if key in cls.model_fields}
        extra = {key: value[key] for key in value if key not in cls.model_fields}
        return {**own, "options": {**value.get("options", {}), **extra}}


class ListenerSettings(BaseModel):
    """The section as a whole.

    `allow_private_hosts`: host:port pairs that the address guard lets through. `lateness`: what comes later than this after its publication counts in its own time and
    raises nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[SourceSettings, ...] = ()
    allow_private_hosts: tuple[Annotated[str, AfterValidator(_host_port)], ...] = ()
    lateness: Duration = DEFAULT_LATENESS

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [source.id for source in self.sources]
        double = sorted({source_id for source_id in ids if ids.count(source_id) > 1})
        if double:
            raise ValueError(f"source {double[0]!r} stands there twice; every source needs an id of its own")
        return self
