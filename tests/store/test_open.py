"""Opening the store: what cannot be used is told in one line."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from core.errors import ConfigError
from store.open import open_database, open_store


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "tocsin.db").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(ConfigError, match=r"^store.database: cannot be opened: file is not a database$"):
        open_database(f"sqlite:///{tmp_path}/tocsin.db")


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
