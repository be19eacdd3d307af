"""A reader of the AT Protocol's lexicons, enough to tell whether a record holds to its schema. A schema that is not at hand is not checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

_FORMATS = {
    "at-uri": re.compile(r"at://[^/]+(/[^/]+(/[^/]+)?)?\Z"),
    "did": re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]+\Z"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z"),
    "cid": re.compile(r"[A-Za-z0-9]{8,}\Z"),
    "uri": re.compile(r"[a-z][a-z0-9+.-]*:\S+\Z", re.IGNORECASE),
}
_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


class Lexicons:
    """The schemas of a folder; `faults(name, value)` says what is wrong with a value, nothing where all is well."""

    def __init__(self, folder: Path) -> None:
        documents = [msgspec.json.decode(path.read_bytes()) for path in folder.rglob("*.json")]
        self._defs = {document["id"]: document["defs"] for document in documents if "defs" in document}

    def faults(self, name: str, value: object) -> list[str]:
        return list(self._ref(name, value, "", name.partition("#")[0]))

    def _ref(self, name: str, value: object, at: str, home: str) -> Iterator[str]:
        document, _, part = name.partition("#")
        document = document or home
        schema = self._defs.get(document, {}).get(part or "main")
        if schema is not None:
            yield from self._check(schema.get("record", schema), value, at, document)

    def _check(self, schema: dict[str, Any], value: Any, at: str, home: str) -> Iterator[str]:
        kind = schema["type"]
        if kind == "ref":
            yield from self._ref(schema["ref"], value, at, home)
        elif kind == "union":
            name = value.get("$type") if isinstance(value, dict) else None
            if not name:
                yield f"{at}: a union without $type"
            elif name.partition("#")[0] in self._defs:
                yield from self._ref(name, value, at, home)
        elif kind in _TYPES:
            if not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
                yield f"{at}: not of type {kind}"
                return
            yield from getattr(self, f"_{kind}")(schema, value, at, home)

    def _object(self, schema: dict[str, Any], value: dict[str, Any], at: str, home: str) -> Iterator[str]:
        yield from (f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value)
        for name, part in schema.get("properties", {}).items():
            if value.get(name) is not None:
                yield from self._check(part, value[name], f"{at}.{name}", home)

    def _array(self, schema: dict[str, Any], value: list[Any], at: str, home: str) -> Iterator[str]:
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{at}: too long"
        for number, part in enumerate(value):
            yield from self._check(schema["items"], part, f"{at}[{number}]", home)

    def _string(self, schema: dict[str, Any], value: str, at: str, home: str) -> Iterator[str]:
        if len(value.encode()) > schema.get("maxLength", len(value.encode())):
            yield f"{at}: too long"
        if "format" in schema and (known := _FORMATS.get(schema["format"])) and not known.match(value):
            yield f"{at}: not a {schema['format']}"

    def _integer(self, schema: dict[str, Any], value: int, at: str, home: str) -> Iterator[str]:
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            yield f"{at}: out of range"

    def _boolean(self, schema: dict[str, Any], value: bool, at: str, home: str) -> Iterator[str]:
        yield from ()
