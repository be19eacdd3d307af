"""`init`, `schema`: a commented configuration to begin with, and what an editor needs to help with it."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, Namespace
from importlib import resources
from pathlib import Path
from typing import Final

from console.verbs.base import Desk, Verb
from core.errors import Refused

STARTER: Final = "starter.yaml"  # the shipped config.yaml, packed with the program
SCHEMA: Final = "config.schema.json"
_LANGUAGE: Final = re.compile(r"^language:\s*\w+", re.MULTILINE)
_EDITORS: Final = re.compile(r"^# yaml-language-server: .*", re.MULTILINE)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the new file; one that is there is never overwritten")
    parser.add_argument("--language", choices=("vi", "en"), help="of alerts, console and reports; default: vi")


def _init(desk: Desk, args: Namespace) -> int:
    text = resources.files("console").joinpath(STARTER).read_text(encoding="utf-8")
    if args.language:
        text = _LANGUAGE.sub(f"language: {args.language}", text, count=1)
    text = _EDITORS.sub(_for_editors(args.file.parent), text, count=1)
    try:
        with args.file.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError as error:
        raise Refused(f"{args.file} exists already") from error
    except OSError as error:
        raise Refused(f"{args.file} cannot be written: {error.strerror}") from error
    from core.messages import translator

    desk.out(translator(args.language or "vi")("cli.written", file=str(args.file)))
    return 0


def _for_editors(folder: Path) -> str:
    """The line that leads an editor to the schema near the new file, or how to come by one."""
    near = next((path for path in (folder / SCHEMA, folder / "docs" / SCHEMA) if path.is_file()), None)
    if near is None:
        return f"# Editors complete and check it after `tocsin schema > {SCHEMA}` and, as the first line: # yaml-language-server: $schema={SCHEMA}"
    return f"# yaml-language-server: $schema={os.path.relpath(near, folder)}"


def _schema(desk: Desk, args: Namespace) -> int:
    del args
    from console.schema import schema

    desk.json(schema())
    return 0


VERBS = (
    Verb("init", "write a commented configuration", "tocsin init --language en config.yaml", _options, _init),
    Verb("schema", "print the JSON Schema of config.yaml, for editors", "tocsin schema > config.schema.json", lambda _: None, _schema),
)
