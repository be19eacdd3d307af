"""Alarms and numbers pushed to the console: told to the Intake at once, and no secret in answers or logs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from listener.collectors.webhook import sign
from store import measures
from tests import make
from tests.console.web import place as places
from tests.console.web.place import SECRET, Place, console

TOKEN = "bi-mat-cua-alertmanager"
DATA = Path(__file__).parents[2] / "data"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def place(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    sources = [
        {"id": "alerts", "kind": "alertmanager", "secrets": [TOKEN], "topic": "acme"},
        {"id": "uptime", "kind": "uptime_kuma", "secrets": [TOKEN]},
        {"id": "pbx", "kind": "counts", "secrets": [SECRET], "name": "Hotline"},
        {"id": "file", "kind": "counts", "path": "calls.csv"},
    ]
    monkeypatch.setattr(places, "values", lambda: make.config(language="vi", listener={"sources": sources}))
    async with console(tmp_path, sqlite_template) as opened:
        yield opened


async def test_alertmanagers_message_opens_an_incident_and_its_repeat_nothing(place: Place) -> None:
    body = (DATA / "alertmanager" / "firing.json").read_bytes()
    response = await place.client.post("/hooks/alerts", data=body, headers=SHOWN)
    assert response.status == 202
    await place.simulation.run_until(place.now + timedelta(minutes=1))
    (incident,) = place.incidents()
    assert (incident.kind, incident.severity, incident.topic_id) == ("outside_alert", "critical", "acme")
    assert (await (await place.client.post("/hooks/alerts", data=body, headers=SHOWN)).json())["status"] == "taken before"
    assert (await place.client.post("/hooks/alerts", data=body + b" ", headers=SHOWN)).status == 202
    await place.simulation.run_until(place.now + timedelta(minutes=1))
    assert place.kinds(incident.id).count("signal") == 2, "each of its two alerts once"
    page = await (await place.client.get(f"/incidents/{incident.id}")).text()
    assert "alerts báo: ShopDown: Trang đặt hàng không trả lời" in page


async def test_uptime_kuma_shows_its_token_in_a_header_of_its_own(place: Place) -> None:
    body = (DATA / "uptime_kuma" / "down.json").read_bytes()
    assert (await place.client.post("/hooks/uptime", data=body, headers={"X-Tocsin-Token": TOKEN})).status == 202
    await place.simulation.run_until(place.now + timedelta(minutes=1))
    assert place.incidents()[0].severity == "major"


async def test_signed_numbers_are_kept_and_open_nothing(place: Place) -> None:
    data = json.dumps({"at": (place.now - timedelta(minutes=15)).isoformat(), "value": 48}).encode()
    sent = str(int(place.now.timestamp()))
    headers = {"webhook-id": "m1", "webhook-timestamp": sent, "webhook-signature": sign("m1", sent, data, SECRET)}
    assert (await place.client.post("/hooks/pbx", data=data, headers=headers)).status == 202
    assert list(place.database.read_now(measures.newest, ["pbx"])) == [("pbx", "Hotline")]
    assert place.incidents() == []


async def test_whoever_shows_no_token_is_refused_and_nothing_secret_is_told(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = place.dump()
    wrong = {"Authorization": "Bearer sai-bi-mat-hoan-toan"}
    for response in (
        await place.client.post("/hooks/alerts", data=b"{}"),
        await place.client.post("/hooks/alerts", data=b"{}", headers=wrong),
        await place.client.post("/hooks/uptime", data=b"{}", headers={"X-Tocsin-Token": "sai-bi-mat-hoan-toan"}),
        await place.client.post("/hooks/pbx", data=b"{}", headers=SHOWN),
    ):
        assert response.status == 401
        assert "bi-mat" not in await response.text()
    assert (await place.client.post("/hooks/file", data=b"{}", headers=SHOWN)).status == 404, "a file takes no pushes"
    assert (await place.client.post("/hooks/alerts", data=b"{", headers=SHOWN)).status == 422
    assert place.dump() == before
    assert "bi-mat" not in capsys.readouterr().out
