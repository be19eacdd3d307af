"""The `alerting:` section of `config.yaml`: people, rotations, policies, routes and the notifiers they share.

Everything is checked when it is read: a policy that names an unknown person stops the start. With nobody configured every alert goes
to the channel `log`, so that an empty section still tells what it found. Options of a channel are checked later by the notifier of its
kind (its `Options`); here they are only carried, and never shown in a `repr` or an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from alerting.section import Id, OneOrMany, Section, Severities, Zone, as_tuple
from core.durations import Duration
from core.records import SEVERITIES, Severity

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_AGAIN_AFTER = timedelta(minutes=15)
DEFAULT_REOPEN_WITHIN = timedelta(hours=6)
ROTATION_STARTS = date(2024, 1, 1)  # a Monday; where the count of turns begins unless the rotation says otherwise


class ChannelSettings(Section):
    """One way to reach a person: `kind`, what the notifier of that kind asks for, and `only` for which severities it is used.

    `id` names it on notifications; without one it is the kind, and "email-2" for a second of the same kind.
    """

    kind: str
    id: Id | None = None
    only: Severities = SEVERITIES
    options: dict[str, Any] = Field(default_factory=dict, repr=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        own = {key: value[key] for key in value if key in cls.model_fields}
        extra = {key: value[key] for key in value if key not in cls.model_fields}
        return {**own, "options": {**value.get("options", {}), **extra}}


class PersonSettings(Section):
    """Somebody who is told. Without channels the person stands in the log; `language` and `timezone` default to the installation's."""

    id: Id
    name: str = ""
    language: Literal["vi", "en"] | None = None
    timezone: Zone | None = None
    address: str = ""  # how to speak to them in Vietnamese: anh, chị, em, bạn
    channels: tuple[ChannelSettings, ...] = (ChannelSettings(kind="log"),)

    @model_validator(mode="before")
    @classmethod
    def _name_channels(cls, value: object) -> object:
        """Give every channel an id of its own, in order, before the record is frozen."""
        if not isinstance(value, dict) or not isinstance(value.get("channels"), list | tuple):
            return value
        seen: dict[str, int] = {}
        channels = []
        for channel in value["channels"]:
            if isinstance(channel, dict) and isinstance(channel.get("kind"), str) and not channel.get("id"):
                kind = channel["kind"]
                seen[kind] = seen.get(kind, 0) + 1
                channel = {**channel, "id": kind if seen[kind] == 1 else f"{kind}-{seen[kind]}"}  # noqa: PLW2901
            channels.append(channel)
        return {**value, "channels": channels}

    @model_validator(mode="after")
    def _channels_differ(self) -> Self:
        _no_double(f"a channel of {self.id!r}", [channel.id or channel.kind for channel in self.channels])
        return self

    @property
    def display_name(self) -> str:
        """The name, or the id where none is given."""
        return self.name or self.id

    def channels_for(self, severity: Severity) -> tuple[str, ...]:
        """Ids of the channels that are used for `severity`, in the order of the file."""
        return tuple(channel.id or channel.kind for channel in self.channels if severity in channel.only)

    def channel(self, channel_id: str) -> ChannelSettings | None:
        """The channel of that id; None where the person has none."""
        return next((channel for channel in self.channels if (channel.id or channel.kind) == channel_id), None)


class Handover(Section):
    """When the duty changes hands: local wall time, every day or on one weekday (0 is Monday)."""

    at: time
    weekday: int | None = None


def _read_handover(value: object) -> object:
    if not isinstance(value, str):
        return value
    *day, clock = value.split()
    weekday = day[0][:3].lower() if len(day) == 1 else None
    if len(day) > 1 or (weekday is not None and weekday not in WEEKDAYS):
        raise ValueError(f"{value!r} is no handover; write 'Mon 09:00' (weekly) or '09:00' (daily)")
    try:
        at = time.fromisoformat(clock)
    except ValueError as error:
        raise ValueError(f"{value!r} is no handover; write 'Mon 09:00' (weekly) or '09:00' (daily)") from error
    return Handover(at=at, weekday=None if weekday is None else WEEKDAYS.index(weekday))


class RotationSettings(Section):
    """People who take turns, in local wall time of `timezone`.

    The first person's first turn begins at the first handover on or after the day `starts`. `holidays` names a calendar ("VN"); it is kept, and does not change turns yet.
    """

    id: Id
    timezone: Zone | None = None
    people: tuple[Id, ...]
    handover: Annotated[Handover, BeforeValidator(_read_handover, json_schema_input_type=str)] = Handover(at=time(9), weekday=0)
    starts: date = ROTATION_STARTS
    holidays: str | None = None


class StepSettings(Section):
    """One step of a policy: whom (ids of rotations or people), and how long after the round began."""

    notify: Annotated[tuple[Id, ...], BeforeValidator(as_tuple, json_schema_input_type=Id | tuple[Id, ...])]
    after: Duration = timedelta(0)


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
    """What a route takes; a key that is left out takes everything."""

    severity: Severities = ()
    topic: OneOrMany = ()
    kind: OneOrMany = ()


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


class AlertingSettings(Section):
    """The section as a whole. `notifiers` holds what all channels of one kind share, such as the mail server.

    `fallback` is a person or a policy: told when a policy reaches nobody, and when it has come to its end. `reopen_within` is how long
    after closing a new signal reopens the same incident.
    """

    people: tuple[PersonSettings, ...] = ()
    rotations: tuple[RotationSettings, ...] = ()
    policies: tuple[PolicySettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
    notifiers: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False, exclude=True)
    fallback: Id | None = None
    reopen_within: Duration = DEFAULT_REOPEN_WITHIN

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        people = {person.id for person in self.people}
        rotations = {rotation.id for rotation in self.rotations}
        policies = {policy.id for policy in self.policies}
        _no_double("person or rotation", [*(person.id for person in self.people), *(rotation.id for rotation in self.rotations)])
        _no_double("policy", [policy.id for policy in self.policies])
        for rotation in self.rotations:
            _known(rotation.people, people, f"rotation {rotation.id!r}", "person")
        for policy in self.policies:
            _known((one for step in policy.steps for one in step.notify), people | rotations, f"policy {policy.id!r}", "person or rotation")
        _known((route.policy for route in self.routes if route.policy), policies, "a route", "policy")
        _known([self.fallback] if self.fallback else [], people | policies, "fallback", "person or policy")
        return self

    def settled(self, *, language: Literal["vi", "en"], timezone: str) -> Self:
        """The same section with the installation's language and zone (IANA) filled in wherever a person or rotation names none."""
        people = tuple(
            person.model_copy(update={"language": person.language or language, "timezone": person.timezone or timezone})
            for person in self.people
        )
        rotations = tuple(rotation.model_copy(update={"timezone": rotation.timezone or timezone}) for rotation in self.rotations)
        return self.model_copy(update={"people": people, "rotations": rotations})

    def options_for(self, channel: ChannelSettings) -> dict[str, Any]:
        """What the notifier's `Options` are made from: what the kind shares, then what the channel says. Holds secrets; never log it."""
        return {**self.notifiers.get(channel.kind, {}), **channel.options}


def _known(names: Iterable[str], known: set[str], where: str, what: str) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{where} names {name!r}, which is no {what}; known: {', '.join(sorted(known)) or 'none'}")


def _no_double(what: str, ids: list[str]) -> None:
    for one in ids:
        if ids.count(one) > 1:
            raise ValueError(f"two times the id {one!r}: each {what} needs one of its own")
