"""The command line: `tocsin [--config FILE] VERB`. Exit status 0: done; 1: it failed; 2: wrong usage or configuration.

The verbs stand in `console/verbs/`, one module a group, and only the group that is asked for is imported: where hands are cold, `ack`
answers at once.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from console.verbs.base import Verb

GROUPS: Final[dict[str, tuple[str, ...]]] = {  # module -> its verbs, in the order of the help
    "run": ("run",),
    "setup": ("init", "schema"),
    "check": ("check",),
    "incidents": ("incidents", "incident"),
    "labels": ("label", "labels", "missed"),
    "detectors": ("detectors",),
    "explain": ("explain",),
    "acting": ("ack", "resolve", "reopen", "assign", "note", "severity", "escalate", "snooze", "tick", "looked"),
    "regrouping": ("merge", "split", "role"),
    "evidence": ("evidence",),
    "people": ("on-call", "override"),
    "duty": ("away", "swap", "handover"),
    "silences": ("silence", "silences"),
    "channels": ("test-notify",),
    "sources": ("sources", "source"),
    "poll": ("poll",),
    "mentions": ("import",),
    "flags": ("flag", "reading"),
    "enrich": ("enrich",),
    "query": ("query",),
    "playbooks": ("playbooks", "playbook"),
    "words": ("statement", "review"),
    "score": ("score",),
    "replay": ("replay", "backtest"),
    "drill": ("drill",),
    "keep": ("db", "audit", "dead-letters"),
}
MODULES: Final = {verb: module for module, verbs in GROUPS.items() for verb in verbs}
DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None, *, now: datetime | None = None) -> int:
    """Run one verb; returns the exit status.

    Args:
        argv: what was typed after `tocsin`; the process's own arguments where None.
        now: the time (aware); the clock's where None.
    """
    gc.disable()  # a short verb ends before garbage matters; collecting costs a tenth of its start
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would search every installed package for some; another tenth
    typed = sys.argv[1:] if argv is None else list(argv)
    try:
        status = _run(typed, now or datetime.now(UTC))
        sys.stdout.flush()
    except SystemExit as left:  # argparse: help was shown, or the usage is wrong and told
        return left.code if isinstance(left.code, int) else USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read has seen enough (`tocsin incidents | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    finally:
        gc.enable()
    return status


def parser(wanted: str | None = None) -> argparse.ArgumentParser:
    """The parser of one verb's command line, or of all verbs where none is named."""
    top = _Parser(prog="tocsin", description="Tocsin: from a public post to an on-call manager with a plan in hand.", allow_abbrev=False)
    _common(top, default=None)
    top.add_argument("--version", action="store_true", help="print the version")
    below = top.add_subparsers(dest="verb", metavar="VERB", parser_class=_Parser)
    for name in MODULES if wanted is None else (wanted,):
        verb = load(name)
        made = below.add_parser(
            name,
            help=verb.help,
            description=verb.help,
            epilog=f"Example:\n  {verb.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _common(made, default=argparse.SUPPRESS)
        verb.options(made)
    return top


def load(name: str) -> Verb:
    """The verb of that name, from its module."""
    verbs: tuple[Verb, ...] = importlib.import_module(f"console.verbs.{MODULES[name]}").VERBS
    return next(verb for verb in verbs if verb.name == name)


def _run(typed: list[str], now: datetime) -> int:
    args = parser(_verb_in(typed)).parse_args(typed)
    if args.version:
        from importlib import metadata

        print(f"tocsin {metadata.version('tocsin')}")
        return DONE
    if args.verb is None:
        parser().print_help(sys.stderr)
        return USAGE
    from console.config import find
    from console.verbs.base import Desk

    verb = load(args.verb)
    if verb.logs:
        from console.logging import configure

        gc.enable()
        configure(verbose=args.verbose or 0, daemon=verb.name == "run")
    desk = Desk(find(args.config), now=now)
    try:
        return verb.run(desk, args)
    except Exception as error:
        status = _told(error)
        if status is None:
            raise
        return status
    finally:
        desk.close()


def _told(error: Exception) -> int | None:
    """Tell what went wrong in one line; None where it is a bug."""
    from console.verbs.base import UsageError
    from core.errors import ConfigError, PlaybookError, TocsinError

    if isinstance(error, TocsinError):
        print(f"tocsin: {' '.join(str(error).split())}", file=sys.stderr)
        return USAGE if isinstance(error, ConfigError | UsageError | PlaybookError) else FAILED
    if "store.quick" in sys.modules:
        from store.quick import DatabaseFailed

        if isinstance(error, DatabaseFailed):
            print(f"tocsin: the database refuses: {' '.join(str(error.orig).split())}", file=sys.stderr)
            return FAILED
    return None


def _verb_in(typed: Sequence[str]) -> str | None:
    """The verb that was typed, if it is one: the first word that is no option and no option's value."""
    words = iter(typed)
    for word in words:
        if word == "--config":
            next(words, None)
        elif not word.startswith("-"):
            return word if word in MODULES else None
    return None


def _common(made: argparse.ArgumentParser, *, default: str | None) -> None:
    made.add_argument("--config", metavar="FILE", default=default, help="the configuration; default: $TOCSIN_CONFIG, else ./config.yaml")
    made.add_argument("-v", "--verbose", action="count", default=default, help="log more to standard error; twice for everything")


class _Parser(argparse.ArgumentParser):
    """Tells wrong usage in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; see '{self.prog} --help'", file=sys.stderr)
        raise SystemExit(USAGE)


if __name__ == "__main__":
    raise SystemExit(main())
