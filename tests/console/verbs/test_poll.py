import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from store import mentions, sources
from tests.console.conftest import Room

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>Acme kettle burns</title><link>https://example.org/1</link><guid>1</guid><pubDate>Sat, 21 Nov 2026 04:00:00 GMT</pubDate></item>
<item><title>Acme answers</title><link>https://example.org/2</link><guid>2</guid><pubDate>Sat, 21 Nov 2026 04:30:00 GMT</pubDate></item>
</channel></rss>"""


class _Feeds(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = FEED.encode()
        self.send_response(200 if self.path == "/good" else 500)
        self.send_header("content-type", "application/rss+xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def feeds(room: Room) -> Iterator[Room]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Feeds)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    host = f"127.0.0.1:{server.server_port}"
    room.configure(
        listener={
            "sources": [
                {"id": "news", "kind": "rss", "url": f"http://{host}/good"},
                {"id": "broken", "kind": "rss", "url": f"http://{host}/bad"},
            ],
            "allow_private_hosts": [host],
        }
    )
    yield room
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_poll_stores_what_is_new_and_prints_it(feeds: Room) -> None:
    said = feeds.tocsin("poll", "news")
    assert said.status == 0, said.err
    assert [line["title"] for line in said.lines] == ["Acme kettle burns", "Acme answers"]
    assert {line["source_id"] for line in said.lines} == {"news"}
    assert "news" in said.err
    assert feeds.use(mentions.count) == 2
    assert feeds.tocsin("poll", "news").out == ""
    assert feeds.use(mentions.count) == 2


def test_a_poll_of_one_source_leaves_the_others_turn_alone(feeds: Room) -> None:
    feeds.tocsin("poll", "news")
    states = {state.id: state for state in feeds.use(sources.list_all)}
    assert states["broken"].last_success_at is None
    assert states["broken"].failures == 0
    assert states["broken"].next_poll_at is not None


def test_a_source_that_fails_is_told_and_the_others_go_on(feeds: Room) -> None:
    said = feeds.tocsin("poll")
    assert said.status == 1
    assert len(said.lines) == 2
    assert "broken" in said.err


def test_a_dry_run_stores_nothing(feeds: Room) -> None:
    said = feeds.tocsin("poll", "news", "--dry-run")
    assert said.status == 0
    assert len(said.lines) == 2
    assert feeds.use(mentions.count) == 0
    assert feeds.use(sources.list_all) == []


def test_what_a_poll_prints_can_be_imported(feeds: Room) -> None:
    out = feeds.tocsin("poll", "news", "--dry-run").out
    file = feeds.folder / "polled.jsonl"
    file.write_text(out, encoding="utf-8")
    assert feeds.tocsin("import", file, "--json").lines[0]["new"] == 2
    feeds.tocsin("poll", "news")
    assert feeds.use(mentions.count) == 2  # the same posts: their keys travel with them


def test_an_unknown_source_is_told_what_is_known(feeds: Room) -> None:
    said = feeds.tocsin("poll", "nwes")
    assert said.status == 2
    assert "news, broken" in said.err


def test_check_live_asks_each_source_and_stores_nothing(feeds: Room) -> None:
    said = feeds.tocsin("check", "--live", "--json")
    assert said.status == 1
    found = {each["id"]: each for each in said.json["sources"]}
    assert (found["news"]["heard"], found["news"]["mentions"]) == (True, 2)
    assert found["broken"]["heard"] is False
    assert found["broken"]["error"]
    assert feeds.use(mentions.count) == 0
    assert "news" in feeds.tocsin("check", "--live").out


def test_sources_tell_how_they_are_heard(feeds: Room) -> None:
    feeds.now = datetime.now(UTC)  # what a look costs is metered by the clock on the wall
    feeds.tocsin("poll")
    found = {each["id"]: each for each in json.loads(feeds.tocsin("sources", "--json").out)}
    assert found["news"]["mentions"] == 2
    assert found["news"]["failures"] == 0
    assert found["broken"]["failures"] == 1
    assert found["broken"]["last_error"]
    assert (found["broken"]["state"], found["broken"]["failed_today"]) == ("failing", 1)
    assert (found["news"]["state"], found["news"]["looks_today"]) == ("fine", 1)
    table = feeds.tocsin("sources").out.splitlines()
    assert table[1].startswith("broken"), "the worst first"
    assert "failed 1 times in a row, tried again" in table[1]
    one = feeds.tocsin("source", "news", "--json").json
    assert {"id", "kind", "every_s", "coverage", "mentions", "next_poll_at"} <= set(one)
    assert one["learning"] == {"known_h": 0.0, "of_h": 72}
    said = feeds.tocsin("source", "news").out
    assert "news (rss)" in said
    assert "what is usual: 0 of 72 hours heard" in said
    assert feeds.tocsin("source", "none").status == 2
