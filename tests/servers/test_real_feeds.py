"""Feeds of real servers, as their own programs make them: DokuWiki in five dialects, MediaWiki's changes. `make servers` installs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from console import cli
from core.http import Fetcher
from listener.collectors.rss import Collector, Options
from listener.look import Listened
from listener.poll import Poller
from store import schema, sources
from store.database import Database
from tests import make

pytestmark = pytest.mark.servers

DOKUWIKI, MEDIAWIKI = Path("/usr/share/dokuwiki"), Path("/usr/share/mediawiki")
DIALECTS = {"rss": "RSS 0.91", "rss1": "RSS 1.0", "rss2": "RSS 2.0", "atom": "Atom 0.3", "atom1": "Atom 1.0"}
NAME = "Bách khoa Acme"


@dataclass
class Php:
    """A folder of PHP behind PHP's own server, and its programs on the command line.

    Args:
        root: the program's folder, as its package has it.
        folder: where configuration, data and log of this run stand.
        options: of PHP.
        environment: of the program.
    """

    root: Path
    folder: Path
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0

    def serve(self) -> subprocess.Popen[bytes]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = ["php", *self.options, "-S", f"127.0.0.1:{self.port}", "-t", str(self.root)]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | self.environment, cwd=self.folder)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return process
            time.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text())

    def run(self, program: str, *words: str, text: str = "") -> None:
        command = ["php", *self.options, str(self.root / program), *words]
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, env=os.environ | self.environment, cwd=self.folder, check=False
        )
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answered(self, path: str) -> list[int]:
        """The statuses of what was asked for at this path, in order."""
        log = (self.folder / "log").read_text(errors="replace")
        return [int(status) for status in re.findall(rf"\[(\d+)\]: GET {re.escape(path)}", log)]


@pytest.fixture
def dokuwiki(tmp_path: Path) -> Iterator[Php]:
    if shutil.which("php") is None or not DOKUWIKI.exists():
        pytest.skip("no DokuWiki here: make servers")
    folder = tmp_path / "dokuwiki"
    for name in (
        "conf",
        *(
            f"data/{part}"
            for part in ("attic", "cache", "index", "locks", "log", "media", "media_attic", "media_meta", "meta", "pages", "tmp")
        ),
    ):
        (folder / name).mkdir(parents=True)
    (folder / "before.php").write_text(f"<?php define('DOKU_CONF', '{folder}/conf/');")
    settings = {"title": NAME, "lang": "vi", "savedir": f"{folder}/data", "useacl": 0, "rss_update": 3600}
    local = folder / "conf" / "local.php"
    local.write_text("<?php\n" + "".join(f"$conf['{key}'] = {json.dumps(value)};\n" for key, value in settings.items()))
    os.utime(local, (0, 0))
    php = Php(DOKUWIKI, folder, options=("-d", f"auto_prepend_file={folder}/before.php", "-d", "display_errors=0"))
    process = php.serve()
    yield php
    process.terminate()
    process.wait()


@pytest.fixture
def mediawiki(tmp_path: Path) -> Iterator[Php]:
    if shutil.which("php") is None or not MEDIAWIKI.exists():
        pytest.skip("no MediaWiki here: make servers")
    folder = tmp_path / "mediawiki"
    folder.mkdir()
    php = Php(MEDIAWIKI, folder, environment={"MW_CONFIG_FILE": f"{folder}/LocalSettings.php"})
    process = php.serve()
    place = ("--dbtype", "sqlite", "--dbpath", str(folder), "--confpath", str(folder), "--server", php.url(""), "--scriptpath", "")
    php.run("maintenance/install.php", *place, "--lang", "vi", "--pass", "Correct-horse-7Zq", NAME, "Admin")
    yield php
    process.terminate()
    process.wait()


def write_page(wiki: Php, page: str, text: str, summary: str) -> None:
    (wiki.folder / "page.txt").write_text(text, "utf-8")
    wiki.run("bin/dwpage.php", "commit", "-m", summary, str(wiki.folder / "page.txt"), page)


def make_news_visible(wiki: Php) -> None:
    """DokuWiki keeps a feed for `rss_update` seconds, or until its configuration changes."""
    (wiki.folder / "conf" / "local.php").touch()


def age_the_feeds(wiki: Php) -> None:
    """As if they were made ten minutes ago: ETags are made of whole seconds, and nobody waits for one to pass."""
    then = time.time() - 600
    kept = list((wiki.folder / "data" / "cache").rglob("*.feed"))
    assert len(kept) == len(DIALECTS)
    for path in [*kept, wiki.folder / "conf" / "local.php"]:
        os.utime(path, (then - 1, then - 1) if path.suffix == ".php" else (then, then))


@dataclass
class Desk:
    """The command line on a configuration of these feeds."""

    folder: Path
    database: Path
    capsys: pytest.CaptureFixture[str]

    def configure(self, host: str, listed: list[dict[str, Any]]) -> None:
        values = make.config(listener={"sources": listed, "allow_private_hosts": [host]}, store={"database": f"sqlite:///{self.database}"})
        (self.folder / "config.yaml").write_text(yaml.safe_dump(values, allow_unicode=True))

    def poll(self, *words: str) -> list[dict[str, Any]]:
        self.capsys.readouterr()
        status = cli.main(["--config", str(self.folder / "config.yaml"), "poll", *words])
        told = self.capsys.readouterr()
        assert status == 0, told.err
        return [json.loads(line) for line in told.out.splitlines()]

    def count(self, table: sa.Table) -> int:
        database = Database(f"sqlite:///{self.database}")
        try:
            return int(database.read_now(lambda tx: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()))
        finally:
            database.close()


@pytest.fixture
def desk(tmp_path: Path, sqlite_template: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    shutil.copy(sqlite_template, tmp_path / "tocsin.db")
    return Desk(tmp_path, tmp_path / "tocsin.db", capsys)


def feeds(wiki: Php, linkto: str) -> list[dict[str, Any]]:
    return [
        {"id": dialect, "kind": "rss", "url": wiki.url(f"/feed.php?type={dialect}&mode=recent&linkto={linkto}&content=html")}
        for dialect in DIALECTS
    ]


def texts(told: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for mention in told:
        found.setdefault(mention["source_id"], []).append(mention["text"])
    return {source: sorted(said) for source, said in found.items()}


def in_each(said: list[str]) -> dict[str, list[str]]:
    return {dialect: list(said) for dialect in DIALECTS}


def test_every_page_arrives_once_in_each_of_five_dialects_and_an_edit_is_a_revision(dokuwiki: Php, desk: Desk) -> None:
    write_page(dokuwiki, "acme:am", "Ấm siêu tốc Acme **bốc cháy** ở Quận 1 & Quận 3.", "trang mới")
    write_page(dokuwiki, "acme:bep", "Bếp Acme tốt < 5 sao.", "hai")
    desk.configure(f"127.0.0.1:{dokuwiki.port}", feeds(dokuwiki, "current"))
    expected = ["Bếp Acme tốt < 5 sao.", "Ấm siêu tốc Acme bốc cháy ở Quận 1 & Quận 3."]
    assert texts(desk.poll("--dry-run")) == in_each(sorted(expected))
    told = desk.poll()
    assert texts(told) == in_each(sorted(expected))
    assert all(mention["published_at"] and mention["url"] and mention["title"].startswith("acme:") for mention in told)
    assert {mention["author"]["handle"] for mention in told} == {"admin"}
    age_the_feeds(dokuwiki)
    assert desk.poll() == []
    write_page(dokuwiki, "acme:am", "Ấm siêu tốc Acme bốc cháy, đã có **ba** vụ.", "thêm")
    make_news_visible(dokuwiki)
    assert desk.poll() == []
    assert (desk.count(schema.mentions), desk.count(schema.revisions)) == (10, 5)


def test_where_the_link_names_the_revision_an_edit_is_a_new_change(dokuwiki: Php, desk: Desk) -> None:
    write_page(dokuwiki, "acme:am", "Ấm Acme.", "trang mới")
    desk.configure(f"127.0.0.1:{dokuwiki.port}", feeds(dokuwiki, "rev"))
    assert len(desk.poll()) == len(DIALECTS)
    age_the_feeds(dokuwiki)
    assert desk.poll() == []
    time.sleep(1.1)  # DokuWiki numbers revisions by the second
    write_page(dokuwiki, "acme:am", "Ấm Acme bốc cháy.", "thêm")
    make_news_visible(dokuwiki)
    assert texts(desk.poll()) == in_each(["Ấm Acme bốc cháy."])
    assert (desk.count(schema.mentions), desk.count(schema.revisions)) == (10, 0)


def test_what_did_not_change_is_answered_with_304_and_a_new_page_is_still_heard(dokuwiki: Php, desk: Desk) -> None:
    write_page(dokuwiki, "acme:am", "Ấm Acme.", "trang mới")
    desk.configure(f"127.0.0.1:{dokuwiki.port}", feeds(dokuwiki, "current"))
    desk.poll()
    age_the_feeds(dokuwiki)
    assert [desk.poll(), desk.poll()] == [[], []]
    for dialect in DIALECTS:
        assert dokuwiki.answered(f"/feed.php?type={dialect}&") == [200, 200, 304]
    write_page(dokuwiki, "acme:bep", "Bếp Acme.", "hai")
    make_news_visible(dokuwiki)
    assert texts(desk.poll()) == in_each(["Bếp Acme."])


async def test_every_change_of_a_mediawiki_is_a_mention_of_its_own(mediawiki: Php, sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def edit(text: str, summary: str, by: str) -> None:
        mediawiki.run("maintenance/edit.php", "-u", by, "-s", summary, "Ấm Acme", text=text)

    def said(tx: sa.Connection) -> list[tuple[str, str, str]]:
        joined = sa.select(schema.mention_texts.c.title, schema.mention_texts.c.text, schema.authors.c.name).select_from(
            schema.mentions.join(schema.mention_texts).join(schema.authors)
        )
        return [tuple(row) for row in tx.execute(joined.order_by(schema.mentions.c.id))]

    async def look(at: datetime) -> list[tuple[str, str, str]]:
        before = len(database.read_now(said))
        database.write_now(sources.poll_now, "wiki", at)
        await poller.step(at)
        state = database.read_now(sources.get, "wiki")
        assert state is not None
        assert (state.failures, state.last_error) == (0, None)
        return database.read_now(said)[before:]

    now = datetime.now(UTC)
    async with Fetcher(now=lambda: now, allow=[f"127.0.0.1:{mediawiki.port}"]) as http:
        collector = Collector(Options(preset="mediawiki_changes", site=mediawiki.url("")), source_id="wiki", http=http, now=lambda: now)
        listened = {"wiki": Listened(id="wiki", kind="rss", every=timedelta(minutes=5), collector=collector)}
        database.write_now(sources.ensure, {"wiki": "rss"}, now)
        poller = Poller(make.store(database), listened, lateness=timedelta(hours=2))
        ((title, _, author),) = await look(now)  # the main page, which the installation wrote
        assert (title, author) == ("Trang Chính", "MediaWiki default")
        edit("Ấm Acme đun nước.\n\nDòng hai.", "trang mới", "Admin")
        assert await look(now) == [("Ấm Acme", "trang mới\nẤm Acme đun nước.\n\nDòng hai.", "Admin")]
        edit("Ấm Acme đun nước & <b>cháy</b>.\n\nDòng hai.\n\nBa vụ.", "thêm vụ cháy", "Maintenance script")
        assert await look(now) == [("Ấm Acme", "thêm vụ cháy\nẤm Acme đun nước & <b>cháy</b>.\nBa vụ.", "Maintenance script")]
        assert await look(now) == []
    database.close()
