"""Alarms of Uptime Kuma, pushed to `POST /hooks/SOURCE`: its webhook notification with a JSON body (versions 1.x and 2.x).

A monitor that goes down is a signal of its own, because another monitor has judged already; up again is that it is over. Free of charge; only
names, messages and times are stored. It cannot see monitors that do not send here, pauses, and what was missed while Tocsin was down: Uptime Kuma
sends each change once, so let it resend while a monitor is down. That nothing comes does not say that all is well.

Source: https://github.com/louislam/uptime-kuma, server/notification-providers/webhook.js
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from core.errors import SourceUnreadable
from core.outside import Alarm
from core.records import Severity
from listener.alarms import admit, decoded, linked, named, offered, strong, summed_up
from listener.base import Page, known_time
from listener.fields import identity, mapping
from listener.pushed import PushedCollector

TOKEN_HEADER: Final = "X-Tocsin-Token"  # noqa: S105 - a header's name
DOWN, UP, PENDING, MAINTENANCE = 0, 1, 2, 3


class Options(BaseModel):
    """What the operator sets.

    `secrets`: the token that Uptime Kuma shows in an additional header; two while one is being replaced. `severity`: of a monitor that is down.
    `severities`: of single monitors, by name. `risk`: the family of risk that the alarms are about; null: none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    secrets: Annotated[tuple[SecretStr, ...], AfterValidator(strong)] = Field(min_length=1, max_length=5)
    severity: Severity = "major"
    severities: dict[str, Severity] = Field(default_factory=dict)
    risk: str | None = "outage"


Collector = PushedCollector


def receive(headers: Mapping[str, str], body: bytes, options: Options, *, source_id: str, now: datetime) -> Page:
    """The alarm of a message, once its token fits; none for a test message, and for pending or paused monitors.

    Raises:
        WebhookRefused: no token, or not ours.
        SourceUnreadable: not a message of Uptime Kuma's.
    """
    admit(offered(headers, TOKEN_HEADER), options.secrets)
    return read(decoded(body, source_id), options, source_id=source_id, now=now)


def read(found: Any, options: Options, *, source_id: str, now: datetime) -> Page:
    """The alarm of a message, decoded.

    Raises:
        SourceUnreadable: not of this kind.
    """
    if not isinstance(found, dict) or "heartbeat" not in found or "msg" not in found:
        raise SourceUnreadable(source_id, "not a message of Uptime Kuma's webhook (its body must be the preset JSON)")
    beat, monitor = mapping(found["heartbeat"]), mapping(found.get("monitor"))
    if not beat:
        return Page()  # "Test", and news about certificates, are about no heartbeat
    status, known_as = beat.get("status"), identity(beat.get("monitorID")) or identity(monitor.get("id"))
    if known_as is None or not isinstance(status, int):
        raise SourceUnreadable(source_id, "a heartbeat without monitor or status")
    if status not in (DOWN, UP):
        return Page()
    name = named(monitor.get("name")) or known_as
    alarm = Alarm(
        id=known_as,
        name=name,
        status="firing" if status == DOWN else "resolved",
        at=_time(beat.get("time")) or now,
        severity=options.severities.get(name, options.severity),
        summary=summed_up(beat.get("msg"), found["msg"]) if status == DOWN else "",
        url=linked(monitor.get("url")),
        risk=options.risk,
        again=beat.get("important") is False or beat.get("time") is None,
    )
    return Page(alarms=(alarm,))


def _time(text: object) -> datetime | None:
    """Uptime Kuma writes UTC without saying so ("2026-11-20 19:00:01.123")."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if at is None else known_time(at.replace(tzinfo=UTC) if at.tzinfo is None else at)
