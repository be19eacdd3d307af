"""`playbooks`, `playbook`: the library, one plan, and `playbook lint FILE`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.verbs.base import Desk, UsageError, Verb, as_json
from console.verbs.tables import table
from core.errors import NotFound, PlaybookError
from core.messages import translator

if TYPE_CHECKING:
    from playbooks.load import Library
    from playbooks.playbook import Playbook


def library(desk: Desk) -> Library:
    """The shipped playbooks and the operator's; what is wrong with a file is told, and takes none of the others down."""
    from playbooks.load import load_playbooks

    found = load_playbooks([desk.config.folder / folder for folder in desk.config.playbooks.folders])
    for error in found.errors:
        desk.tell(str(error))
    return found


def _options(parser: ArgumentParser) -> None:
    as_json(parser)


def _playbooks(desk: Desk, args: Namespace) -> int:
    found = library(desk)
    if args.json:
        desk.json([_shape(desk, playbook) for playbook in found.playbooks])
        return 0
    say = desk.say
    rows = [[each.id, str(each.version), each.last_reviewed.isoformat(), each.say(each.title, say.language)] for each in found.playbooks]
    desk.out(table([say("cli.id"), say("cli.version"), say("cli.reviewed"), say("cli.title")], rows))
    return 0


def _shape(desk: Desk, playbook: Playbook) -> dict[str, Any]:
    return {
        "id": playbook.id,
        "title": playbook.say(playbook.title, desk.say.language),
        "version": playbook.version,
        "owner": playbook.owner,
        "last_reviewed": playbook.last_reviewed.isoformat(),
        "languages": list(playbook.languages),
        "default": playbook.default,
        "triggers": playbook.triggers.model_dump(mode="json"),
    }


def _one_options(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the playbook's id, or the word lint")
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="with lint: the file to check")
    as_json(parser)


def _playbook(desk: Desk, args: Namespace) -> int:
    if args.id == "lint":
        return _lint(desk, args)
    if args.file is not None:
        raise UsageError(f"did not expect {args.file}; did you mean 'playbook lint {args.file}'?")
    found = library(desk)
    playbook = found.get(args.id)
    if playbook is None:
        raise NotFound(f"there is no playbook {args.id!r}; there are: {', '.join(each.id for each in found.playbooks)}")
    if args.json:
        desk.json(playbook.model_dump(mode="json"))
        return 0
    _print(desk, playbook)
    return 0


def _lint(desk: Desk, args: Namespace) -> int:
    from playbooks.lint import lint
    from playbooks.load import line_of, read_playbook

    file: Path | None = args.file
    if file is None:
        raise UsageError("say which file: tocsin playbook lint FILE")
    try:
        playbook = read_playbook(file)
    except PlaybookError as error:  # the verb did its work; what it looked at is bad
        desk.tell(str(error))
        return 1
    say = desk.say if desk.path.exists() else translator("en")
    findings = lint(playbook, desk.now.date())
    wrong = any(finding.grade == "error" for finding in findings)
    if args.json:
        desk.json([{"place": each.place, "rule": each.rule, "grade": each.grade, "says": say.render(each.words)} for each in findings])
        return int(wrong)
    for each in findings:
        desk.tell(f"{file}:{line_of(file, each.place)}: {say(f'lint.{each.grade}')}: {each.place}: {say.render(each.words)}")
    if not wrong:
        desk.out(say("cli.playbook_good", file=str(file), id=playbook.id, version=playbook.version))
    return int(wrong)


def _print(desk: Desk, playbook: Playbook) -> None:
    say, language = desk.say, desk.say.language
    desk.out(f"{playbook.say(playbook.title, language)} ({playbook.id}, {playbook.version})")
    number = 0
    for phase in dict.fromkeys(phase for phase, _ in playbook.steps()):
        desk.out(f"\n{say(f'review.phase.{phase}')}")
        for step in getattr(playbook, phase):
            number += 1
            role = playbook.role(step.role)
            who = step.role if role is None else playbook.say(role.title, language)
            desk.out(f"  {number}. {playbook.say(step.text, language)} ({who}; {step.id})")
    desk.out(f"\n{say('cli.do_not')}")
    for text in playbook.do_not:
        desk.out(f"  - {playbook.say(text, language)}")
    desk.out(f"\n{say('cli.statements', playbook=playbook.id)}")
    for statement in playbook.holding_statements:
        desk.out(f"  {statement.id} ({statement.language}, {statement.channel})")


VERBS = (
    Verb("playbooks", "list the playbooks", "tocsin playbooks --json", _options, _playbooks),
    Verb(
        "playbook", "show a playbook, or check a file of one", "tocsin playbook lint playbooks/local/recall.yaml", _one_options, _playbook
    ),
)
