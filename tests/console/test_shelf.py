"""The kind is the module's name; a dotted one lives outside the tree."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from console import shelf
from core.errors import ConfigError


@pytest.mark.parametrize(
    ("where", "some"),
    [
        (shelf.COLLECTORS, {"replay", "rss", "webhook"}),
        (shelf.SIGNALS, {"negative_surge", "single_risk", "volume_spike"}),
        (shelf.NOTIFIERS, {"apprise", "email", "log", "webhook"}),
    ],
)
def test_what_stands_on_a_shelf_is_found_without_a_registry(where, some):
    assert some <= set(shelf.kinds(where))
    for kind in shelf.kinds(where):
        assert issubclass(shelf.load(where, kind).Options, BaseModel)


def test_an_unknown_kind_is_answered_with_those_there_are():
    with pytest.raises(ConfigError, match="unknown kind 'fax'; on this shelf stand: apprise, discord, email, log, matrix, ntfy"):
        shelf.load(shelf.NOTIFIERS, "fax")


@pytest.mark.parametrize("kind", ["", ".", "..log", "log.", "Log", "../log", "os;import", "a b", "log\n"])
def test_what_is_no_name_is_never_imported(kind):
    with pytest.raises(ConfigError, match="is no kind"):
        shelf.load(shelf.NOTIFIERS, kind)


def test_a_dotted_kind_comes_from_outside(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "bell.py").write_text("HELLO, Options, Notifier = 1, object, object\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert shelf.load(shelf.NOTIFIERS, "elsewhere.bell").HELLO == 1
    with pytest.raises(ConfigError, match="unknown kind 'elsewhere.gong'"):
        shelf.load(shelf.NOTIFIERS, "elsewhere.gong")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("empty", "", "defines no Options"),
        ("half", "Options = object", "defines no Notifier; a kind of this shelf needs Options and Notifier"),
        ("broken", "def :", "cannot be loaded"),
        ("old", "from math import nothing_of_that_name", "cannot be loaded"),
    ],
)
def test_a_module_that_is_no_plug_in_is_told(tmp_path, monkeypatch, name, text, told):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=told):
        shelf.load(shelf.NOTIFIERS, f"bare.{name}")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: int


@pytest.mark.parametrize(
    ("given", "place", "words"),
    [
        ({"count": "hunter2"}, ("count",), "Input should be a valid integer, unable to parse string as an integer"),
        ({"count": 1, "kount": "hunter2"}, ("kount",), "unknown key"),
        ({}, ("count",), "this key is missing"),
    ],
)
def test_what_is_wrong_is_told_by_its_place_and_never_by_its_value(given, place, words):
    with pytest.raises(ValidationError) as caught:
        Strict.model_validate(given)
    assert shelf.told(caught.value) == (place, words)
