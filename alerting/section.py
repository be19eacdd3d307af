"""What all parts of the `alerting:` section share: strictness, ids, zones, one or many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.records import Severity


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}; write an IANA name such as Asia/Ho_Chi_Minh") from error
    return name


def as_tuple(value: object) -> object:
    """One text as a tuple of one."""
    return (value,) if isinstance(value, str) else value


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Zone = Annotated[str, AfterValidator(_known_zone)]
OneOrMany = Annotated[tuple[str, ...], BeforeValidator(as_tuple, json_schema_input_type=str | tuple[str, ...])]
Severities = Annotated[tuple[Severity, ...], BeforeValidator(as_tuple, json_schema_input_type=Severity | tuple[Severity, ...])]


class Section(BaseModel):
    """No unknown key, no change after reading, no value shown in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def known(names: Iterable[str], among: set[str], where: str, what: str) -> None:
    """Refuse a name that nobody has.

    Raises:
        ValueError: one is not among those known; the message lists them.
    """
    for name in names:
        if name not in among:
            raise ValueError(f"{where} names {name!r}, which is no {what}; known: {', '.join(sorted(among)) or 'none'}")


def no_double(what: str, ids: list[str]) -> None:
    """Refuse an id that stands there twice.

    Raises:
        ValueError: one does.
    """
    for one in ids:
        if ids.count(one) > 1:
            raise ValueError(f"two times the id {one!r}: each {what} needs one of its own")
