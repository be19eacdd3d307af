from pathlib import Path

from console.config import load
from tests.console.conftest import Room


def test_a_new_configuration_is_complete_and_never_overwrites(room: Room) -> None:
    made = room.folder / "new.yaml"
    assert room.tocsin("init", made, "--language", "en").status == 0
    assert load(made).language == "en"
    said = room.tocsin("init", made)
    assert (said.status, said.out) == (1, "")
    assert "exists" in said.err


def test_the_starter_is_the_shipped_configuration() -> None:
    root = Path(__file__).parents[3]
    assert (root / "console" / "starter.yaml").read_text(encoding="utf-8") == (root / "config.yaml").read_text(encoding="utf-8")


def test_a_new_configuration_leads_editors_to_the_schema_beside_it(room: Room) -> None:
    (room.folder / "docs").mkdir()
    said = room.tocsin("schema")
    (room.folder / "docs" / "config.schema.json").write_text(said.out, "utf-8")
    assert said.json["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    made = room.folder / "new.yaml"
    room.tocsin("init", made)
    assert made.read_text("utf-8").startswith("# yaml-language-server: $schema=docs/config.schema.json\n")


def test_where_no_schema_is_near_the_new_configuration_says_how_to_come_by_one(room: Room) -> None:
    made = room.folder / "new.yaml"
    room.tocsin("init", made)
    first = made.read_text("utf-8").splitlines()[0]
    assert not first.startswith("# yaml-language-server")
    assert "tocsin schema > config.schema.json" in first
