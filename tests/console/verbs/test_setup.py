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
