"""The JSON Schema of config.yaml (draft 2020-12), for editors: made from the same models that check the file.

An editor sees the file before `${NAME}` is filled in and `password_file` is read, so both are allowed wherever they would be here. What one
section says of another, and the topics' queries, only `tocsin check` can tell.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from console import shelf
from console.config import Config
from console.replying import inbox_kinds, module_of
from console.yaml_file import SECRETS
from core.durations import format_duration

Schema = dict[str, Any]
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
ENTRIES: Final = {  # which entries hold a plug-in's options beside their own keys
    shelf.COLLECTORS: "SourceSettings",
    shelf.SIGNALS: "SignalSettings",
    shelf.NOTIFIERS: "ChannelSettings",
}
_ANY: Final[Schema] = {}  # judged already, by the entry itself
VARIABLE: Final[Schema] = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"}
_DOTTED: Final = r"\."  # such a kind is a module of the operator's own, whose options nobody here knows
_SCALARS: Final = frozenset({"integer", "number", "boolean"})
_BOUNDS: Final = ("pattern", "enum", "minLength", "maxLength", "format")  # what the text of a `${NAME}` would break
_FIELD: Final = re.compile(r"`(\w+)`(?: \([^)]*\))?: (.+?)(?=;? `\w+`(?: \([^)]*\))?: |\n\n|\Z)", re.DOTALL)


def schema() -> Schema:
    """The schema of the whole file."""
    made = Config.model_json_schema(schema_generator=_Generator)
    defs: Schema = made["$defs"]
    options = {where: {kind: _options(where, kind, defs) for kind in shelf.kinds(where)} for where in ENTRIES}
    # what a notifier needs may stand in a channel or in its kind's section
    shared = {kind: {**each, "required": []} for kind, each in options[shelf.NOTIFIERS].items()}
    for where, name in ENTRIES.items():
        defs[name] = _entry(defs[name], shared if where == shelf.NOTIFIERS else options[where])
    notifiers = {"type": "object", "properties": shared, "patternProperties": {_DOTTED: {"type": "object"}}, "additionalProperties": False}
    defs["AlertingSettings"]["properties"]["notifiers"] = notifiers
    defs["AlertingSettings"]["properties"]["inboxes"] = _inboxes(defs)
    finished = _finished(made)
    finished["$defs"]["Variable"] = VARIABLE
    return {"$schema": DRAFT, "title": "Tocsin's config.yaml", **finished}


def _inboxes(defs: Schema) -> Schema:
    """What each inbox may be told, or that it is off; what it needs may stand under its kind's notifiers."""
    kinds = {kind: {**_options(shelf.INBOXES, module_of(kind), defs), "required": []} for kind in inbox_kinds()}
    return {
        "type": "object",
        "properties": {kind: {"anyOf": [each, {"const": False}]} for kind, each in kinds.items()},
        "additionalProperties": False,
    }


class _Generator(GenerateJsonSchema):
    """Writes the file's form of a value: a length of time as "5m", what a field means beside it, no titles made from names."""

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False

    def model_schema(self, schema: Any) -> Schema:
        made = super().model_schema(schema)
        made.pop("title", None)
        for name, words in _FIELD.findall(made.get("description", "")):
            field = made.get("properties", {}).get(name)
            if field is not None:
                field["description"] = " ".join(words.split()).rstrip(".,;")
        return made


def _options(where: str, kind: str, defs: Schema) -> Schema:
    """The options of one kind; models inside them join `defs`."""
    model: type[BaseModel] = shelf.load(where, kind).Options
    made = model.model_json_schema(schema_generator=_Generator, ref_template=f"#/$defs/{where}.{kind}.{{model}}")
    defs.update({f"{where}.{kind}.{name}": inner for name, inner in made.pop("$defs", {}).items()})
    return made


def _entry(own: Schema, kinds: dict[str, Schema]) -> Schema:
    """An entry whose keys depend on its `kind`; every kind lists the entry's own keys too, so that an unknown one is told."""
    keys = {name: field for name, field in own["properties"].items() if name != "options"}
    required = [name for name in own.get("required", ()) if name != "options"]
    return {
        "type": "object",
        "description": own.get("description", ""),
        "properties": {**keys, "kind": {"anyOf": [{"enum": list(kinds)}, {"pattern": _DOTTED}]}},
        "required": required,
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {**options, "properties": {**dict.fromkeys(keys, _ANY), **options.get("properties", {})}},
            }
            for kind, options in kinds.items()
        ],
    }


def _finished(node: Schema) -> Schema:
    """The same with `${NAME}` and `*_file` allowed, and patterns that mean the same to an editor's regular expressions."""
    made = {key: _inside(key, value) for key, value in node.items()}
    if made.get("pattern") == r"\w":
        made["pattern"] = r"\S"  # to JavaScript, Vietnamese letters are no \w
    if "properties" in made:
        return _with_files(made)
    if made.get("type") in _SCALARS or ("type" in made and any(bound in made for bound in _BOUNDS)):
        outer: Schema = {key: made.pop(key) for key in ("description", "default") if key in made}
        return {**outer, "anyOf": [made, {"$ref": "#/$defs/Variable"}]}
    return made


def _inside(keyword: str, value: Any) -> Any:
    """A keyword's value, the schemas inside it finished; `if` asks of the file as it stands."""
    if keyword in ("$defs", "properties") or (keyword in ("items", "additionalProperties", "then") and isinstance(value, dict)):
        return {name: _finished(each) for name, each in value.items()} if keyword in ("$defs", "properties") else _finished(value)
    return [_finished(each) for each in value] if keyword in ("anyOf", "allOf") else value


def _with_files(made: Schema) -> Schema:
    """An object whose secrets may stand in files: `password_file` in place of `password`."""
    secrets = [name for name in made["properties"] if name in SECRETS]
    files = {f"{name}_file": {"type": "string", "description": f"the file that holds `{name}`"} for name in secrets}
    needed = [name for name in made.get("required", ()) if name in secrets]
    made = {**made, "properties": {**made["properties"], **files}}
    if needed:
        made["required"] = [name for name in made["required"] if name not in needed]
        made["allOf"] = [*made.get("allOf", ()), *({"anyOf": [{"required": [name]}, {"required": [f"{name}_file"]}]} for name in needed)]
    return made
