import shutil

from playbooks.load import LIBRARY
from tests.console.conftest import Room


def test_playbooks_are_listed(room: Room) -> None:
    found = room.tocsin("playbooks", "--json").json
    assert "product-recall" in [each["id"] for each in found]
    assert {"id", "title", "version", "owner", "last_reviewed", "languages", "default", "triggers"} == set(found[0])
    assert "product-recall" in room.tocsin("playbooks").out


def test_one_playbook_is_shown_with_its_steps_numbered(room: Room) -> None:
    said = room.tocsin("playbook", "product-recall")
    assert said.status == 0
    assert "  1. " in said.out
    assert room.tocsin("playbook", "product-recall", "--json").json["id"] == "product-recall"


def test_an_unknown_playbook_is_told_what_there_is(room: Room) -> None:
    said = room.tocsin("playbook", "recal")
    assert said.status == 1
    assert "product-recall" in said.err


def test_lint_tells_a_good_file_from_a_bad_one(room: Room) -> None:
    good = room.folder / "mine.yaml"
    shutil.copy(LIBRARY / "product-recall.yaml", good)
    assert room.tocsin("playbook", "lint", good).status == 0
    good.write_text(good.read_text(encoding="utf-8").replace("id: product-recall", "id: product-recall\nbogus: 1"), encoding="utf-8")
    said = room.tocsin("playbook", "lint", good)
    assert (said.status, said.out) == (1, "")
    assert f"{good}:" in said.err
    assert "bogus" in said.err


def test_lint_needs_a_file_and_no_configuration(room: Room) -> None:
    room.file.unlink()
    assert room.tocsin("playbook", "lint").status == 2
    assert room.tocsin("playbook", "lint", LIBRARY / "product-recall.yaml").status == 0


def test_lint_tells_what_to_mend_with_its_line_and_refuses_cold_words(room: Room) -> None:
    mine = room.folder / "mine.yaml"
    text = (LIBRARY / "product-recall.yaml").read_text(encoding="utf-8")
    mine.write_text(text.replace("valid_until: 2027-11-30", "valid_until: 2020-11-30", 1), encoding="utf-8")
    said = room.tocsin("playbook", "lint", mine)
    line = next(at for at, words in enumerate(mine.read_text(encoding="utf-8").splitlines(), 1) if "2020-11-30" in words)
    assert (said.status, said.out) == (1, "")
    assert f"{mine}:{line}: " in said.err
    assert "holding_statements.0.valid_until" in said.err
    findings = room.tocsin("playbook", "lint", mine, "--json")
    assert findings.status == 1
    assert ("expired", "error") in [(each["rule"], each["grade"]) for each in findings.json]


def test_warnings_alone_leave_a_playbook_good(room: Room) -> None:
    said = room.tocsin("playbook", "lint", LIBRARY / "product-recall.yaml")
    assert said.status == 0
    assert "roles" in said.err
    assert "product-recall" in said.out
