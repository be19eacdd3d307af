"""A real Postfix (Debian's, 3.7) in a folder of its own, on loopback: STARTTLS, AUTH against a Dovecot, delivery into Dovecot's mail folder and beside it.

Its master has to be root, as in every installation of it.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from tests.servers.dovecot import Dovecot, owner

PROGRAM = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
OURS, LAN = "tocsin@acme.example", "lan@example.org"
START_S = 30.0
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.acme.example
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {dovecot}/cert.pem
smtpd_tls_key_file = {dovecot}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dovecot}/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
virtual_mailbox_domains = acme.example, example.org
virtual_mailbox_base = {dovecot}
virtual_mailbox_maps = texthash:{folder}/boxes
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str | None:
    """Why it cannot be run here; None where it can."""
    if PROGRAM is None:
        return "no Postfix here: apt-get install postfix"
    return None if os.geteuid() == 0 else "Postfix starts as root alone"


class Postfix:
    """The running server: `port` on 127.0.0.1 and "localhost", with Dovecot's certificate and people."""

    def __init__(self, folder: Path, port: int, dovecot: Dovecot) -> None:
        self.folder = folder
        self.port = port
        self.dovecot = dovecot
        self.lan = dovecot.folder / "lan"

    def mails_of_lan(self, wanted: int = 1) -> list[EmailMessage]:
        """What arrived for her, the oldest first; waits until there are so many."""
        until = time.monotonic() + START_S
        while time.monotonic() < until and len(found := sorted(self.lan.glob("new/*"))) < wanted:
            time.sleep(0.05)
        mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]
        return [mail for mail in mails if isinstance(mail, EmailMessage)]


@contextmanager
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    """A server beside that Dovecot; it ends, and its folder goes, with the block."""
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="tocsin-postfix-"))
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        server = Postfix(folder, held.getsockname()[1], dovecot)
    _prepare(server)
    with (folder / "err").open("wb") as told:
        process = subprocess.Popen([PROGRAM, "-c", str(folder / "etc"), "start-fg"], stdout=told, stderr=told)
    try:
        _wait(server, process)
        yield server
    finally:
        subprocess.run([PROGRAM, "-c", str(folder / "etc"), "stop"], capture_output=True, check=False, timeout=30)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(server: Postfix) -> None:
    folder = server.folder
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix", "postfix")
    _, _, uid, gid = owner()
    told = {"folder": folder, "dovecot": server.dovecot.folder, "uid": uid, "gid": gid, "port": server.port}
    (folder / "etc" / "main.cf").write_text(MAIN.format(**told))
    (folder / "etc" / "master.cf").write_text(MASTER.format(**told).lstrip())
    (folder / "boxes").write_text(f"{OURS} mail/\n{LAN} lan/\n")
    server.lan.mkdir()
    os.chown(server.lan, uid, gid)


def _wait(server: Postfix, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1) as line:
            if line.recv(4).startswith(b"220 "):
                return
        time.sleep(0.05)
    said = "\n".join((server.folder / name).read_text() for name in ("err", "log") if (server.folder / name).exists())
    raise RuntimeError(f"Postfix did not start:\n{said[-3000:]}")
