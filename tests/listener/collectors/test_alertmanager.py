"""Alertmanager's webhook, by samples of our own making after its documented shape."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import SourceUnreadable
from listener.collectors.alertmanager import Options, receive
from listener.pushed import WebhookRefused

DATA = Path(__file__).parents[2] / "data" / "alertmanager"
BODY = (DATA / "firing.json").read_bytes()
TOKEN = "bi-mat-cua-alertmanager"
NOW = datetime(2026, 11, 20, 19, 1, tzinfo=UTC)
OPTIONS = Options(secrets=(TOKEN,))


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": OPTIONS, "pushed": True}


def heard(body: object = BODY, options: Options = OPTIONS, **headers: str) -> Any:
    given = headers or {"Authorization": f"Bearer {TOKEN}"}
    return receive(given, body if isinstance(body, bytes) else json.dumps(body).encode(), options, source_id="am", now=NOW)


def changed(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(BODY)
    found["alerts"] = [{**found["alerts"][0], **fields}]
    return found


def test_each_alert_is_an_alarm_with_its_own_words() -> None:
    shop, disk = heard().alarms
    assert (shop.id, shop.name, shop.status, shop.severity) == ("a1b2c3d4e5f60718", "ShopDown", "firing", "critical")
    assert shop.at == datetime(2026, 11, 20, 19, 0, 30, 250_000, tzinfo=UTC)
    assert (shop.summary, shop.url, shop.risk) == ("Trang đặt hàng không trả lời", "https://wiki.acme.example/shop-down", "outage")
    assert (disk.severity, disk.summary, disk.at) == ("minor", "9% left", datetime(2026, 11, 20, 11, tzinfo=UTC))
    assert disk.url == "http://alerts.acme.example:9093"
    assert heard().mentions == ()


def test_what_is_over_says_since_when() -> None:
    (over,) = heard(changed(status="resolved", endsAt="2026-11-20T20:20:00Z")).alarms
    assert (over.status, over.id, over.at) == ("resolved", "a1b2c3d4e5f60718", datetime(2026, 11, 20, 20, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("label", "severity"),
    [
        ("critical", "critical"),
        ("page", "critical"),
        ("ERROR", "major"),
        ("warning", "minor"),
        ("info", "watch"),
        ("cam", "major"),
        ("x", "watch"),
        (5, "watch"),
    ],
)
def test_a_label_is_told_in_our_words(label: object, severity: str) -> None:
    options = Options(secrets=(TOKEN,), severities={"cam": "major"}, severity="watch")
    assert heard(changed(labels={"alertname": "A", "severity": label}), options).alarms[0].severity == severity


def test_an_old_alertmanager_without_fingerprints_is_told_by_its_labels() -> None:
    first, same, other = (
        heard(changed(fingerprint=None, labels={"alertname": name, "job": "shop"})).alarms[0].id for name in ("A", "A", "B")
    )
    assert first == same != other


def test_a_bearer_token_or_the_password_of_basic_authentication_lets_it_in() -> None:
    basic = base64.b64encode(f"am:{TOKEN}".encode()).decode()
    assert heard(Authorization=f"Basic {basic}").alarms
    assert heard(authorization=f"bearer {TOKEN}").alarms
    both = Options(secrets=("mot-bi-mat-khac-nua", TOKEN))
    assert heard(BODY, both, Authorization=f"Bearer {TOKEN}").alarms


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Basic !!!", TOKEN, "Bearer \udce9", f"Digest {TOKEN}"]
)
def test_anybody_else_is_refused_and_the_refusal_holds_no_secret(shown: str) -> None:
    with pytest.raises(WebhookRefused) as caught:
        heard(Authorization=shown)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"[" * 100_000, b"\xff", {}, {"version": "4"}, {"version": "3", "alerts": []}, {"version": "4", "alerts": [{}] * 1_001},
     {"version": "4", "alerts": [{}, 5, {"status": "odd", "labels": {"a": "b"}}]}],
)  # fmt: skip
def test_what_is_not_a_message_of_version_4_is_unreadable(body: object) -> None:
    with pytest.raises(SourceUnreadable):
        heard(body)


def test_one_alert_that_cannot_be_read_costs_no_other() -> None:
    found = json.loads(BODY)
    found["alerts"][1] = {"status": "firing"}
    page = heard(found)
    assert ([alarm.name for alarm in page.alarms], page.skipped) == (["ShopDown"], 1)


def test_a_time_that_cannot_be_read_counts_now_and_repeats_nothing() -> None:
    (alarm,) = heard(changed(startsAt="yesterday")).alarms
    assert (alarm.at, alarm.again) == (NOW, True)


def test_a_short_secret_is_refused_without_being_told() -> None:
    with pytest.raises(ValidationError) as caught:
        Options(secrets=("ngan",))
    assert "ngan" not in str(caught.value)
