"""The installation that `bench.paging` measures: the daemon as a process of its own, a webhook that mentions are pushed to, a receiver that notes when each page came."""

from __future__ import annotations

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import yaml
from aiohttp import ClientSession, web

from listener.collectors.webhook import sign
from tests.stories.installation import free_port

SECRET: Final = "whsec_" + base64.b64encode(b"a secret of the bench, 32 bytes.").decode()
PEOPLE: Final = 3  # topics that one person looks after: few enough that no page is held back as one of a storm
ROOT: Final = Path(__file__).parents[1]
PATIENCE_S: Final = 120.0


class Place:
    """One installation.

    Args:
        folder: empty.
        topics: how many brands it watches.
    """

    def __init__(self, folder: Path, topics: int) -> None:
        self.folder = folder
        self.brands = [f"zolta{number}" for number in range(topics)]
        self.pages: list[tuple[float, dict[str, Any]]] = []  # (monotonic seconds, what was posted)
        self._port, self._receiver = free_port(), free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "config.yaml").write_text(yaml.safe_dump(self._config()), encoding="utf-8")

    async def receive(self) -> web.AppRunner:
        """Start the receiver."""
        app = web.Application()
        app.router.add_post("/{person}", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._receiver).start()
        return runner

    def start(self) -> None:
        """Start the daemon, cold."""
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "console.cli", "run"],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        """Ask it to end."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE_S)

    def processor_s(self) -> float:
        """The processor's seconds that the daemon has spent so far."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def push(self, http: ClientSession, text: str) -> float:
        """Push a post; returns when it was offered, in monotonic seconds; it is stored when this returns."""
        number = str(time.monotonic_ns())
        now = time.time()
        published = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        body = json.dumps({"id": number, "text": text, "url": f"https://forum.example/{number}", "published_at": published}).encode()
        headers = {"webhook-id": f"msg_{number}", "webhook-timestamp": str(int(now))}
        headers["webhook-signature"] = sign(headers["webhook-id"], headers["webhook-timestamp"], body, SECRET)
        offered = time.monotonic()
        async with http.post(f"{self.address}/hooks/forum", data=body, headers=headers) as answer:
            if answer.status >= 300:
                raise SystemExit(f"not taken: {answer.status} {await answer.text()}")
        return offered

    def ask(self, sql: str, *values: object) -> list[Any]:
        """Rows of the database."""
        with closing(sqlite3.connect(self.folder / "tocsin.db", timeout=5)) as connection:
            return connection.execute(sql, values).fetchall()

    async def _take(self, request: web.Request) -> web.Response:
        self.pages.append((time.monotonic(), (await request.json())["data"]))
        return web.Response()

    def _config(self) -> dict[str, Any]:
        people = [f"p{number}" for number in range(-(-len(self.brands) // PEOPLE))]
        channel = {"kind": "webhook"}
        return {
            "name": "Bench",
            "language": "en",
            "store": {"database": "sqlite:///tocsin.db"},
            "topics": [{"id": brand, "name": brand.title(), "kind": "brand", "query": brand} for brand in self.brands],
            "listener": {
                "allow_private_hosts": [f"127.0.0.1:{self._receiver}"],
                "sources": [{"id": "forum", "kind": "webhook", "tier": "forum", "secrets": [SECRET]}],
            },
            "alerting": {
                "people": [
                    {"id": one, "language": "en", "channels": [{**channel, "url": f"http://127.0.0.1:{self._receiver}/{one}"}]}
                    for one in people
                ],
                "policies": [{"id": f"of-{one}", "steps": [{"notify": [one], "after": "0m"}]} for one in people],
                "routes": [
                    {"match": {"topic": self.brands[at * PEOPLE : (at + 1) * PEOPLE]}, "policy": f"of-{one}"}
                    for at, one in enumerate(people)
                ],
            },
            "console": {"listen": f"127.0.0.1:{self._port}", "base_url": self.address},
        }
