"""`init`: a commented configuration to begin with."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from importlib import resources
from pathlib import Path
from typing import Final

from console.verbs.base import Desk, Verb
from core.errors import Refused

STARTER: Final = "starter.yaml"  # the shipped config.yaml, packed with the program
_LANGUAGE: Final = re.compile(r"^language:\s*\w+", re.MULTILINE)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the new file; one that is there is never overwritten")
    parser.add_argument("--language", choices=("vi", "en"), help="of alerts, console and reports; default: vi")


def _init(desk: Desk, args: Namespace) -> int:
    text = resources.files("console").joinpath(STARTER).read_text(encoding="utf-8")
    if args.language:
        text = _LANGUAGE.sub(f"language: {args.language}", text, count=1)
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


VERBS = (Verb("init", "write a commented configuration", "tocsin init --language en config.yaml", _options, _init),)
