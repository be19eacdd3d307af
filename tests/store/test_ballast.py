import errno
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from core.records import Mention
from store import mentions
from store.ballast import Ballast, is_out_of_room
from store.database import Database
from tests import make

SMALL = 1024 * 1024


@pytest.fixture
def ballast(tmp_path: Path) -> Ballast:
    return Ballast(tmp_path / "tocsin.db", SMALL)


def test_the_ballast_takes_real_room_and_gives_it_back_once(ballast: Ballast, tmp_path: Path) -> None:
    assert not ballast.is_laid
    assert ballast.lay()
    assert ballast.lay()
    assert (tmp_path / "tocsin.db.ballast").stat().st_blocks * 512 >= SMALL
    assert ballast.give_up()
    assert not ballast.give_up()
    assert not ballast.is_laid


def test_where_there_is_no_room_for_it_nothing_is_left_behind(tmp_path: Path) -> None:
    assert not Ballast(tmp_path / "nowhere" / "tocsin.db").lay()
    assert list(tmp_path.iterdir()) == []


def full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def test_a_full_disk_is_told_from_other_troubles() -> None:
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    assert is_out_of_room(full())
    assert is_out_of_room(OperationalError("INSERT", {}, full()))
    assert is_out_of_room(OSError(errno.ENOSPC, "no space left on device"))
    assert not is_out_of_room(OperationalError("INSERT", {}, locked))
    assert not is_out_of_room(OSError(errno.EACCES, "forbidden"))
    assert not is_out_of_room(ValueError("full"))


def test_a_write_that_meets_a_full_disk_is_done_once_the_ballast_is_given_up(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    assert database.ballast is not None
    database.ballast.lay()
    said: list[Mention] = [make.mention()]

    def write(tx):
        if database.ballast.is_laid:
            raise OperationalError("INSERT", {}, full())
        return mentions.add(tx, said)

    assert len(database.write_now(write).new) == 1
    assert not database.ballast.is_laid
    with pytest.raises(OperationalError):  # nothing is left to give up
        database.write_now(lambda _tx: (_ for _ in ()).throw(OperationalError("INSERT", {}, full())))
    database.close()
