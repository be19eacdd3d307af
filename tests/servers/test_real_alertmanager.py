"""A real Alertmanager rings at the real console: the on-call is told, and that it is over is noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.alertmanager import alertmanager, missing
from tests.stories.installation import Installation, free_port

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.skipif(missing() is not None, reason=str(missing()))]
TOKEN = "bi-mat-cua-alertmanager"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    port = free_port()
    values = {
        "name": "Acme",
        "language": "vi",
        "store": {"database": "sqlite:///tocsin.db"},
        "topics": [{"id": "acme", "kind": "brand", "query": "acme"}],
        "listener": {"sources": [{"id": "alerts", "kind": "alertmanager", "secrets": [TOKEN], "tier": "owned", "topic": "acme"}]},
        "alerting": {"people": [{"id": "ana", "name": "Ana", "channels": [{"kind": "log", "id": "phone"}]}]},
        "console": {"listen": f"127.0.0.1:{port}", "base_url": f"http://127.0.0.1:{port}"},
    }
    built = Installation(tmp_path, values)
    yield built
    built.close()


def test_a_real_alertmanager_rings_once_and_says_when_it_is_over(installation: Installation) -> None:
    installation.start()
    installation.wait_for("console listens")
    began = datetime.now(UTC) - timedelta(minutes=5)
    with alertmanager(f"{installation.address}/hooks/alerts", TOKEN) as server:
        server.fire("ShopDown", began, severity="critical", job="shop")
        installation.wait(installation.incidents, what="an incident")
        (incident,) = installation.incidents()
        assert (incident.kind, incident.severity, incident.topic_id, incident.playbook_id) == (
            "outside_alert",
            "critical",
            "acme",
            "service-outage",
        )
        server.fire("ShopDown", began, severity="critical", job="payments")  # of the same group: both are sent, the first again
        installation.wait(lambda: installation.count("SELECT count(*) FROM signals WHERE kind <> 'probe'") >= 2, what="the second alert")
        server.fire("ShopDown", began, ended_at=datetime.now(UTC), severity="critical", job="payments")
        ended = "SELECT count(*) FROM signals WHERE kind = 'outside_over'"
        installation.wait(lambda: installation.count(ended) == 1, what="the second's end")
        assert installation.count("SELECT count(*) FROM signals WHERE kind <> 'probe'") == 3, "what is told again adds nothing"
        assert installation.incidents()[0].is_open
        server.fire("ShopDown", began, ended_at=datetime.now(UTC), severity="critical", job="shop")
        installation.wait(lambda: not installation.incidents()[0].is_open, what="the end")
    assert installation.incidents()[0].close_reason == "alarm_over"
    assert TOKEN not in installation.said()


def test_a_wrong_token_rings_nobody(installation: Installation) -> None:
    installation.start()
    installation.wait_for("console listens")
    with alertmanager(f"{installation.address}/hooks/alerts", "sai-bi-mat-hoan-toan") as server:
        server.fire("ShopDown", datetime.now(UTC), severity="critical")
        installation.wait_for("hook refused")
    assert installation.incidents() == []
    assert "sai-bi-mat" not in installation.said()
