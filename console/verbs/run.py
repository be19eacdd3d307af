"""`run`: the daemon."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from console.verbs.base import Desk, Verb

ROLES = ("listener", "detectors", "alerting", "console")


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--role", nargs="+", choices=ROLES, default=ROLES, metavar="ROLE", help=f"only these parts: {', '.join(ROLES)}")


def _run(desk: Desk, args: Namespace) -> int:
    from console.daemon import run

    return run(desk.path, tuple(args.role))


VERBS = (Verb("run", "the daemon; all roles by default", "tocsin --config config.yaml run", _options, _run, logs=True),)
