"""The parts of the `alerting:` section that mute: maintenance windows, and what an open incident inhibits."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from alerting.hours import DAY_MIN, Week
from alerting.section import Id, OneOrMany, Section, Severities, Zone

Shared = Literal["topic", "place", "source", "risk", "industry"]


class MuteMatch(Section):
    """What is muted: every key that is given must match, and at least one is given."""

    topic: OneOrMany = ()
    kind: OneOrMany = ()
    risk: OneOrMany = ()
    source: OneOrMany = ()
    place: OneOrMany = ()

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """The keys that say something."""
        return {name: values for name in MuteMatch.model_fields if (values := getattr(self, name))}


class MaintenanceSettings(Section):
    """A window that comes again every week (or day): what is planned at `when` ("Sun 02:00-04:00"), in local wall time of `timezone`, pages nobody."""

    id: Id
    match: MuteMatch
    when: Week = Field(min_length=1)
    timezone: Zone | None = None
    comment: str = ""

    @model_validator(mode="after")
    def _matches_something(self) -> Self:
        if not self.match.given:
            raise ValueError(f"maintenance {self.id!r} matches everything; say which topic, source, place, kind or risk")
        if any(hours.end - hours.start >= DAY_MIN for hours in self.when) and {day for hours in self.when for day in hours.days} == set(
            range(7)
        ):
            raise ValueError(f"maintenance {self.id!r} never ends; what is muted at all times is a topic or source to be taken out")
        return self


class InhibitMatch(MuteMatch):
    """One side of an inhibition; beside what a silence can name, the kind of the topic (`brand`, `competitor`, `industry`, `person`) and the severity."""

    topic_kind: OneOrMany = ()
    severity: Severities = ()

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """The keys that say something."""
        return {name: values for name in InhibitMatch.model_fields if (values := getattr(self, name))}


class InhibitSettings(Section):
    """While an incident that matches `source` is open, signals that match `target` page nobody, where both share a value of each key in `equal`."""

    id: Id
    source: InhibitMatch
    target: InhibitMatch
    equal: tuple[Shared, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.source.given or not self.target.given:
            raise ValueError(f"inhibit {self.id!r} needs something to match as source and as target")
        return self


INHIBIT: Final = (
    InhibitSettings(
        id="blind-source",
        source=InhibitMatch(kind=("source_blind",)),
        target=InhibitMatch(kind=("gone_quiet", "outside_count", "question_unanswered")),
        equal=("source",),
    ),
    InhibitSettings(
        id="industry",
        source=InhibitMatch(topic_kind=("industry",), severity=("minor", "major", "critical")),
        target=InhibitMatch(topic_kind=("competitor", "industry")),
        equal=("industry",),
    ),
)
"""What echoes what, unless the configuration says otherwise: a source that we cannot hear, and an event of a whole industry among those that are not ours."""
