"""A feed server and a mail server, both real, on a thread of their own: the daemon under test is another process."""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import ssl
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import escape

import trustme
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

T = TypeVar("T")
PASSWORD = "correct horse 7Zq"
BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "Acme fire ">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;"><!ENTITY g SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><title>&g;</title><item><guid>1</guid><title>&f;</title></item></channel></rss>"""
BROKEN = b'<?xml version="1.0"?><rss version="2.0"><channel><title>cut off in the mid'


def until(holds: Callable[[], T], *, seconds: float, what: str, why: Callable[[], str] = lambda: "") -> T:
    """Wait until something is true of another process, and return it; `why` is told where it does not come true."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}\n{why()}"
        time.sleep(0.01)
    return found


class Background:
    """An event loop on a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="servers", daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=10)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Feeds:
    """Serves fixed bytes by path, and `/growing.xml`, which has an ETag and grows by `say`."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self.fixed: dict[str, bytes] = {"/broken.xml": BROKEN, "/bomb.xml": BOMB}
        self.asked: Counter[tuple[str, int]] = Counter()  # (path, status answered)
        self.posts: list[tuple[str, str, datetime]] = []
        self.odd = ""  # items that stand in the growing feed as they are
        self.on_growing: Callable[[], None] = lambda: None  # called when it is asked for, before the answer
        self._runner: web.AppRunner | None = None
        self.port = background.do(self._start())

    def say(self, *texts: str) -> None:
        """People post, now."""
        at = datetime.now(UTC)
        self.posts += [(f"post-{len(self.posts) + number}", text, at) for number, text in enumerate(texts)]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def growing_asked(self) -> int:
        return self.asked["/growing.xml", 200] + self.asked["/growing.xml", 304]

    def close(self) -> None:
        if self._runner is not None:
            self._background.do(self._runner.cleanup())

    async def _start(self) -> int:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    async def _answer(self, request: web.Request) -> web.Response:
        response = self._growing(request) if request.path == "/growing.xml" else self._file(request.path)
        self.asked[request.path, response.status] += 1
        return response

    def _file(self, path: str) -> web.Response:
        body = self.fixed.get(path)
        return web.Response(status=404) if body is None else web.Response(body=body, content_type="application/xml")

    def _growing(self, request: web.Request) -> web.Response:
        self.on_growing()
        items = "".join(
            f"<item><guid isPermaLink='false'>{guid}</guid><title>{escape(text)}</title><link>{self.url('/' + guid)}</link>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>"
            for guid, text, at in reversed(self.posts)
        )
        body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Forum</title>{items}{self.odd}</channel></rss>'.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body, content_type="application/rss+xml", charset="utf-8", headers={"ETag": etag})


class Mails:
    """An SMTP server that insists on STARTTLS and AUTH, and may keep its last answer to itself.

    Args:
        background: where it runs.
        folder: where its authority's certificate is written, for `ca_file`.
    """

    def __init__(self, background: Background, folder: Path) -> None:
        self._background = background
        authority = trustme.CA()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._context)
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self.received: list[EmailMessage] = []
        self.silent_to: set[str] = set()  # the text is taken, and the 250 never comes
        self.takes_s = 0.0  # from the text to the 250, in seconds
        self._connections: list[SMTP] = []
        self._server = background.do(self._start())
        self.port = int(self._server.sockets[0].getsockname()[1])

    def to(self, address: str) -> list[EmailMessage]:
        """What an address got, in order."""
        return [mail for mail in list(self.received) if mail["To"] == address]

    def close(self) -> None:
        self._background.do(self._stop())

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.received.append(mail)
        await asyncio.sleep(30 if mail["To"] in self.silent_to else self.takes_s)  # ends with the connection
        return f"250 OK queued as {len(self.received)}"

    async def _start(self) -> asyncio.Server:
        return await self._background.loop.create_server(self._session, "127.0.0.1", 0)

    def _session(self) -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # aiosmtpd warns of its own defaults
            connection = SMTP(
                self, hostname="mx.test", tls_context=self._context, require_starttls=True, auth_required=True, authenticator=_is_known
            )
        self._connections.append(connection)
        return connection

    async def _stop(self) -> None:
        self._server.close()
        for connection in self._connections:
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0.05)  # the transports close in the loop's next turns


def _is_known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.login == b"tocsin" and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=good)


@contextmanager
def town(folder: Path) -> Iterator[tuple[Feeds, Mails]]:
    """Both servers, running."""
    background = Background()
    feeds, mails = Feeds(background), Mails(background, folder)
    try:
        yield feeds, mails
    finally:
        feeds.close()
        mails.close()
        background.close()


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return unescape(str(part.get_content()))
