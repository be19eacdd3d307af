"""A small house of people and policies, and a stage on which an incident lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerting.events import Decision, Event, SignalArrived
from alerting.incident import decide
from alerting.policy import Roster, policy_for
from alerting.settings import AlertingSettings
from core.records import Incident, Notification, Severity, Signal, TimelineEntry, Words
from core.silences import Silence

T0 = datetime(2026, 11, 21, 3, tzinfo=UTC)
SETTINGS = {
    "people": [
        {"id": "lan", "name": "Lan", "channels": [{"kind": "email", "to": "l@example.org"}, {"kind": "sms", "only": "critical"}]},
        {"id": "minh", "name": "Minh", "channels": [{"kind": "email", "to": "m@example.org"}]},
        {"id": "ha", "name": "Hà"},
    ],
    "rotations": [{"id": "line", "people": ["lan"]}, {"id": "void", "people": []}],
    "policies": [
        {"id": "default", "steps": [{"notify": ["line"]}, {"notify": ["minh"], "after": "15m"}], "repeat": 1, "again_after": "20m"},
        {"id": "holes", "steps": [{"notify": "void"}, {"notify": "minh", "after": "15m"}, {"notify": "void", "after": "30m"}], "repeat": 1},
        {"id": "nobody", "steps": [{"notify": "void"}], "repeat": 1, "again_after": "20m"},
        {"id": "late", "steps": [{"notify": "lan", "after": "10m"}]},
    ],
    "routes": [
        {"match": {"severity": "watch"}, "digest": "daily"},
        {"match": {"topic": "holes"}, "policy": "holes"},
        {"match": {"topic": "nobody"}, "policy": "nobody"},
        {"match": {"topic": "late"}, "policy": "late"},
        {"policy": "default"},
    ],
    "fallback": "ha",
}


class Stage:
    """One incident, its clock, and everything that was decided about it."""

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        self.settings = AlertingSettings.model_validate(SETTINGS | (settings or {}))
        self.roster = Roster.of(self.settings)
        self.now = T0
        self.incident: Incident | None = None
        self.timeline: list[TimelineEntry] = []
        self.planned: list[Notification] = []
        self.cancelled: list[Notification] = []

    def signal(self, severity: Severity = "major", topic: str = "acme", kind: str = "volume_spike", **more: Any) -> SignalArrived:
        signal = Signal(
            kind=kind, subject=f"topic:{topic}", topic_id=topic, bucket_start=self.now, scale_s=900, observed=40.0, expected=3.0, low=None,
            high=9.0, unit="mentions", score=0.9, raised_at=self.now,
            words=Words(key=f"signal.{kind}", args={"topic": "Acme", "observed": 40, "scale": 900, "expected": 3}),
        )  # fmt: skip
        policy = policy_for(self.settings, severity=severity, topic_id=topic, kind=kind)
        return SignalArrived(**({"signal": signal, "key": "topic:acme|attention|-", "severity": severity, "policy": policy} | more))

    def do(self, event: Event, minutes: float = 0) -> Decision:
        self.now += timedelta(minutes=minutes)
        decision = decide(self.incident, event, self.now, self.roster)
        self.incident = decision.incident
        self.timeline += decision.timeline
        self.cancelled += [one for one in self.planned if one.kind in decision.cancel]
        self.planned = [one for one in self.planned if one.kind not in decision.cancel]
        self.planned += decision.notifications
        return decision

    def live(self) -> Incident:
        assert self.incident is not None
        return self.incident

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.timeline]

    def silence(self) -> Silence:
        return Silence(
            matches={"topic": "acme"},
            starts_at=T0 - timedelta(hours=1),
            ends_at=T0 + timedelta(hours=9),
            by="lan",
            comment="our own campaign",
        )


def who(decision: Decision) -> list[tuple[str, str, str]]:
    return [(one.kind, one.person, one.channel) for one in decision.notifications]


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def stage_with() -> Callable[[dict[str, Any]], Stage]:
    return Stage


@pytest.fixture(name="who")
def _who() -> Callable[[Decision], list[tuple[str, str, str]]]:
    return who
