"""Uptime Kuma's webhook, by samples of our own making after its shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import SourceUnreadable
from listener.collectors.uptime_kuma import Options, receive
from listener.pushed import WebhookRefused

BODY = (Path(__file__).parents[2] / "data" / "uptime_kuma" / "down.json").read_bytes()
TOKEN = "bi-mat-cua-uptime-kuma"
NOW = datetime(2026, 11, 20, 19, 1, tzinfo=UTC)
OPTIONS = Options(secrets=(TOKEN,))


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": OPTIONS, "pushed": True}


def heard(body: object = BODY, options: Options = OPTIONS, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()} or {"X-Tocsin-Token": TOKEN}
    return receive(given, body if isinstance(body, bytes) else json.dumps(body).encode(), options, source_id="kuma", now=NOW)


def beat(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(BODY)
    return {**found, "heartbeat": {**found["heartbeat"], **fields}}


def test_a_monitor_that_goes_down_is_an_alarm_and_its_time_is_utc() -> None:
    (alarm,) = heard().alarms
    assert (alarm.id, alarm.name, alarm.status, alarm.severity) == ("7", "Thanh toán", "firing", "major")
    assert alarm.at == datetime(2026, 11, 20, 19, 0, 30, 250_000, tzinfo=UTC)
    assert (alarm.summary, alarm.url, alarm.again) == ("timeout of 48000ms exceeded", "https://pay.acme.example/health", False)


def test_up_again_is_over_and_a_reminder_says_so() -> None:
    (over,) = heard(beat(status=1, msg="200 - OK")).alarms
    assert (over.status, over.id, over.summary) == ("resolved", "7", "")
    assert heard(beat(important=False)).alarms[0].again


@pytest.mark.parametrize("status", [2, 3])
def test_pending_and_maintenance_are_no_alarms(status: int) -> None:
    assert heard(beat(status=status)).alarms == ()


def test_the_test_button_is_content_and_raises_nothing() -> None:
    page = heard({"heartbeat": None, "monitor": None, "msg": "Tocsin Testing"})
    assert (page.alarms, page.skipped) == ((), 0)


def test_a_monitor_may_be_graver_than_the_others() -> None:
    assert heard(BODY, Options(secrets=(TOKEN,), severities={"Thanh toán": "critical"})).alarms[0].severity == "critical"


def test_the_token_stands_in_either_header_and_nothing_else_lets_in() -> None:
    assert heard(Authorization=f"Bearer {TOKEN}").alarms
    for shown in ({"X_Tocsin_Token": "x" * 20}, {"Authorization": "Bearer"}, {"X_Other": TOKEN}):
        with pytest.raises(WebhookRefused):
            heard(BODY, OPTIONS, **shown)


@pytest.mark.parametrize(
    "body", [b"{", b"[]", {}, {"heartbeat": {"status": 0}, "msg": ""}, {"heartbeat": {"monitorID": 1}, "msg": "x"}, {"msg": "x"}]
)
def test_what_is_not_of_uptime_kuma_is_unreadable(body: object) -> None:
    with pytest.raises(SourceUnreadable):
        heard(body)
