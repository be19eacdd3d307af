"""`db`, `audit`, `dead-letters`: looking after what is remembered."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from console.verbs.base import Desk, UsageError, Verb, as_json
from console.verbs.tables import table
from core.errors import ConfigError, NotFound, Refused


def _db_options(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=("upgrade", "check", "backup"), help="bring the schema up to date; look whether all is well; copy")
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="with backup: the new file")


def _db(desk: Desk, args: Namespace) -> int:
    from store import migrate
    from store.database import Database

    if (args.file is None) == (args.what == "backup"):
        raise UsageError("say where to: tocsin db backup FILE" if args.what == "backup" else f"did not expect {args.file}")
    database = Database(desk.config.store.database)
    try:
        if args.what == "upgrade":
            before, after = migrate.upgrade(database)
            key = "cli.db_current" if before == after else "cli.db_upgraded"
            desk.out(desk.say(key, before=before or "-", after=after, revision=after))
            return 0
        if args.what == "check":
            return _check(desk, database)
        from store.backup import backup

        size = backup(database, args.file)
        desk.out(desk.say("cli.db_backed_up", file=str(args.file), size=size))
        return 0
    finally:
        database.close()


def _check(desk: Desk, database: object) -> int:
    from store import migrate
    from store.database import Database

    assert isinstance(database, Database)
    broken = migrate.integrity(database)
    if broken is not None:
        raise Refused(f"the database is damaged ({broken}); restore a backup")
    try:
        migrate.check(database)
    except ConfigError as error:  # the verb did its work; what it looked at is not well
        raise Refused(error.reason) from error
    desk.out(desk.say("cli.db_sound"))
    return 0


def _audit_options(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=("verify",), help="check the chain from its first line to its last")


def _audit(desk: Desk, args: Namespace) -> int:
    del args
    from store import audit

    broken = desk.read(audit.first_broken)
    if broken is not None:
        desk.tell(desk.say("cli.audit_broken", line=broken))
        return 1
    desk.out(desk.say("cli.audit_holds"))
    return 0


def _letters_options(parser: ArgumentParser) -> None:
    parser.add_argument("--replay", metavar="ID", type=int, help="hand this one back to its stage")
    as_json(parser)


def _letters(desk: Desk, args: Namespace) -> int:
    from store import dead_letters

    if args.replay is not None:
        if not desk.write(dead_letters.replay, args.replay, desk.now):
            raise NotFound(f"there is no dead letter {args.replay} that a stage could take back")
        desk.out(desk.say("cli.dead_letter_replayed", id=args.replay))
        return 0
    found = desk.read(dead_letters.listing)
    if args.json:
        desk.json(found)
        return 0
    if not found:
        desk.tell(desk.say("cli.no_dead_letters"))
        return 0
    say = desk.say
    rows = [[str(each.id), say("cli.moment", at=each.at), each.stage, each.subject, each.error] for each in found]
    desk.out(table(["#", say("console.when"), say("cli.stage"), say("console.what"), say("cli.error")], rows))
    return 0


VERBS = (
    Verb("db", "the database: upgrade its schema, check it, back it up", "tocsin db backup tocsin-2026-11-21.db", _db_options, _db),
    Verb("audit", "check the audit chain", "tocsin audit verify", _audit_options, _audit),
    Verb("dead-letters", "what could not be processed, and once more", "tocsin dead-letters --replay 3", _letters_options, _letters),
)
