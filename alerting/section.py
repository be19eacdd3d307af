"""What all parts of the `alerting:` section share: how a part is read, and the kinds of value that stand in several of them."""

from __future__ import annotations

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
    """One name alone as a tuple of one."""
    return (value,) if isinstance(value, str) else value


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Zone = Annotated[str, AfterValidator(_known_zone)]
OneOrMany = Annotated[tuple[str, ...], BeforeValidator(as_tuple, json_schema_input_type=str | tuple[str, ...])]
Severities = Annotated[tuple[Severity, ...], BeforeValidator(as_tuple, json_schema_input_type=Severity | tuple[Severity, ...])]


class Section(BaseModel):
    """What all parts of the section share: no unknown key, no change after reading, no value shown in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
