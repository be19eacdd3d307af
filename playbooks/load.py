"""Folders of YAML -> playbooks. Every mistake is one line with path, line number and mend; a bad file never takes the good ones down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from core.errors import PlaybookError
from playbooks.playbook import Playbook

LIBRARY: Final = Path(__file__).parent / "library"
MAX_FILE_BYTES: Final = 262_144
_DEEPEST: Final = 20  # levels of YAML; a playbook needs 6

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the compiled one takes a tenth of the time
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Library:
    """The playbooks that can be used, by id in alphabetical order, and what is wrong with the files that cannot."""

    playbooks: tuple[Playbook, ...]
    errors: tuple[PlaybookError, ...] = ()

    def get(self, id: str | None) -> Playbook | None:
        """The playbook of that id, or None."""
        return next((playbook for playbook in self.playbooks if playbook.id == id), None)


def load_playbooks(folders: Iterable[Path] = (), *, library: Path | None = LIBRARY) -> Library:
    """Read the shipped library and then each folder; a playbook of a later folder replaces one of the same id before it.

    Never raises for a bad file: what is wrong stands in `errors`. A folder that does not exist is an error too.
    """
    found: dict[str, Playbook] = {}
    errors: list[PlaybookError] = []
    for folder in [*([library] if library is not None else []), *folders]:
        here, wrong = _read_folder(folder)
        errors += wrong
        if any(playbook.default for playbook in here.values()):  # the operator's own default takes the place of the shipped one
            found = {name: playbook.model_copy(update={"default": False}) for name, playbook in found.items()}
        found |= here
    return Library(tuple(found[name] for name in sorted(found)), tuple(errors))


def read_playbook(path: Path) -> Playbook:
    """One playbook from its file.

    Raises:
        PlaybookError: with path, line and the mend, in one line.
    """
    return read_model(path, Playbook)


def read_model(path: Path, model: type[Model]) -> Model:
    """Any model of this package from its YAML file.

    Raises:
        PlaybookError: the file cannot be read, is no YAML, or is not what the model asks for.
    """
    root = _compose(path)
    _refuse_repeated_keys(path, root)
    try:
        value = yaml.SafeLoader("").construct_document(root)
    except (yaml.YAMLError, ValueError) as error:
        raise PlaybookError(str(path), f"cannot be read: {_one_line(error)}", line=_line(root)) from error
    if not isinstance(value, dict):
        raise PlaybookError(str(path), "holds no mapping of keys to values", line=1)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _told(path, root, error) from error


def line_of(path: Path, place: str) -> int:
    """The line, from 1, on which a place of a file that was read stands: "holding_statements.0.text"; of its nearest part where it is left out.

    Raises:
        PlaybookError: the file cannot be read any more.
    """
    return _line_of(_compose(path), [int(part) if part.isdigit() else part for part in place.split(".")])


def _read_folder(folder: Path) -> tuple[dict[str, Playbook], list[PlaybookError]]:
    if not folder.is_dir():
        return {}, [PlaybookError(str(folder), "there is no such folder")]
    found: dict[str, Playbook] = {}
    errors: list[PlaybookError] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            playbook = read_playbook(path)
        except PlaybookError as error:
            errors.append(error)
            continue
        default = next((other.id for other in found.values() if other.default and playbook.default), None)
        if playbook.id in found:
            errors.append(PlaybookError(str(path), f"id: another file of this folder has the id {playbook.id!r}"))
        elif default is not None:
            errors.append(PlaybookError(str(path), f"default: only one playbook of a folder may be the default; {default!r} is"))
        else:
            found[playbook.id] = playbook
    return found, errors


def _compose(path: Path) -> yaml.Node:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PlaybookError(str(path), error.strerror or "cannot be read") from error
    if len(data) > MAX_FILE_BYTES:
        raise PlaybookError(str(path), f"larger than {MAX_FILE_BYTES // 1024} kB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PlaybookError(str(path), "is not UTF-8", line=data.count(b"\n", 0, error.start) + 1) from error
    try:
        _refuse_tricks(path, text)
        root: yaml.Node | None = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PlaybookError(str(path), f"is no YAML: {error.problem or error.context}", line=mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise PlaybookError(str(path), f"is no YAML: {_one_line(error)}") from error
    if root is None:
        raise PlaybookError(str(path), "is empty", line=1)
    return root


def _refuse_tricks(path: Path, text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):  # a playbook needs no aliases; a bomb is made of them
        if isinstance(event, yaml.AliasEvent):
            raise PlaybookError(str(path), "aliases (*name) are not allowed", line=_line(event))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise PlaybookError(str(path), "is nested too deep", line=_line(event))


def _refuse_repeated_keys(path: Path, node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                raise PlaybookError(str(path), f"the key {key.value!r} stands twice", line=_line(key))
            seen.add(str(key.value))
            _refuse_repeated_keys(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(path, value)


def _told(path: Path, root: yaml.Node, error: ValidationError) -> PlaybookError:
    """The first problem that pydantic found, with its place as a person would say it."""
    first = error.errors(include_url=False, include_context=False)[0]
    place: Sequence[int | str] = first["loc"]
    reason = str(first["msg"])
    if first["type"] == "value_error" and not place:  # the model's own checks say the place themselves
        named, _, reason = reason.removeprefix("Value error, ").partition(": ")
        place = [int(part) if part.isdigit() else part for part in named.split(".")]
    elif first["type"] == "extra_forbidden":
        reason = "unknown key"
    elif first["type"] == "missing":
        reason = "is missing"
    where = ".".join(str(part) for part in place)
    return PlaybookError(str(path), f"{where}: {reason.removeprefix('Value error, ')}", line=_line_of(root, place))


def _line_of(root: yaml.Node, place: Sequence[int | str]) -> int:
    node, line = root, _line(root)
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if pair is None:
                break
            line, node = _line(pair[0]), pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = _line(node)
    return line


def _line(node: yaml.Node | yaml.Event) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
