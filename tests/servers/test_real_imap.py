"""`tocsin poll` reads a real mailbox, on Debian's Dovecot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.dovecot import PASSWORD, USER, Dovecot, dovecot, missing

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "imap"
pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.skipif(missing() is not None, reason=str(missing()))]


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


def poll(server: Dovecot, folder: Path, security: str, *, password: str = PASSWORD) -> tuple[int, list[dict[str, Any]], str]:
    port = server.tls if security == "tls" else server.plain
    source = {"id": "care", "kind": "imap", "host": "localhost", "port": port, "security": security, "user": USER}
    source |= {"password": "${CARE_PASSWORD}", "tier": "owned"} | ({} if security == "plain" else {"ca_file": str(server.ca)})
    told = {
        "name": "Acme",
        "language": "vi",
        "timezone": "Asia/Ho_Chi_Minh",
        "store": {"database": f"sqlite:///{folder}/tocsin.db"},
        "topics": [{"id": "acme", "kind": "brand", "query": "acme"}],
        "listener": {"sources": [source], "allow_private_hosts": [f"localhost:{port}"]},
    }
    (folder / "config.yaml").write_text(json.dumps(told))  # JSON is YAML
    command = [sys.executable, "-m", "console.cli", "--config", str(folder / "config.yaml"), "poll", "care"]
    environment = {**os.environ, "CARE_PASSWORD": password, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize("security", ["tls", "starttls", "plain"])
def test_a_poll_reads_the_mailbox_and_a_second_brings_nothing(server: Dovecot, tmp_path: Path, security: str) -> None:
    for name in ("forward_gmail", "forward_attached", "windows_1258", "answer", "bounce"):
        server.deliver((DATA / f"{name}.eml").read_bytes())
    status, first, err = poll(server, tmp_path, security)
    assert status == 0, err
    assert sorted(mention["title"] for mention in first) == ["Phản hồi của Acme", "Rò điện", "Ấm Acme cháy!", "Ấm phát nổ"]
    links = {mention["title"]: mention.get("url") for mention in first}
    assert links["Ấm Acme cháy!"] == "https://www.facebook.com/groups/123/posts/456/?utm_source=x"
    assert poll(server, tmp_path, security)[1] == []
    server.deliver((DATA / "iso_2022.eml").read_bytes())
    assert [mention["title"] for mention in poll(server, tmp_path, security)[1]] == ["やかん"]
    assert set(server.states()) == {""}, "nothing was marked as read"


def test_a_mailbox_numbered_anew_brings_nothing_twice(server: Dovecot, tmp_path: Path) -> None:
    server.deliver((DATA / "answer.eml").read_bytes())
    assert len(poll(server, tmp_path, "plain")[1]) == 1
    server.number_anew()
    server.deliver((DATA / "windows_1258.eml").read_bytes())
    status, came, err = poll(server, tmp_path, "plain")
    assert status == 0, err
    assert [mention["title"] for mention in came] == ["Rò điện"]
    assert "numbered anew" in err


def test_a_wrong_password_pauses_the_source_and_says_the_mend(server: Dovecot, tmp_path: Path) -> None:
    status, came, err = poll(server, tmp_path, "tls", password="sai-mat-khau")
    assert (status, came) == (1, [])
    assert "login refused" in err
    assert "sai-mat-khau" not in err
