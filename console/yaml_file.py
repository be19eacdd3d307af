"""config.yaml as data with a line for every value, `${ENV}` filled in, `*_file` read: for `console/config.py` alone."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from core.errors import ConfigError

Place = tuple[int | str, ...]
MAX_BYTES: Final = 2_000_000
MAX_VALUES: Final = 100_000  # after aliases are followed: a few lines of them can mean millions of values
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class YamlFile:
    """One file, read whole.

    Attributes:
        data: the values.

    Raises:
        ConfigError: it cannot be read, is too large, is no YAML, repeats a key, uses aliases to grow, or names a variable that is not set.
    """

    def __init__(self, path: Path, environment: Mapping[str, str] = os.environ) -> None:
        self.path = path
        self._environment = environment
        self._lines: dict[Place, int] = {}
        self._values = 0
        root = self._compose()
        self.data: Any = {} if root is None else self._value(root, ())

    def line(self, place: Sequence[int | str]) -> int | None:
        """The line of a place, or of the nearest place around it; from 1."""
        for length in range(len(place), -1, -1):
            found = self._lines.get(tuple(place[:length]))
            if found is not None:
                return found
        return None

    def error(self, place: Sequence[int | str], reason: str) -> ConfigError:
        """An error that names path, line and place."""
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        return ConfigError(f"{where}: {reason}" if where else reason, path=str(self.path), line=self.line(place))

    def _compose(self) -> yaml.Node | None:
        try:
            text = _text(self.path)
        except ValueError as error:
            raise ConfigError(str(error), path=str(self.path)) from error
        try:
            root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = f"this is no YAML: {error.problem or error.context}"
            raise ConfigError(reason, path=str(self.path), line=mark.line + 1 if mark else None) from error
        except yaml.YAMLError as error:
            raise ConfigError(f"this is no YAML: {str(error).splitlines()[0]}", path=str(self.path)) from error
        except RecursionError as error:
            raise ConfigError("is nested too deeply", path=str(self.path)) from error
        return root

    def _value(self, node: yaml.Node, place: Place, *, inside: tuple[int, ...] = ()) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        self._values += 1
        if id(node) in inside:
            raise self.error(place, "an alias leads back to itself")
        if self._values > MAX_VALUES:
            raise self.error(place[:1], f"means more than {MAX_VALUES} values; use fewer aliases")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place, (*inside, id(node)))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*place, index), inside=(*inside, id(node))) for index, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:str":
            return self._filled(str(node.value), place)
        if node.tag == "tag:yaml.org,2002:timestamp":
            return str(node.value)  # pydantic reads times and days; YAML's own would lose the zone
        try:
            return yaml.SafeLoader("").construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, LookupError) as error:
            raise self.error(place, f"this is no value of the kind {node.tag.rpartition(':')[2]}") from error

    def _mapping(self, node: yaml.MappingNode, place: Place, inside: tuple[int, ...]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.error(place, "a key is one word, not a list or a mapping")
            key = str(key_node.value)
            self._lines[(*place, key)] = key_node.start_mark.line + 1
            if key in values:
                raise self.error((*place, key), "this key stands twice")
            values[key] = self._value(value_node, (*place, key), inside=inside)
        return self._with_files(values, place)

    def _with_files(self, values: dict[str, Any], place: Place) -> dict[str, Any]:
        """`password_file: path` becomes `password` with the file's text, less its last line break."""
        for key in [key for key in values if key.endswith("_file") and key.removesuffix("_file") in SECRETS]:
            path = self.path.parent / str(values.pop(key))
            secret = key.removesuffix("_file")
            self._lines[(*place, secret)] = self._lines[(*place, key)]
            try:
                values[secret] = _text(path).rstrip("\r\n")
            except ValueError as error:
                raise self.error((*place, key), str(error)) from error
        return values

    def _filled(self, text: str, place: Place) -> str:
        def fill(found: re.Match[str]) -> str:
            value = self._environment.get(found[1], found[2])
            if value is None:
                raise self.error(place, f"the environment variable {found[1]} is not set")
            return value

        return _VARIABLE.sub(fill, text)


def _text(path: Path) -> str:
    """The file's text.

    Raises:
        ValueError: why there is none, in a few words.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"is larger than {MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8 text") from error


SECRETS: Final = frozenset({"password", "token", "secret", "key", "url", "client_secret"})


def did_you_mean(key: str, known: Sequence[str]) -> str:
    """A hint in brackets where a known key is close, else nothing."""
    close = difflib.get_close_matches(key, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
