"""config.yaml as values with lines: whatever is wrong with the file is one line with path and line."""

import pytest

from console.yaml_file import MAX_BYTES, YamlFile, did_you_mean
from core.errors import ConfigError

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n" for before, after in zip("abcdefg", "bcdefgh", strict=True)
)
LOOP = "topics: &loop\n  - id: acme\n  - *loop\n"


@pytest.fixture
def read(tmp_path):
    def read(text, **environment):
        path = tmp_path / "config.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return YamlFile(path, environment)

    return read


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("name: [unclosed\n", 2, "this is no YAML"),
        ("name: a\n\tb: c\n", 2, "this is no YAML"),
        ("a: 1\nb: 2\na: 3\n", 3, "this key stands twice"),
        (LOOP, 1, "an alias leads back to itself"),
        (BOMB, None, "use fewer aliases"),
        ("a: *nowhere\n", 1, "undefined alias"),
        ("a: 1\n--- \nb: 2\n", 2, "this is no YAML"),
        (b"name: \xff\xfe\n", None, "is not UTF-8 text"),
        ("name: \x00\n", None, "this is no YAML"),
        ("x" * (MAX_BYTES + 1), None, "is larger than"),
        ("[" * 5000, None, "is nested too deeply"),
        ("name: 1\nport: ${PORT}\n", 2, "the environment variable PORT is not set"),
        ("name: 1\n? [a, b]\n: 2\n", None, "a key is one word"),
        ("name: !!int five\n", 1, "this is no value of the kind int"),
        ("name: !!bool maybe\n", 1, "this is no value of the kind bool"),
        ("name: !!python/name:os.system x\n", 1, "this is no value of the kind"),
        ("a:\n  token_file: nowhere.txt\n", 2, "cannot be read: No such file"),
        ("a:\n  token_file: .\n", 2, "cannot be read"),
    ],
)
def test_every_mistake_is_one_line_with_path_and_line(read, text, line, reason):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)
    assert caught.value.path.endswith("config.yaml")
    if line is not None:
        assert caught.value.line == line


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="config.yaml: cannot be read: No such file"):
        YamlFile(tmp_path / "config.yaml", {})


def test_values_are_read_as_they_stand(read):
    file = read("name: Acme\ncount: 3\nshare: 0.5\non: true\nnone: null\nat: 2026-11-21\nlist: [a, 1]\nempty: {}\n")
    assert file.data == {
        "name": "Acme",
        "count": 3,
        "share": 0.5,
        "on": True,
        "none": None,
        "at": "2026-11-21",
        "list": ["a", 1],
        "empty": {},
    }


def test_an_empty_file_is_an_empty_configuration(read):
    assert read("").data == {}
    assert read("# nothing yet\n").data == {}


def test_an_anchor_may_be_used_again(read):
    assert read("a: &x [1, 2]\nb: *x\n").data == {"a": [1, 2], "b": [1, 2]}


def test_the_environment_is_filled_in(read):
    file = read('a: "${A}"\nb: "${B:-none}-${A}"\nc: "$A ${not a name}"\n', A="x: [y]")
    assert file.data == {"a": "x: [y]", "b": "none-x: [y]", "c": "$A ${not a name}"}


def test_a_secret_is_read_from_its_file(read, tmp_path):
    (tmp_path / "token.txt").write_text("s3cret \n")
    file = read("a: {kind: x, token_file: token.txt}\n")
    assert file.data == {"a": {"kind": "x", "token": "s3cret "}}
    assert file.line(("a", "token")) == 1


def test_a_secrets_file_that_is_no_text_is_told_without_its_content(read, tmp_path):
    (tmp_path / "token.txt").write_bytes(b"\xffs3cret")
    with pytest.raises(ConfigError, match=r"config.yaml:2: a.token_file: is not UTF-8 text") as caught:
        read("a:\n  token_file: token.txt\n")
    assert "s3cret" not in str(caught.value)


def test_every_place_has_a_line_or_that_of_what_is_around_it(read):
    file = read("topics:\n  - id: acme\n    query: x\n  - id: rival\n")
    assert file.line(("topics", 0, "query")) == 3
    assert file.line(("topics", 1)) == 4
    assert file.line(("topics", 1, "missing", "deeper")) == 4
    assert str(file.error(("topics", 1, "id"), "is wrong")).endswith("config.yaml:4: topics[1].id: is wrong")


def test_a_close_key_is_suggested_and_a_far_one_is_not():
    assert did_you_mean("langauge", ["language", "name"]) == " (did you mean 'language'?)"
    assert did_you_mean("xyz", ["language", "name"]) == ""
