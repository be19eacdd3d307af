import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from store import mentions, sources
from tests.console.conftest import NOW, Room


def _lines(path: Path, *records: object) -> Path:
    path.write_text("\n".join(record if isinstance(record, str) else json.dumps(record) for record in records) + "\n", encoding="utf-8")
    return path


def _post(number: int, **more: object) -> dict[str, object]:
    return {"native_id": str(number), "text": f"Ấm Acme số {number}", "published_at": f"2026-11-0{number}T10:00:00Z", **more}


def test_json_lines_enter_history_late_and_never_live(room: Room) -> None:
    file = _lines(room.folder / "posts.jsonl", _post(1), _post(2, source_id="blog", author={"handle": "an", "followers": 12}))
    said = room.tocsin("import", file, "--json")
    assert (said.status, said.err) == (0, "")
    assert said.lines == [{"file": str(file), "read": 2, "new": 2, "known": 0, "bad": 0}]
    stored = room.use(mentions.get, [1, 2])
    assert [(one.source_id, one.arrival) for one in stored] == [("import", "late"), ("blog", "late")]
    assert stored[1].author.followers == 12
    assert {state.id: (state.kind, state.mentions) for state in room.use(sources.list_all)} == {
        "import": ("import", 1),
        "blog": ("import", 1),
    }


def test_the_same_file_twice_adds_nothing(room: Room) -> None:
    file = _lines(room.folder / "posts.jsonl", _post(1), _post(2))
    room.tocsin("import", file)
    said = room.tocsin("import", file, "--json")
    assert said.status == 0
    assert said.lines[0]["new"] == 0
    assert said.lines[0]["known"] == 2
    assert room.use(mentions.count) == 2
    assert len(room.use(sources.heard_between, NOW - timedelta(days=60), NOW)["import"]) == 1


def test_each_source_is_covered_from_its_first_to_its_last_mention(room: Room) -> None:
    room.use(_heard, "blog", NOW - timedelta(hours=1), NOW)
    room.tocsin("import", _lines(room.folder / "a.jsonl", _post(3, source_id="blog"), _post(1, source_id="blog")))
    room.tocsin("import", _lines(room.folder / "b.jsonl", _post(2, source_id="blog"), _post(5, source_id="blog")))
    assert room.use(sources.heard_between, NOW - timedelta(days=60), NOW)["blog"] == [
        (datetime(2026, 11, 1, 10, tzinfo=UTC), datetime(2026, 11, 5, 10, tzinfo=UTC)),
        (NOW - timedelta(hours=1), NOW),
    ]


def _heard(tx: object, source_id: str, since: datetime, until: datetime) -> None:
    sources.heard(tx, source_id, since, until)  # type: ignore[arg-type]


def test_bad_lines_are_counted_and_told_with_their_place(room: Room) -> None:
    file = _lines(room.folder / "posts.jsonl", _post(1), "not json", {"native_id": "3"})
    said = room.tocsin("import", file, "--json")
    assert said.status == 0
    assert said.lines[0] == {"file": str(file), "read": 3, "new": 1, "known": 0, "bad": 2}
    told = said.err.splitlines()
    assert told[0].startswith(f"{file}:2: ")
    assert told[1].startswith(f"{file}:3: ")
    assert "Acme" not in said.err


def test_many_bad_lines_are_not_all_told(room: Room) -> None:
    said = room.tocsin("import", _lines(room.folder / "bad.jsonl", *(["nothing"] * 50)))
    assert said.status == 1
    assert len(said.err.splitlines()) == 21


def test_csv_columns_may_have_other_names(room: Room) -> None:
    file = room.folder / "posts.csv"
    file.write_text("id,content,published_at\n1,Ấm Acme nổ,2026-11-01T10:00:00+07:00\n", encoding="utf-8-sig")
    assert room.tocsin("import", file, "--map", "text=content", "--map", "native_id=id", "--source", "excel").status == 0
    (stored,) = room.use(mentions.get, [1])
    assert (stored.source_id, stored.native_id, stored.text) == ("excel", "1", "Ấm Acme nổ")


def test_a_column_that_is_not_there_is_told_with_the_line(room: Room) -> None:
    file = room.folder / "posts.csv"
    file.write_text("text\nhello\n")
    said = room.tocsin("import", file, "--map", "text=content")
    assert (said.status, said.out) == (2, "")
    assert f"{file}:1:" in said.err
    assert "content" in said.err


def test_a_file_that_is_not_there_fails_in_one_line(room: Room) -> None:
    said = room.tocsin("import", room.folder / "none.jsonl")
    assert said.status == 1
    assert said.err.count("\n") == 1
    assert room.tocsin("import", room.folder / "none.csv", "--map", "text").status == 2


def test_large_files_go_in_by_batches(room: Room) -> None:
    file = _lines(room.folder / "many.jsonl", *({"native_id": str(number), "text": f"post {number}"} for number in range(2_500)))
    assert room.tocsin("import", file, "--json").lines[0]["new"] == 2_500
    state = room.use(lambda tx: tx.execute(text("SELECT mentions FROM sources WHERE id = 'import'")).scalar())
    assert state == 2_500
