"""Opening the store: what cannot be used is told in one line."""

from __future__ import annotations

import socket
import threading
from datetime import datetime
from pathlib import Path

import pytest

from core.errors import ConfigError
from store import facts, migrate
from store.open import open_database, open_store
from store.streams import MemoryStream


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "tocsin.db").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(ConfigError, match=r"^store.database: cannot be opened: file is not a database$"):
        open_database(f"sqlite:///{tmp_path}/tocsin.db")


def test_a_file_with_a_damaged_page_is_refused_with_the_mend(sqlite_url: str) -> None:
    """R19: looked through at each start; a page that a disk has spoilt would be found in the middle of a crisis otherwise."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with path.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(bytes(range(256)) * 64)
    with pytest.raises(ConfigError, match="damaged .*restore a backup"):
        open_database(sqlite_url)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(ConfigError, match=r"^store.database: cannot be opened: .*var"):
        open_database(f"sqlite:///{tmp_path}/var/tocsin.db")


def test_a_server_that_does_not_answer_is_told_in_one_line_and_without_the_password() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://tocsin:correcthorse@127.0.0.1:{free.getsockname()[1]}/tocsin"
        with pytest.raises(ConfigError, match=r"^store.database: cannot be opened: .*refused") as told:
            open_database(url)
    assert "correcthorse" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("url", ["redis://localhost", "nats:4222"])
def test_streams_that_are_not_known_are_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"^store.streams: .* is not known; use memory or nats://HOST:PORT"):
        open_store(f"sqlite:///{tmp_path}/tocsin.db", url)


def test_a_new_file_is_brought_up_to_date(tmp_path: Path, now: datetime) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new' / 'tocsin.db'}")
    assert database.write_now(facts.ensure, "there", 1, now) == 1
    migrate.check(database)
    database.close()


def test_what_was_stored_is_there_again(database_url: str, now: datetime) -> None:
    for value in ("first", "second"):
        database = open_database(database_url)
        assert database.write_now(facts.ensure, "there", value, now) == "first"
        database.close()


def test_a_shared_database_of_no_schema_is_refused_with_the_mend(postgres_url: str) -> None:
    with pytest.raises(ConfigError, match="tocsin db upgrade"):
        open_database(postgres_url)


async def test_a_store_is_a_database_and_three_ways_between_stages(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    streams = (store.mentions, store.signals, store.notifications)
    assert all(isinstance(stream, MemoryStream) for stream in streams)
    assert len(set(map(id, streams))) == 3
    await store.close()


async def test_streams_over_nats_open_without_asking_the_server(sqlite_url: str) -> None:
    store = open_store(sqlite_url, "nats://127.0.0.1:9")
    assert not isinstance(store.mentions, MemoryStream)
    await store.close()


def test_a_failed_opening_leaves_no_thread_behind(tmp_path: Path, sqlite_url: str) -> None:
    before = threading.active_count()
    (tmp_path / "letter.db").write_text("no database " * 100)
    for url, streams in ((sqlite_url, "kafka://localhost"), (f"sqlite:///{tmp_path}/letter.db", "memory")):
        with pytest.raises(ConfigError):
            open_store(url, streams)
    assert threading.active_count() == before
