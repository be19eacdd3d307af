"""`evidence`: the evidence pack of an incident as a file, and the check of one that was exported."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.verbs.base import Desk, UsageError, Verb, as_json, as_person, number

if TYPE_CHECKING:
    from alerting.proof import Finding

CHECK: Final = "verify"
FORMATS: Final = ("html", "md", "json", "zip")


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help=f"the incident's number, or `{CHECK}` to check a file")
    parser.add_argument("file", metavar="FILE", type=Path, help="where to write the pack; or the .json or .zip to check")
    parser.add_argument(
        "--format", choices=FORMATS, help="html to print, md, json to check later, zip with everything; default: as the file's name ends"
    )
    as_person(parser)
    as_json(parser, "what was checked as one JSON document")


def _evidence(desk: Desk, args: Namespace) -> int:
    return _verify(desk, args) if args.id == CHECK else _export(desk, args)


def _export(desk: Desk, args: Namespace) -> int:
    from console.evidence import export

    try:
        incident_id = number(args.id)
    except ValueError:
        raise UsageError(
            f"{args.id!r} is no incident's number; write `tocsin evidence 12 FILE` or `tocsin evidence {CHECK} FILE`"
        ) from None
    form = args.format or args.file.suffix.removeprefix(".")
    if form not in FORMATS:
        raise UsageError(f"which form? say --format, or let the file end in one of: {', '.join(FORMATS)}")
    by = desk.person(args.by)
    data = desk.write(lambda tx: export(tx, desk.config, incident_id, form, by=by, channel="cli", now=desk.now))
    try:
        args.file.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{args.file}: {error.strerror}") from error
    desk.tell(desk.say("evidence.written", file=str(args.file), id=incident_id))
    return 0


def _verify(desk: Desk, args: Namespace) -> int:
    from alerting.proof import MOST_BYTES, document_in, proofs

    try:
        with args.file.open("rb") as opened:
            document, beside = document_in(opened.read(MOST_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{args.file}: {error.strerror}") from error
    found = desk.read(proofs, document, beside)
    if args.json:
        desk.json([{"check": one.name, "exhibit": one.number, "holds": one.holds} for one in found])
    else:
        for one in found:
            desk.out(_line(desk, one))
    return 1 if any(one.holds is False for one in found) else 0


def _line(desk: Desk, one: Finding) -> str:
    place = desk.say("evidence.exhibit", n=one.number) if one.number else desk.say("proof.pack")
    outcome = {True: "proof.holds", False: "proof.broken", None: "proof.unknown"}[one.holds]
    return f"{place}: {desk.say(f'proof.{one.name}')}: {desk.say(outcome)}"


VERBS = (
    Verb(
        "evidence",
        "the evidence pack of an incident as a file, or the check of one",
        "tocsin evidence 12 vi-bang.html --as lan",
        _options,
        _evidence,
    ),
)
