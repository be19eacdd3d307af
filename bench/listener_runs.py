"""The processes of `bench.listener`: the server, and each system, which prints what it spent as one JSON line."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from bench import corpus
from console.loop import live_long

EVERY = timedelta(minutes=5)
HEALTHY_OF_TEN = 7  # of the mixed ones: the rest are gone, broken, slow or no feed


def serve(feeds: str, count: str, etag: str, salt: str, health: str) -> None:
    """Serve /0 to /count-1; prints its address. Cheap, because it shares the machine with what is measured."""
    held = min(int(count), 400)
    bodies = [
        corpus.distinct(body, 1_000_000 * int(salt) + index)
        for index, body in enumerate(corpus.mixed(Path(feeds) if feeds else None, held))
    ]
    answers = [_Answers(body, has_etag=etag == "etag") for body in bodies]

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _Feeds(answers, is_mixed=health == "mixed"), "127.0.0.1", 0)
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Event().wait()

    uvloop.run(main())


class _Answers:
    """What is said of one feed, made beforehand."""

    def __init__(self, body: bytes, *, has_etag: bool) -> None:
        self.tag = b'"' + hashlib.sha256(body).hexdigest()[:16].encode() + b'"'
        marked = b"ETag: " + self.tag + b"\r\n" if has_etag else b""
        self.whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n" + marked + b"Content-Length: %d\r\n\r\n" % len(body) + body
        self.unchanged = b"HTTP/1.1 304 Not Modified\r\n" + marked + b"\r\n"
        self.torn = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 5000\r\n\r\n" + body[:5_000].ljust(5_000)
        self.has_etag = has_etag


class _Feeds(asyncio.Protocol):
    """One connection: a GET at a time."""

    def __init__(self, answers: list[_Answers], *, is_mixed: bool) -> None:
        self._answers = answers
        self._is_mixed = is_mixed
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._head += data
        if not self._head.endswith(b"\r\n\r\n"):
            return
        head, self._head = self._head, b""
        number = int(head.split(b" ", 2)[1][1:])
        answer = self._answers[number % len(self._answers)]
        if self._is_mixed and number % 10 >= HEALTHY_OF_TEN:
            self._trouble(number, answer)
        else:
            self._transport.write(answer.unchanged if answer.has_etag and answer.tag in head else answer.whole)

    def _trouble(self, number: int, answer: _Answers) -> None:
        if number % 10 == HEALTHY_OF_TEN:
            status = (404, 410, 500, 503)[number // 10 % 4]
            self._transport.write(b"HTTP/1.1 %d Trouble\r\nContent-Length: 0\r\n\r\n" % status)
        elif number % 10 == HEALTHY_OF_TEN + 1:
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>")
        else:
            asyncio.get_running_loop().call_later(2, self._say, answer.torn)

    def _say(self, late: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(late)


def _spent() -> float:
    """This process's CPU seconds so far, its children's included."""
    ours = time.process_time()
    for children in Path("/proc/self/task").glob("*/children"):
        for child in children.read_text().split():
            after_name = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            ours += (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
    return ours


def run_reader(url: str, count: str, database: str) -> None:
    """lemon24/reader: add the feeds, then update twice."""
    import feedparser_sgmllib

    sys.modules["sgmllib"] = feedparser_sgmllib  # its vendored feedparser asks for the old name of the same library
    from reader import make_reader

    reader = make_reader(database)
    for number in range(int(count)):
        reader.add_feed(f"{url}/{number}")
    spent = []
    for _ in range(2):
        began = _spent()
        reader.update_feeds(scheduled=False)
        spent.append(_spent() - began)
    print(json.dumps({"first": spent[0], "again": spent[1], "entries": reader.get_entry_counts().total}))


async def run_ours(url: str, count: str, database: str) -> None:
    """Our Poller over the rss collector and SQLite: poll all, then all again."""
    poller, store, clock = _poller(url, int(count), database)
    spent = []
    async with clock.http:
        live_long()
        gc.collect()
        gc.freeze()
        for _ in range(2):
            began = _spent()
            while (due := await poller.step(clock.at)) is not None and (due <= clock.at or poller.is_listening):
                await store.mentions.take(1_000_000)
            spent.append(_spent() - began)
            clock.at += EVERY
    from store import mentions

    print(json.dumps({"first": spent[0], "again": spent[1], "entries": store.database.read_now(mentions.count)}))
    await store.close()


async def run_many(url: str, count: str, database: str) -> None:
    """One process of ours over very many feeds, three turns: memory, loop delay."""
    poller, store, clock = _poller(url, int(count), database)
    lags: list[float] = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(0.05)
            lags.append(loop.time() - began - 0.05)

    async with clock.http:
        live_long()
        watcher = asyncio.create_task(watch())
        for _ in range(3):
            while (due := await poller.step(clock.at)) is not None and (due <= clock.at or poller.is_listening):
                await store.mentions.take(1_000_000)
            clock.at += EVERY
        watcher.cancel()
    from store import mentions, sources

    states = store.database.read_now(sources.list_all)
    told = {
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "lag_p99_ms": 1000 * sorted(lags)[int(len(lags) * 0.99)],
        "mentions": store.database.read_now(mentions.count),
        "failed": sum(1 for state in states if state.failures or state.paused_because),
    }
    print(json.dumps(told))
    await store.close()


class _Clock:
    """Stands still within a turn, as it does for a daemon that is quick enough."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


def _poller(url: str, count: int, database: str):  # noqa: ANN202
    from core.http import Fetcher, Limits
    from listener.collectors.rss import Collector, Options
    from listener.look import Listened
    from listener.poll import Poller
    from store import migrate, sources
    from store.database import Database
    from store.open import Store
    from store.streams import MemoryStream

    clock = _Clock()
    clock.http = Fetcher(now=clock.now, allow=[urlsplit(url).netloc], limits=Limits(per_host=64))  # here one host stands for many  # type: ignore[attr-defined]
    base = Database(f"sqlite:///{database}")
    migrate.upgrade(base)
    store = Store(base, MemoryStream(max_backlog=10_000_000), MemoryStream(), MemoryStream())
    listened = {
        f"f{number}": Listened(
            id=f"f{number}",
            kind="rss",
            every=EVERY,
            collector=Collector(Options(url=f"{url}/{number}"), source_id=f"f{number}", http=clock.http, now=clock.now),  # type: ignore[attr-defined]
        )
        for number in range(count)
    }
    base.write_now(sources.ensure, dict.fromkeys(listened, "rss"), clock.at)
    return Poller(store, listened, lateness=timedelta(hours=2), now=clock.now), store, clock


if __name__ == "__main__":
    role, *words = sys.argv[1:]
    if role == "serve":
        serve(*words)
    elif role == "reader":
        run_reader(*words)
    else:
        uvloop.run({"ours": run_ours, "many": run_many}[role](*words))
