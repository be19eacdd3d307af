"""Reading playbooks: one clear line for each mistake, and the good files stay."""

from __future__ import annotations

import pytest

from core.errors import PlaybookError
from playbooks.load import MAX_FILE_BYTES, load_playbooks, read_playbook
from tests.playbooks.test_statement import GADGETS


def line_with(path, text: str) -> int:
    return max(number for number, line in enumerate(path.read_text("utf-8").splitlines(True), 1) if text in line)


def test_a_good_file_is_read(write_playbook):
    assert read_playbook(write_playbook()).id == "small"


@pytest.mark.parametrize(
    ("changes", "reason", "where"),
    [
        ({"colour": "red"}, "colour: unknown key", "colour"),
        ({"roles.0.colour": "red"}, "roles.0.colour: unknown key", "colour"),
        ({"owner": None}, "owner: is missing", "id: small"),
        ({"posture": "shout"}, "posture: Input should be", "posture: shout"),
        ({"first_hour.0.role": "boss"}, "first_hour.0.role: 'boss' is no role of this playbook", "role: boss"),
        ({"verify_first.0": {"en": "Only"}}, "verify_first.0: the language 'vi' is missing", "- en: Only"),
        ({"first_hour.0.after": ["speak"]}, "first_hour.0.after: the step 'speak' waits for itself", "  after:\n"),
        ({"first_hour.0.id": "take"}, "first_hour.0.id: the id 'take' stands twice", "- id: take\n"),
        (
            {"holding_statements.1.text": "Dear {{ nobody }}, good evening."},
            "holding_statements.1.text: the blank 'nobody' is not declared",
            "nobody",
        ),
    ],
)
def test_a_mistake_is_one_line_with_path_and_line(write_playbook, changes, reason, where):
    path = write_playbook(changes)
    with pytest.raises(PlaybookError) as caught:
        read_playbook(path)
    assert caught.value.path == str(path)
    assert reason in caught.value.reason
    assert caught.value.line == line_with(path, where), str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("gadget", GADGETS)
def test_an_escape_in_a_file_is_one_line_with_path_and_line(write_playbook, gadget):
    path = write_playbook({"holding_statements.1.text": f"To you who use {{{{ product }}}}: {gadget}"})
    with pytest.raises(PlaybookError, match=r"holding_statements\.1\.text: ") as caught:
        read_playbook(path)
    assert caught.value.line is not None
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"- a\n- b\n", "holds no mapping"),
        (b"id: [1, 2\n", "is no YAML"),
        (b"id: a\nid: b\n", "the key 'id' stands twice"),
        (b"a: &x [1]\nb: *x\n", "aliases"),
        (b"id: !!python/object/apply:os.system ['true']\n", "cannot be read"),
        (b"last_reviewed: 2026-02-31\n", "cannot be read"),
        (b"id: \xff\xfe\n", "is not UTF-8"),
        (b"id: a\x00b\n", "is no YAML"),
        (b"a: " + b"[" * 500, "is nested too deep"),
        (b"#" * (MAX_FILE_BYTES + 1), "larger than 256 kB"),
    ],
)
def test_a_broken_or_hostile_file_is_one_line(tmp_path, content, reason):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(PlaybookError, match=reason) as caught:
        read_playbook(path)
    assert "\n" not in str(caught.value)


def test_a_bad_file_leaves_the_good_ones(write_playbook):
    good = write_playbook()
    write_playbook({"colour": "red"}, name="bad.yaml")
    library = load_playbooks([good.parent], library=None)
    assert [playbook.id for playbook in library.playbooks] == ["small"]
    assert ["unknown key" in str(error) for error in library.errors] == [True]


def test_a_missing_folder_is_an_error_and_no_end(tmp_path):
    library = load_playbooks([tmp_path / "none"])
    assert "there is no such folder" in str(library.errors[0])
    assert library.get("product-recall") is not None


def test_a_local_playbook_replaces_the_shipped_one_of_its_id(write_playbook):
    own = write_playbook({"id": "product-recall", "owner": "minh"})
    library = load_playbooks([own.parent])
    assert library.get("product-recall").owner == "minh"
    assert library.errors == ()


def test_a_local_default_takes_the_place_of_the_shipped_one(write_playbook):
    own = write_playbook({"default": True})
    library = load_playbooks([own.parent])
    assert [playbook.id for playbook in library.playbooks if playbook.default] == ["small"]


@pytest.mark.parametrize(
    ("changes", "reason"), [({}, "another file of this folder has the id"), ({"id": "other", "default": True}, "may be the default")]
)
def test_two_that_cannot_stand_side_by_side_leave_the_first(write_playbook, changes, reason):
    first = write_playbook({"default": True}, name="a.yaml")
    write_playbook(changes, name="b.yaml")
    library = load_playbooks([first.parent], library=None)
    assert len(library.playbooks) == 1
    assert reason in str(library.errors[0])


def test_no_playbook_has_no_id():
    assert load_playbooks().get(None) is None
