import sqlite3
from contextlib import closing

from sqlalchemy import text

from store import dead_letters
from tests.console.conftest import NOW, Room


def test_a_backup_is_whole_and_never_overwrites(room: Room) -> None:
    room.incident()
    copy = room.folder / "copy.db"
    assert room.tocsin("db", "backup", copy).status == 0
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT count(*) FROM incidents").fetchone() == (1,)
    said = room.tocsin("db", "backup", copy)
    assert said.status == 1
    assert "exists" in said.err
    assert room.tocsin("db", "backup").status == 2
    assert room.tocsin("db", "backup", room.folder / "none" / "copy.db").status == 1


def test_the_schema_is_brought_up_to_date_and_checked(room: Room) -> None:
    room.database_path.unlink()
    assert room.tocsin("db", "check").status == 1
    assert room.tocsin("db", "upgrade").status == 0
    assert room.tocsin("db", "upgrade").status == 0
    assert room.tocsin("db", "check").status == 0


def test_postgresql_is_told_what_backs_it_up(room: Room) -> None:
    room.file.write_text('store: {database: "postgresql://u:p@127.0.0.1:1/x"}\n')
    said = room.tocsin("db", "backup", room.folder / "copy.db")
    assert said.status == 1
    assert "pg_dump" in said.err
    assert "u:p" not in said.err


def test_a_database_out_of_reach_fails_in_one_line(room: Room) -> None:
    room.file.write_text('store: {database: "postgresql://u:secret@127.0.0.1:1/x"}\n')
    said = room.tocsin("incidents")
    assert (said.status, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert str(room.file) in said.err
    assert "secret" not in said.err


def test_the_audit_chain_is_verified(room: Room) -> None:
    room.incident()
    room.tocsin("ack", "1", "--as", "ana")
    assert room.tocsin("audit", "verify").status == 0
    room.use(lambda tx: tx.execute(text("UPDATE audit SET actor = 'ben'")))
    said = room.tocsin("audit", "verify")
    assert (said.status, said.out) == (1, "")


def test_dead_letters_are_listed_and_handed_back(room: Room) -> None:
    assert room.tocsin("dead-letters", "--json").json == []
    room.use(dead_letters.add, NOW, "enricher", "mention:1", "ValueError", {"mention_id": 1})
    (letter,) = room.tocsin("dead-letters", "--json").json
    assert (letter["id"], letter["stage"], letter["replayed_at"]) == (1, "enricher", None)
    assert "mention:1" in room.tocsin("dead-letters").out
    assert room.tocsin("dead-letters", "--replay", "1").status == 0
    assert room.tocsin("dead-letters", "--json").json[0]["replayed_at"] is not None
    assert room.tocsin("dead-letters", "--replay", "9").status == 1
