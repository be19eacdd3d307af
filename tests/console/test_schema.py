"""The JSON Schema for editors says what the program says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from console import shelf
from console.schema import schema
from console.yaml_file import SECRETS

ROOT = Path(__file__).parents[2]
ANA = {"id": "ana", "channels": [{"kind": "email", "to": "ana@example.org", "only": "critical"}]}
MAIL = {"host": "${MAIL_HOST}", "port": "${MAIL_PORT}", "from": "tocsin@example.org", "username": "t", "password_file": "mail.secret"}
NEWS = {"id": "news", "kind": "rss", "url": "https://example.org/feed"}


@pytest.fixture(scope="module")
def check() -> Draft202012Validator:
    made = schema()
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def _sources(*sources: dict[str, Any]) -> dict[str, Any]:
    return {"listener": {"sources": list(sources)}}


def test_the_shipped_schema_is_of_this_release(check: Draft202012Validator) -> None:
    shipped = json.loads((ROOT / "docs/config.schema.json").read_text("utf-8"))
    assert shipped == json.loads(json.dumps(check.schema)), "make it again: tocsin schema > docs/config.schema.json"


@pytest.mark.parametrize("name", ["config.yaml", "console/starter.yaml"])
def test_what_ships_is_valid_and_leads_to_the_schema(check: Draft202012Validator, name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert list(check.iter_errors(yaml.safe_load(text))) == []
    assert text.startswith("# yaml-language-server: $schema=docs/config.schema.json\n")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"alerting": {"people": [ANA], "notifiers": {"email": MAIL}}},
        {"alerting": {"rotations": [{"id": "week", "people": ["ana"], "handover": "Mon 09:00"}]}},
        {"topics": [{"id": "acme", "matches": ["nổ", {"text": "cháy", "lang": "vi"}], "products": ["ổ"]}]},
        {"events": [{"name": "Tết", "from": "2027-02-05", "to": "2027-02-12"}]},
        {"detectors": {"signals": [{"kind": "volume_spike", "chance": "${CHANCE:-1e-6}"}]}},
        _sources({**NEWS, "every": "1h 30m", "enabled": "${LISTEN}"}),
        _sources({"id": "pigeons", "kind": "acme.pigeons", "loft": 3}),
        _sources({"id": "groups", "kind": "telegram", "token_file": "bot.secret"}),
    ],
    ids=json.dumps,
)
def test_what_the_program_takes_is_valid(check: Draft202012Validator, values: dict[str, Any]) -> None:
    assert [error.message for error in check.iter_errors(values)] == []


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"alertng": {}}, "$"),
        ({"topics": [{"id": "acme", "qery": "x"}]}, "$.topics[0]"),
        ({"topics": [{"id": "acme", "kind": "brnd"}]}, "$.topics[0].kind"),
        (_sources({**NEWS, "urll": "x"}), "$.listener.sources[0]"),
        (_sources({**NEWS, "kind": "rsss"}), "$.listener.sources[0].kind"),
        (_sources({**NEWS, "every": "5"}), "$.listener.sources[0].every"),
        (_sources({"id": "groups", "kind": "telegram"}), "$.listener.sources[0]"),
        ({"detectors": {"signals": [{"kind": "volume_spike", "chanse": 1e-6}]}}, "$.detectors.signals[0]"),
        ({"alerting": {"people": [{**ANA, "channels": [{"kind": "log", "to": "x"}]}]}}, "$.alerting.people[0].channels[0]"),
        ({"alerting": {"notifiers": {"email": {"hots": "x"}}}}, "$.alerting.notifiers.email"),
    ],
    ids=json.dumps,
)
def test_a_slip_is_found_at_its_place(check: Draft202012Validator, values: dict[str, Any], place: str) -> None:
    assert [error.json_path for error in check.iter_errors(values)] == [place]


def test_a_key_tells_what_it_means(check: Draft202012Validator) -> None:
    assert check.schema["$defs"]["SourceSettings"]["properties"]["every"]["description"] == "how often it is polled"
    assert check.schema["$defs"]["SourceSettings"]["properties"]["every"]["default"] == "5m"


def test_no_option_of_a_kind_is_taken_for_a_secret_in_a_file() -> None:
    """The file's reader turns `token_file` into `token` before any kind sees it."""
    eaten = {f"{name}_file" for name in SECRETS}
    for where in shelf.CLASSES:
        for kind in shelf.kinds(where):
            assert not eaten.intersection(shelf.load(where, kind).Options.model_fields), kind
