"""Debian's Alertmanager, started for a test on loopback, with one receiver: the console of an installation."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROGRAM = next((found for name in ("prometheus-alertmanager", "alertmanager") if (found := shutil.which(name))), None)
CONFIGURATION = """
route: {{receiver: tocsin, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1s}}
receivers:
  - name: tocsin
    webhook_configs:
      - url: {url}
        send_resolved: true
        http_config: {{authorization: {{type: Bearer, credentials_file: {folder}/token}}}}
"""


def missing() -> str | None:
    """Why it cannot be run here; None where it can."""
    return None if PROGRAM else "no Alertmanager here: apt-get install prometheus-alertmanager"


class Alertmanager:
    """The running server; `address` is its own."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def fire(self, name: str, started_at: datetime, *, ended_at: datetime | None = None, **labels: str) -> None:
        """Tell it of an alert as Prometheus does."""
        alert = {
            "labels": {"alertname": name, **labels},
            "annotations": {"summary": "Trang đặt hàng không trả lời"},
            "startsAt": started_at.isoformat(),
            "endsAt": (ended_at or datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        }
        asked = urllib.request.Request(
            f"{self.address}/api/v2/alerts", data=json.dumps([alert]).encode(), headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=5) as answer:
            assert answer.status == 200


@contextmanager
def alertmanager(url: str, token: str) -> Iterator[Alertmanager]:
    """A server that sends to `url`; it ends, and its folder goes, with the block."""
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="tocsin-alertmanager-"))
    (folder / "token").write_text(token)
    (folder / "config.yml").write_text(CONFIGURATION.format(url=url, folder=folder))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        PROGRAM,
        f"--config.file={folder}/config.yml",
        f"--storage.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "NO_PROXY": "127.0.0.1"})
    try:
        _wait(port, process, folder / "log")
        yield Alertmanager(port)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Alertmanager did not start:\n{log.read_text(errors='replace')}")
