from datetime import timedelta

from playbooks.load import load_playbooks
from playbooks.statement import open_blanks
from store import incidents
from tests.console.conftest import Room


def test_statements_are_listed_with_their_blanks(room: Room) -> None:
    room.incident(playbook="product-recall")
    found = room.tocsin("statement", "1", "--json").json
    assert {"id", "language", "channel", "blanks", "text"} == set(found[0])
    assert found[0]["id"] in room.tocsin("statement", "1").out


def test_an_open_blank_is_refused_and_named(room: Room) -> None:
    playbook = load_playbooks().get("product-recall")
    assert playbook is not None
    statement = next(one for one in playbook.holding_statements if open_blanks(one, {}))
    room.incident(playbook="product-recall")
    said = room.tocsin("statement", "1", "--statement", statement.id, "--as", "ana")
    assert (said.status, said.out) == (1, "")
    assert open_blanks(statement, {})[0] in said.err


def test_a_filled_statement_is_drafted_and_told_on_the_timeline(room: Room) -> None:
    playbook = load_playbooks().get("product-recall")
    assert playbook is not None
    statement = playbook.holding_statements[0]
    values = {name: playbook.blanks[name].example_in(statement.language) for name in open_blanks(statement, {})}
    room.incident(playbook="product-recall")
    typed = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
    said = room.tocsin("statement", "1", "--statement", statement.id, *typed, "--as", "ana")
    assert said.status == 0, said.err
    assert all(value in said.out for value in values.values())
    assert "{{" not in said.out
    assert [entry.kind for entry in room.use(incidents.entries, 1)][-1] == "statement_drafted"


def test_an_incident_without_a_playbook_has_no_statement(room: Room) -> None:
    room.incident()
    assert room.tocsin("statement", "1").status == 1
    assert room.tocsin("statement", "9").status == 1


def test_a_review_is_markdown_or_json(room: Room) -> None:
    room.incident(playbook="product-recall")
    room.tocsin("ack", "1", "--as", "ana", after=timedelta(minutes=3))
    room.tocsin("resolve", "1", "--reason", "fixed", "--as", "ana", after=timedelta(hours=1))
    said = room.tocsin("review", "1")
    assert said.status == 0
    assert said.out.startswith("# ")
    shape = room.tocsin("review", "1", "--format", "json").json
    assert {"moments", "notifications", "timeline", "playbook"} <= set(shape)
    assert shape["moments"]["acknowledged"] == "2026-11-21T05:03:00+00:00"
    assert room.tocsin("review", "9").status == 1
