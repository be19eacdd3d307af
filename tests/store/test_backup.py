from pathlib import Path

import pytest

from core.errors import Refused
from store import mentions
from store.backup import backup
from store.database import Database
from tests import make


def test_a_backup_holds_what_was_committed_while_others_write(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    database.write_now(mentions.add, [make.mention(), make.mention()])
    size = backup(database, tmp_path / "copy.db")
    database.write_now(mentions.add, [make.mention()])
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    assert copy.read_now(mentions.count) == 2
    assert size > 0
    copy.close()
    database.close()


def test_a_backup_never_overwrites_and_leaves_nothing_half_done(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(Refused, match="never overwrites"):
        backup(database, tmp_path / "copy.db")
    with pytest.raises(Refused, match="cannot be written"):
        backup(database, tmp_path / "nowhere" / "copy.db")
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]
    database.close()


def test_postgresql_has_its_own_tool(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url)
    with pytest.raises(Refused, match="pg_dump"):
        backup(database, tmp_path / "copy.db")
    database.close()
