from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Refused
from core.records import Notification
from store import mentions, notifications, recover
from store.backup import backup
from store.database import Database
from store.open import open_database
from tests import make

MINUTE = timedelta(minutes=1)


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


def test_a_restored_backup_opens_checked_and_sends_again_what_was_under_way(sqlite_url: str, tmp_path: Path, now: datetime) -> None:
    database = open_database(sqlite_url)
    page = Notification(key="k1", incident_id=None, kind="page", person="ana", channel="phone", due_at=now, planned_at=now)
    database.write_now(notifications.plan, [page])
    (begun,) = database.write_now(notifications.claim, now, now + MINUTE, 1)
    assert database.write_now(notifications.begin, begun)
    backup(database, tmp_path / "copy.db")
    database.close()
    restored = tmp_path / "another" / "tocsin.db"
    restored.parent.mkdir()
    (tmp_path / "copy.db").rename(restored)
    database = open_database(f"sqlite:///{restored}")
    database.write_now(recover.lapse_claims, now)
    (again,) = database.write_now(notifications.claim, now, now + MINUTE, 1)
    assert (again.key, again.possible_repeat) == ("k1", True)
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
