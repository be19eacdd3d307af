"""A real Dovecot (Debian's `dovecot-imapd`, version 2.3) in a folder of its own, on loopback, as an ordinary user."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
USER, PASSWORD = "care", "mat-khau-cua-test"
VERSION = "2.3."  # 2.4 reads another configuration
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/passwords
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service auth {{
  unix_listener {folder}/sasl {{
    mode = 0666
  }}
}}
"""


def missing() -> str | None:
    """Why it cannot be run here; None where it can."""
    if PROGRAM is None:
        return "no Dovecot here: apt-get install dovecot-imapd"
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return None if version.startswith(VERSION) else f"this test knows Dovecot {VERSION}x, here is {version}"


class Dovecot:
    """The running server: `plain` and `tls` are its ports on 127.0.0.1 and "localhost", `ca` signs its certificate, at `sasl` a mail server may ask who is who."""

    def __init__(self, folder: Path, plain: int, tls: int) -> None:
        self.folder = folder
        self.plain = plain
        self.tls = tls
        self.ca = folder / "ca.pem"
        self.sasl = folder / "sasl"
        self._delivered = 0

    def deliver(self, data: bytes) -> None:
        """Put a mail into the inbox as a mail program does: under `tmp`, then moved to `new`."""
        self._delivered += 1
        inbox = self.folder / "mail"
        name = f"{int(time.time())}.M{self._delivered:06}P{os.getpid()}.test"
        (inbox / "tmp" / name).write_bytes(data.replace(b"\r\n", b"\n"))
        shutil.chown(inbox / "tmp" / name, *owner()[:2])
        (inbox / "tmp" / name).rename(inbox / "new" / name)

    def states(self) -> list[str]:
        """The flags of each mail, as the folder tells them: "" where nobody touched it, "S" where it was read."""
        found = [path.name.partition(":2,")[2] for part in ("new", "cur") for path in (self.folder / "mail" / part).iterdir()]
        return sorted(found)

    def number_anew(self) -> None:
        """Lose the index, as a restored backup does: the folder gets another UIDVALIDITY, the mails other UIDs."""
        (self.folder / "mail" / "dovecot-uidlist").write_text("3 V1999999999 N1\n")
        for path in (self.folder / "mail").glob("dovecot.index*"):
            path.unlink()


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """A server with an empty inbox; it ends, and its folder goes, with the block."""
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="tocsin-dovecot-"))
    server = Dovecot(folder, *_free_ports())
    user, group = _prepare(server)
    process = subprocess.Popen(
        [PROGRAM, "-F", "-c", str(folder / "dovecot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **({"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}),
    )
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(server: Dovecot) -> tuple[str, str]:
    folder, (user, group, uid, gid) = server.folder, owner()
    for name in ("run", "state", "home", "mail/tmp", "mail/new", "mail/cur"):
        (folder / name).mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(server.ca))
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(str(folder / "cert.pem"), append=number > 0)
    (folder / "passwords").write_text(f"{USER}:{PASSWORD}\n")
    told = {"folder": folder, "user": user, "group": group, "uid": uid, "gid": gid, "plain": server.plain, "tls": server.tls}
    (folder / "dovecot.conf").write_text(CONFIGURATION.format(**told))
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, gid)
    folder.chmod(0o711)  # a mail server of another user asks at `sasl`
    return user, group


def owner() -> tuple[str, str, int, int]:
    """Who runs it: ourselves, or nobody where we are root."""
    import grp

    known = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return known.pw_name, grp.getgrgid(known.pw_gid).gr_name, known.pw_uid, known.pw_gid


def _free_ports() -> tuple[int, int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(2)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        first, second = (each.getsockname()[1] for each in sockets)
    return first, second


def _wait(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.plain), 1) as line:
            if line.recv(4).startswith(b"* OK"):
                return
        time.sleep(0.05)
    log = server.folder / "log"
    raise RuntimeError(f"Dovecot did not start:\n{log.read_text() if log.exists() else '(no log)'}")
