"""Who stands in for whom, and who is away: what people say of duty beside the configuration."""

from __future__ import annotations

from datetime import datetime

from core.records import Record


class Override(Record, frozen=True, kw_only=True, gc=False):
    """Somebody else takes a rotation's duty from `starts_at` up to, not including, `ends_at`."""

    rotation_id: str
    person: str
    starts_at: datetime
    ends_at: datetime
    by: str = ""
    comment: str = ""
    id: int = 0


class Absence(Record, frozen=True, kw_only=True, gc=False):
    """Time off: `person` is on no duty from `starts_at` up to, not including, `ends_at`.

    `origin` names the calendar that said so and `uid` its event; both None where a person said it by hand. A calendar of holidays stores its days
    under the person "holidays:ROTATION", the day's name as `comment`.
    """

    person: str
    starts_at: datetime
    ends_at: datetime
    by: str = ""
    comment: str = ""
    origin: str | None = None
    uid: str | None = None
    id: int = 0


class Swap(Record, frozen=True, kw_only=True, gc=False):
    """`asked_by` asks `person` to take the duty of `rotation_id` from `starts_at` up to, not including, `ends_at`.

    `agreed` is None until `person` has answered; `override_id` is what an agreement became.
    """

    rotation_id: str
    asked_by: str
    person: str
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    answered_at: datetime | None = None
    agreed: bool | None = None
    override_id: int | None = None
    id: int = 0
