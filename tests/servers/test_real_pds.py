"""Tocsin hears a real Bluesky PDS: by `tocsin poll`, and by the collector from cursor to cursor."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.errors import SourceRejected
from core.http import Fetcher
from listener.atproto import key_of_record
from listener.atsession import Xrpc
from listener.base import Page
from listener.collectors.bluesky import Collector, Options
from tests.servers.pds import Account, Pds, missing, pds

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Pds]:
    with pds() as running:
        yield running


def talk(lan: Account, minh: Account) -> list[dict[str, Any]]:
    """Twenty posts in two languages, half of them answers."""
    said = []
    for number in range(10):
        said.append(lan.post(f"Ấm Acme số {number} lại rò điện, ai bị giống mình không?", lang="vi", second=2 * number))
        said.append(minh.post(f"Same here, my Acme kettle no. {number} too", lang="en", second=2 * number + 1, answers=said[-1]))
    return said


def poll(server: Pds, folder: Path, actors: list[str]) -> list[dict[str, Any]]:
    source = {"id": "sky", "kind": "bluesky", "mode": "actors", "actors": actors, "service": server.pds, "plc": server.plc}
    told = {
        "name": "Acme",
        "language": "vi",
        "timezone": "Asia/Ho_Chi_Minh",
        "store": {"database": f"sqlite:///{folder}/tocsin.db"},
        "topics": [{"id": "acme", "kind": "brand", "query": "acme"}],
        "listener": {"sources": [source], "allow_private_hosts": server.pairs},
    }
    (folder / "config.yaml").write_text(json.dumps(told))  # JSON is YAML
    command = [sys.executable, "-m", "console.cli", "--config", str(folder / "config.yaml"), "poll", "sky"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_tocsin_poll_hears_what_is_said_once_and_what_is_taken_back(server: Pds, tmp_path: Path) -> None:
    lan, minh = server.account("lan"), server.account("minh")
    said = talk(lan, minh)
    actors = [lan.handle, minh.did]
    heard = {mention["native_id"]: mention for mention in poll(server, tmp_path, actors)}
    assert sorted(heard) == sorted(post["uri"] for post in said)
    first, answer = heard[said[0]["uri"]], heard[said[1]["uri"]]
    assert (first["text"], first["lang"]) == ("Ấm Acme số 0 lại rò điện, ai bị giống mình không?", "vi")
    assert (answer["lang"], answer["reply_to"]) == ("en", said[0]["uri"])
    assert poll(server, tmp_path, actors) == []
    lan.delete(said[4]["uri"])
    new = lan.post("Acme đã gọi lại, cảm ơn", lang="vi", second=40)
    assert [mention["native_id"] for mention in poll(server, tmp_path, actors)] == [new["uri"]]
    with sqlite3.connect(tmp_path / "tocsin.db") as database:
        gone = database.execute("SELECT key FROM mentions WHERE deleted_at IS NOT NULL").fetchall()
        (count,) = database.execute("SELECT count(*) FROM mentions").fetchone()
    database.close()
    assert gone == [(key_of_record(said[4]["uri"]),)]
    assert count == 21


async def look(server: Pds, cursor: str | None, *, pages: int = 1_000, **options: Any) -> list[Page]:
    heard: list[Page] = []
    async with Fetcher(now=lambda: NOW, allow=server.pairs) as http:
        settings = Options(mode="actors", service=server.pds, plc=server.plc, **options)
        async for page in Collector(settings, source_id="sky", http=http, now=lambda: NOW).listen(cursor):
            heard.append(page)
            if len(heard) == pages:
                break
    return heard


def natives(pages: list[Page]) -> list[str]:
    return [mention.native_id for page in pages for mention in page.mentions]


async def test_the_collector_goes_on_from_its_cursor_through_a_burst_and_kills(server: Pds) -> None:
    hoa = server.account("hoa")
    opener = hoa.post("Ấm Acme mới", lang="vi", second=0)
    cursor = (await look(server, None, actors=[hoa.handle]))[-1].cursor
    posts = [hoa.post(f"Acme {number}", lang="en", second=1) for number in range(120)]
    heard: list[str] = []
    for _ in range(4):
        pages = await look(server, cursor, pages=1, actors=[hoa.handle])
        heard += natives(pages)
        cursor = pages[-1].cursor
    assert sorted(heard) == sorted(post["uri"] for post in posts)
    hoa.delete(posts[-1]["uri"])
    hoa.delete(posts[50]["uri"])
    (page,) = await look(server, cursor, actors=[hoa.handle])
    assert (set(page.deleted), page.mentions) == ({key_of_record(posts[-1]["uri"]), key_of_record(posts[50]["uri"])}, ())
    assert page.quota is not None
    assert (await look(server, page.cursor, actors=[hoa.handle]))[-1].unchanged
    assert opener["uri"] not in heard


async def test_reposts_quotes_links_and_descriptions_are_read_as_the_server_keeps_them(server: Pds) -> None:
    mai, nam = server.account("mai"), server.account("nam")
    opener = mai.post("Acme", lang="vi", second=0)
    link = "https://acme.example/thu-hoi"
    facet = {"index": {"byteStart": 4, "byteEnd": 20}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": link}]}
    card = {"$type": "app.bsky.embed.external", "external": {"uri": link, "title": "Thu hồi", "description": "Ấm siêu tốc"}}
    mai.post("Xem acme.example/thu...", lang="vi", second=1, facets=[facet], embed=card)
    nam.post("Nói vậy mà nghe được à", lang="vi", second=2, embed={"$type": "app.bsky.embed.record", "record": opener})
    nam.repost(opener)
    pages = await look(server, None, actors=[mai.handle, nam.handle], reposts=True)
    mentions = [mention for page in pages for mention in page.mentions]
    assert f"Xem acme.example/thu...\n{link}\nThu hồi\nẤm siêu tốc" in [mention.text for mention in mentions]
    quote, repost = (next(mention for mention in mentions if mention.repost_of and mention.kind == kind) for kind in ("original", "repost"))
    assert quote.repost_of == repost.repost_of == opener["uri"]
    assert quote.parent_key == repost.parent_key == key_of_record(opener["uri"])


async def test_an_app_password_logs_in_and_a_wrong_one_is_refused(server: Pds) -> None:
    thanh = server.account("thanh")
    async with Fetcher(now=lambda: NOW, allow=server.pairs) as http:
        right = Xrpc(server.pds, source="sky", http=http, identifier=thanh.handle, password=SecretStr(thanh.app_password))
        told, quota = await right.query("com.atproto.server.getSession", {})
        assert told["did"] == thanh.did
        assert quota is not None
        right._access = "stale.token.x"
        assert (await right.query("com.atproto.server.getSession", {}))[0]["did"] == thanh.did
        with pytest.raises(SourceRejected, match="App passwords"):
            await Xrpc(server.pds, source="sky", http=http, identifier=thanh.handle, password=SecretStr("wrong")).query(
                "com.atproto.server.getSession", {}
            )
