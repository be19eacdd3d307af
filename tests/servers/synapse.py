"""A real Matrix homeserver (Synapse) on loopback with SQLite, from the virtual environment that `install_synapse.sh` filled."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
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
from pathlib import Path
from typing import Any
from urllib.parse import quote

FOLDER = Path(os.environ.get("TOCSIN_TEST_SYNAPSE", Path(__file__).parents[2] / ".servers" / "synapse"))
PYTHON = FOLDER / "bin" / "python"
SECRET = "registration-secret-of-the-test"
GENEROUS = {"per_second": 1000, "burst_count": 1000}  # what else would slow a test down is what the tests of 429 look at elsewhere
START_S = 60


def missing() -> str | None:
    """Why there is no Synapse to start; None where there is one."""
    return None if (FOLDER / ".installed").exists() else f"no Synapse in {FOLDER}: tests/servers/install_synapse.sh {FOLDER}"


class User:
    """Somebody with an access token."""

    def __init__(self, server: Synapse, identity: str, token: str) -> None:
        self._server = server
        self.id = identity
        self.token = token

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the client API."""
        return self._server.call(method, f"/_matrix/client/v3{path}", body, self.token)

    def room(self, *invited: str, encrypted: bool = False) -> str:
        """A new private room with invitations; returns its id."""
        state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}] if encrypted else []
        made = self.call("POST", "/createRoom", {"preset": "private_chat", "invite": list(invited), "initial_state": state})
        return str(made["room_id"])

    def say(self, room: str, text: str, **content: Any) -> str:
        """A message; returns its event id."""
        path = f"/rooms/{quote(room, safe='')}/send/m.room.message/t{time.monotonic_ns()}"
        return str(self.call("PUT", path, {"msgtype": "m.text", "body": text, **content})["event_id"])

    def react(self, room: str, event: str, key: str) -> None:
        """A reaction below a message."""
        relation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}}
        self.call("PUT", f"/rooms/{quote(room, safe='')}/send/m.reaction/t{time.monotonic_ns()}", relation)

    def messages(self, room: str) -> list[dict[str, Any]]:
        """What was said in a room, the newest first."""
        found: list[dict[str, Any]] = self.call("GET", f"/rooms/{quote(room, safe='')}/messages?dir=b&limit=100")["chunk"]
        return [event for event in found if event["type"] == "m.room.message"]


class Synapse:
    """The running server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, token: str | None = None) -> dict[str, Any]:
        """A request, and the object that is answered."""
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers, method=method), timeout=30) as answer:
            told: dict[str, Any] = json.loads(answer.read() or b"{}")
        return told

    def user(self, name: str) -> User:
        """A new account, as `register_new_matrix_user` makes one."""
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        mac = hmac.new(SECRET.encode(), b"\0".join((nonce.encode(), name.encode(), b"mat-khau", b"notadmin")), hashlib.sha1).hexdigest()
        made = self.call(
            "POST", "/_synapse/admin/v1/register", {"nonce": nonce, "username": name, "password": "mat-khau", "admin": False, "mac": mac}
        )
        return User(self, made["user_id"], made["access_token"])


@contextmanager
def synapse() -> Iterator[Synapse]:
    """A server with nobody on it; it ends, and its folder goes, with the block."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-synapse-"))
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        server = Synapse(held.getsockname()[1])
    (folder / "hs.yaml").write_text(json.dumps(_configuration(folder, server.port)))  # JSON is YAML
    command = [str(PYTHON), "-m", "synapse.app.homeserver", "--config-path", str(folder / "hs.yaml")]
    subprocess.run([*command, "--generate-keys"], cwd=folder, check=True, capture_output=True, timeout=START_S)
    with (folder / "err").open("wb") as told:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=told)
    try:
        _wait(server, process, folder)
        yield server
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(folder: Path, port: int) -> dict[str, Any]:
    limited = {f"rc_{what}": GENEROUS for what in ("message", "registration", "admin_redaction")}
    return {
        "server_name": "hs.test",
        "pid_file": str(folder / "pid"),
        "listeners": [{"port": port, "type": "http", "bind_addresses": ["127.0.0.1"], "resources": [{"names": ["client", "media"]}]}],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "macaroon_secret_key": "a secret of the test",
        "form_secret": "another secret of the test",
        "registration_shared_secret": SECRET,
        "trusted_key_servers": [],
        "report_stats": False,
        "caches": {"sync_response_cache_duration": "0s"},  # else two looks of two tests that ask the same get the same answer
        **limited,
        "rc_joins": {"local": GENEROUS, "remote": GENEROUS},
        "rc_invites": {"per_room": GENEROUS, "per_user": GENEROUS, "per_issuer": GENEROUS},
    }


def _wait(server: Synapse, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            server.call("GET", "/_matrix/client/versions")
            return
        time.sleep(0.1)
    raise RuntimeError(f"Synapse did not start:\n{(folder / 'err').read_text()[-2000:]}")
