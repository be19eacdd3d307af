"""An IMAP server that says what a test wrote: enough of RFC 3501 to be read from, on loopback, in threads of its own."""

from __future__ import annotations

import atexit
import contextlib
import functools
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LOGIN = re.compile(rb'LOGIN "(?P<user>[^"]*)" "(?P<password>[^"]*)"')


class MailServer(socketserver.ThreadingTCPServer):
    """One folder. `letters` by UID; what was asked stands in `asked`."""

    daemon_threads = False
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: dict[int, bytes] = {}
        self.validity = 1
        self.folder = "INBOX"
        self.password = "hunter2-hunter2"
        self.login_answer = b"NO [AUTHENTICATIONFAILED] hunter2-hunter2 is wrong"
        self.greeting = b"* OK here I am"
        self.hangs_at = b""
        self.literal = 0  # announced instead of the true size
        self.tls: ssl.SSLContext | None = None
        self.tls_at_once = False
        self.asked: list[bytes] = []
        self.closing = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def deliver(self, data: bytes) -> int:
        uid = max(self.letters, default=0) + 1
        self.letters[uid] = data
        return uid


class _Session(socketserver.StreamRequestHandler):
    server: MailServer
    timeout = 30
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle(self) -> None:
        if self.server.tls_at_once and not self._secured():
            return
        self._say(self.server.greeting)
        self.wfile.flush()
        with contextlib.suppress(OSError):
            while line := self.rfile.readline(100_000):
                tag, _, command = line.strip().partition(b" ")
                self.server.asked.append(command)
                if self.server.hangs_at and command.startswith(self.server.hangs_at):
                    self.server.closing.wait(30)
                if not self._answered(tag, command):
                    return

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.close()  # the server closes the plain socket that it was made of

    def _answered(self, tag: bytes, command: bytes) -> bool:
        """Answer; whether the session goes on."""
        words = command.upper().split()
        verb = b" ".join(words[: 2 if words[0] == b"UID" else 1]).decode().lower().replace(" ", "_")
        told = getattr(self, f"_{verb}", self._unknown)(command)
        self._say(tag + b" " + (told or b"OK done"))
        return (verb != "starttls" or self._secured()) and verb != "logout"

    def _unknown(self, command: bytes) -> bytes:
        return b"BAD what is that"

    def _capability(self, command: bytes) -> None:
        self._say(b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN")

    def _starttls(self, command: bytes) -> None:
        """Begins after the answer."""

    def _login(self, command: bytes) -> bytes | None:
        found = LOGIN.fullmatch(command)
        return None if found is not None and found["password"].decode() == self.server.password else self.server.login_answer

    def _examine(self, command: bytes) -> bytes | None:
        if self.server.folder.encode() not in command:
            return b"NO [NONEXISTENT] no such folder"
        self._say(b"* %d EXISTS" % len(self.server.letters))
        self._say(b"* OK [UIDVALIDITY %d] valid" % self.server.validity)
        return b"OK [READ-ONLY] done"

    def _uid_search(self, command: bytes) -> None:
        start = int(command.split()[-1].split(b":")[0])
        uids = sorted(self.server.letters)
        found = [uid for uid in uids if uid >= start] or uids[-1:]
        self._say(b"* SEARCH " + b" ".join(b"%d" % uid for uid in found))

    def _logout(self, command: bytes) -> None:
        self._say(b"* BYE")

    def _uid_fetch(self, command: bytes) -> None:
        asked = re.search(rb"FETCH (\d+) .*<0\.(\d+)>", command)
        assert asked is not None
        data = self.server.letters.get(int(asked[1]))
        if data is not None:
            part = data[: int(asked[2])]
            self._say(b"* 1 FETCH (UID %s RFC822.SIZE %d BODY[]<0> {%d}" % (asked[1], len(data), self.server.literal or len(part)))
            self.wfile.write(part)
            self._say(b")")

    def _secured(self) -> bool:
        assert self.server.tls is not None
        self.wfile.flush()
        try:
            self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        except OSError:  # the client does not like our certificate
            return False
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        return True

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
        if not line.startswith(b"*"):
            self.wfile.flush()


@functools.cache
def lent() -> MailServer:
    """One for the whole process, which ends with it."""
    opened = mail_server()
    atexit.register(opened.__exit__, None, None, None)
    return opened.__enter__()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
