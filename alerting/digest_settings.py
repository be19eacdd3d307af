"""The `digests:` part of the alerting section: who reads the digests of what paged nobody, and when."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from alerting.on_call_settings import Handover, read_handover
from alerting.section import Id, Section, Zone, as_tuple


def _on_a_day(at: Handover) -> Handover:
    if at.weekday is None:
        raise ValueError("a weekly digest has a day: write 'Mon 08:00'")
    return at


def _on_every_day(at: Handover) -> Handover:
    if at.weekday is not None:
        raise ValueError("a daily digest has a time alone: write '08:00'")
    return at


Daily = Annotated[Handover, BeforeValidator(read_handover, json_schema_input_type=str), AfterValidator(_on_every_day)]
Weekly = Annotated[Handover, BeforeValidator(read_handover, json_schema_input_type=str), AfterValidator(_on_a_day)]


class DigestSettings(Section):
    """When the digests of the routes go out, in wall time of `timezone` (the installation's); hourly ones on the hour.

    `to` names people and rotations; where it names nobody, those whom the first step of the first policy means, else everybody.
    """

    to: Annotated[tuple[Id, ...], BeforeValidator(as_tuple, json_schema_input_type=Id | tuple[Id, ...])] = ()
    daily: Daily = Handover(at=time(8))
    weekly: Weekly = Handover(at=time(8), weekday=0)
    timezone: Zone | None = None
