"""Alarms of Prometheus Alertmanager, pushed to `POST /hooks/SOURCE`: its webhook receiver, payload version 4 (Alertmanager 0.16 and later).

Each alert becomes a signal of its own, because another monitor has judged already; they are no mentions. Free of charge; nothing of it is
stored but names, summaries and times. It cannot see what Alertmanager does not send: silenced and inhibited alerts, and, where the receiver says
`send_resolved: false`, that one is over. That nothing comes does not say that all is well.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from core.errors import SourceUnreadable
from core.outside import Alarm
from core.records import Severity
from core.text import mention_key
from listener.alarms import MAX_ALARMS, admit, decoded, linked, loudness, named, offered, strong, summed_up
from listener.base import Page
from listener.fields import items, mapping, moment, string
from listener.pushed import PushedCollector

VERSION: Final = "4"


class Options(BaseModel):
    """What the operator sets.

    `secrets`: the bearer token, or the password of basic authentication, that Alertmanager shows; two while one is being replaced.
    `severity_label`: the label that says how bad it is. `severities`: its values in our words, besides those that are known.
    `severity`: of alerts that do not say. `risk`: the family of risk that the alarms are about; null: none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    secrets: Annotated[tuple[SecretStr, ...], AfterValidator(strong)] = Field(min_length=1, max_length=5)
    severity_label: str = "severity"
    severities: dict[str, Severity] = Field(default_factory=dict)
    severity: Severity = "minor"
    risk: str | None = "outage"


Collector = PushedCollector


def receive(headers: Mapping[str, str], body: bytes, options: Options, *, source_id: str, now: datetime) -> Page:
    """The alarms of a message, once its token fits.

    Raises:
        WebhookRefused: no token, or not ours.
        SourceUnreadable: not a message of Alertmanager's version 4.
    """
    admit(offered(headers), options.secrets)
    return read(decoded(body, source_id), options, source_id=source_id, now=now)


def read(found: Any, options: Options, *, source_id: str, now: datetime) -> Page:
    """The alarms of a message, decoded.

    Raises:
        SourceUnreadable: not of this kind, or none of its alerts can be read.
    """
    if not isinstance(found, dict) or not isinstance(found.get("alerts"), list) or found.get("version", VERSION) != VERSION:
        raise SourceUnreadable(source_id, f"not a message of Alertmanager's webhook, version {VERSION}")
    given = items(found["alerts"])
    if len(given) > MAX_ALARMS:
        raise SourceUnreadable(source_id, f"the message holds more than {MAX_ALARMS:,} alerts")
    alarms = [_alarm(mapping(alert), mapping(found), options, now) for alert in given]
    read_well = tuple(alarm for alarm in alarms if alarm is not None)
    skipped = len(alarms) - len(read_well)
    if skipped and not read_well:
        raise SourceUnreadable(source_id, f"none of {skipped} alerts could be read")
    return Page(alarms=read_well, skipped=skipped, problem="an alert without status or labels" if skipped else None)


def _alarm(alert: Mapping[str, Any], group: Mapping[str, Any], options: Options, now: datetime) -> Alarm | None:
    labels, notes = mapping(alert.get("labels")), mapping(alert.get("annotations"))
    status = _status(alert)
    if status is None or not labels:
        return None
    at = moment(alert.get("startsAt" if status == "firing" else "endsAt"))
    name = named(labels.get("alertname")) or named(group.get("groupKey")) or "alert"
    return Alarm(
        id=_fingerprint(alert, labels),
        name=name,
        status=status,
        at=at or now,
        severity=loudness(labels.get(options.severity_label), options.severities, options.severity),
        summary=summed_up(notes.get("summary"), notes.get("description"), notes.get("message"), labels.get("instance")),
        url=linked(notes.get("runbook_url"), alert.get("generatorURL"), group.get("externalURL")),
        risk=options.risk,
        again=at is None,
    )


def _status(alert: Mapping[str, Any]) -> Literal["firing", "resolved"] | None:
    status = alert.get("status")
    return "firing" if status == "firing" else "resolved" if status == "resolved" else None


def _fingerprint(alert: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    """What tells an alert: its fingerprint, which versions before 0.19 do not send; then its labels."""
    given = "".join(string(alert.get("fingerprint")).split())
    return given or mention_key("alert", "", "\n".join(f"{name}={labels[name]}" for name in sorted(labels))).hex()
