"""The `alerting:` section of `config.yaml`: people, rotations, policies, routes and the notifiers they share.

Everything is checked when it is read: a policy that names an unknown person stops the start. With nobody configured every alert goes
to the channel `log`, so that an empty section still tells what it found. Options of a channel are checked later by the notifier of its
kind (its `Options`); here they are only carried, and never shown in a `repr` or an error. Rotations, policies and routes stand in
`alerting/on_call_settings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from alerting.digest_settings import DigestSettings
from alerting.hours import Week
from alerting.muting_settings import INHIBIT, InhibitSettings, MaintenanceSettings
from alerting.on_call_settings import ON_HOLIDAYS, PolicySettings, RotationSettings, RouteSettings
from alerting.section import Id, Section, Severities, Zone, known, no_double
from alerting.watch_settings import DEFAULT_TEST, HeartbeatSettings, WeeklyTest
from core.durations import Duration
from core.records import SEVERITIES, Severity

DEFAULT_REOPEN_WITHIN: Final = timedelta(hours=6)
UPDATE_WITHIN: Final[Mapping[Severity, timedelta]] = {"critical": timedelta(minutes=30), "major": timedelta(minutes=60)}


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


class QuietSettings(Section):
    """When a person wants to be left in peace, on their own clock, and which severities are told all the same."""

    hours: Week = Field(min_length=1)
    only: Severities = ("critical",)

    @model_validator(mode="before")
    @classmethod
    def _hours_alone(cls, value: object) -> object:
        return {"hours": value} if isinstance(value, str | list | tuple) else value


class PersonSettings(Section):
    """Somebody who is told. Without channels the person stands in the log; `language` and `timezone` default to the installation's.

    `quiet_hours`: "22:00-07:00", a list, or `{hours, only}`: messages wait until they end, but for the severities of `only`. `calendar`: an .ics calendar of
    time off, a file beside the configuration or an https address.
    """

    id: Id
    name: str = ""
    language: Literal["vi", "en"] | None = None
    timezone: Zone | None = None
    address: str = ""  # how to speak to them in Vietnamese: anh, chị, em, bạn
    quiet_hours: QuietSettings | None = None
    calendar: str | None = Field(default=None, repr=False)
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
        no_double(f"a channel of {self.id!r}", [channel.id or channel.kind for channel in self.channels])
        return self

    @property
    def display_name(self) -> str:
        """The name, or the id where none is given."""
        return self.name or self.id

    def channels_for(self, severity: Severity) -> tuple[str, ...]:
        """Ids of the channels that are used for `severity`, in the order of the file."""
        return tuple(channel.id or channel.kind for channel in self.channels if severity in channel.only)

    @property
    def channel_ids(self) -> tuple[str, ...]:
        """Ids of all channels, in the order of the file."""
        return tuple(channel.id or channel.kind for channel in self.channels)

    def channel(self, channel_id: str) -> ChannelSettings | None:
        """The channel of that id; None where the person has none."""
        return next((channel for channel in self.channels if (channel.id or channel.kind) == channel_id), None)


class AlertingSettings(Section):
    """The section as a whole. `notifiers` holds what all channels of one kind share, such as the mail server; `inboxes` how the answers of a kind are heard.

    `fallback` is a person or a policy: told when a policy reaches nobody, and when it has come to its end. `reopen_within` is how long
    after closing a new signal reopens the same incident.
    `maintenance`: windows that come again, in which nobody is paged; `inhibit`: what is an echo of what. `heartbeat`: tells an outside check that all works;
    `weekly_test`: when each channel is tested, False never. `admin`: who hears that the monitor itself is ill; the fallback where nobody is named. `digests`: who reads of what paged nobody, and when.
    `update_within`: by severity, how long whoever has an incident may say nothing of it before they are asked, and then the others called.
    """

    people: tuple[PersonSettings, ...] = ()
    rotations: tuple[RotationSettings, ...] = ()
    policies: tuple[PolicySettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
    notifiers: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False, exclude=True)
    inboxes: dict[str, dict[str, Any] | Literal[False]] = Field(default_factory=dict, repr=False, exclude=True)
    fallback: Id | None = None
    reopen_within: Duration = DEFAULT_REOPEN_WITHIN
    update_within: dict[Severity, Duration] = Field(default_factory=lambda: dict(UPDATE_WITHIN))
    maintenance: tuple[MaintenanceSettings, ...] = ()
    inhibit: tuple[InhibitSettings, ...] = INHIBIT
    heartbeat: HeartbeatSettings | None = None
    weekly_test: WeeklyTest = DEFAULT_TEST
    admin: Id | None = None
    digests: DigestSettings = DigestSettings()
    _managers: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        people = {person.id for person in self.people}
        rotations = {rotation.id for rotation in self.rotations}
        policies = {policy.id for policy in self.policies}
        no_double("person or rotation", [*(person.id for person in self.people), *(rotation.id for rotation in self.rotations)])
        no_double("policy", [policy.id for policy in self.policies])
        for rotation in self.rotations:
            known(rotation.named(), people, f"rotation {rotation.id!r}", "person")
            if rotation.on_holidays not in ON_HOLIDAYS:
                known(
                    [rotation.on_holidays],
                    people | rotations,
                    f"on_holidays of rotation {rotation.id!r}",
                    "person or rotation (or same, nobody)",
                )
        for policy in self.policies:
            known((one for step in policy.steps for one in step.notify), people | rotations, f"policy {policy.id!r}", "person or rotation")
        known((route.policy for route in self.routes if route.policy), policies, "a route", "policy")
        known([self.fallback] if self.fallback else [], people | policies, "fallback", "person or policy")
        known([self.admin] if self.admin else [], people, "admin", "person")
        known(self.digests.to, people | rotations, "digests", "person or rotation")
        no_double("maintenance window", [window.id for window in self.maintenance])
        no_double("inhibition", [rule.id for rule in self.inhibit])
        _no_circle(self.rotations)
        return self

    def settled(self, *, language: Literal["vi", "en"], timezone: str, managers: Mapping[str, str] | None = None) -> Self:
        """The same section with the installation's language and zone (IANA) filled in wherever a person, rotation or route names none.

        `managers` maps a place to the person who runs it.
        """
        people = tuple(
            person.model_copy(update={"language": person.language or language, "timezone": person.timezone or timezone})
            for person in self.people
        )
        rotations = tuple(rotation.model_copy(update={"timezone": rotation.timezone or timezone}) for rotation in self.rotations)
        routes = tuple(
            route.model_copy(update={"match": route.match.model_copy(update={"timezone": route.match.timezone or timezone})})
            for route in self.routes
        )
        maintenance = tuple(one.model_copy(update={"timezone": one.timezone or timezone}) for one in self.maintenance)
        digests = self.digests.model_copy(update={"timezone": self.digests.timezone or timezone})
        settled = self.model_copy(
            update={"people": people, "rotations": rotations, "routes": routes, "maintenance": maintenance, "digests": digests}
        )
        settled._managers = dict(managers or {})  # noqa: SLF001 - its maker
        return settled

    def manager_of(self, place_id: str | None) -> str | None:
        """The person who runs a place; None where nobody does."""
        return self._managers.get(place_id or "")

    def options_for(self, channel: ChannelSettings) -> dict[str, Any]:
        """What the notifier's `Options` are made from: what the kind shares, then what the channel says. Holds secrets; never log it."""
        return {**self.notifiers.get(channel.kind, {}), **channel.options}


def _no_circle(rotations: tuple[RotationSettings, ...]) -> None:
    """Refuse rotations that hand their holidays to one another in a circle."""
    after = {rotation.id: rotation.on_holidays for rotation in rotations}
    for start, one in after.items():
        seen = {start}
        while one in after:
            if one in seen:
                raise ValueError(f"on_holidays goes in a circle: {start!r} comes back to {one!r}")
            seen.add(one)
            one = after[one]  # noqa: PLW2901  the next of the circle
