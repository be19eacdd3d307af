"""A holding statement with its blanks filled in, or a refusal. Nothing half-filled and nothing out of date leaves this room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.errors import NotFound, Refused
from playbooks.blanks import MAX_TEMPLATE_CHARS, blanks_of, value_for
from playbooks.playbook import Playbook, Statement
from playbooks.sections import Language, SpeechChannel

MAX_OUTPUT_CHARS: Final = 65_536


def draft(playbook: Playbook, statement_id: str, values: Mapping[str, str], *, opened_at: datetime, now: datetime) -> str:
    """The statement's words, ready for its approver.

    Args:
        playbook: where the statement stands.
        statement_id: which of its statements.
        values: what stands in the blanks, by name; data, never template. Names that the playbook does not declare are refused.
        opened_at: when the incident opened (aware).
        now: the time (aware).

    Raises:
        NotFound: the playbook has no such statement.
        Refused: a blank is open or wrongly filled, the statement is out of date, or it is no plain statement.
    """
    statement = playbook.statement(statement_id)
    if statement is None:
        known = ", ".join(one.id for one in playbook.holding_statements)
        raise NotFound(f"playbook {playbook.id!r} has no statement {statement_id!r}; it has {known}")
    _refuse_if_expired(statement, opened_at, now)
    return fill(statement.text, _checked(playbook, statement, values))


def open_blanks(statement: Statement, values: Mapping[str, str]) -> tuple[str, ...]:
    """The blanks that nobody has filled yet, in the order in which they stand."""
    return tuple(name for name in blanks_of(statement.text) if not values.get(name, "").strip())


def statements_for(playbook: Playbook, language: Language, channel: SpeechChannel | None = None) -> tuple[Statement, ...]:
    """The playbook's statements in a language, for one channel or all; those of the playbook's own posture first."""
    fitting = [one for one in playbook.holding_statements if one.language == language and channel in (None, one.channel)]
    return tuple(sorted(fitting, key=lambda one: one.posture != playbook.posture))


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with `{{ name }}` replaced by `values[name]`, in a sandbox that knows nothing else.

    Raises:
        Refused: the template holds more than words and blanks, a blank has no value, or the outcome is too long.
    """
    if len(template) > MAX_TEMPLATE_CHARS:
        raise Refused(f"the statement is longer than {MAX_TEMPLATE_CHARS} characters")
    try:
        blanks_of(template)
        house = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
        house.globals.clear()
        house.filters.clear()
        house.tests.clear()
        text = house.from_string(template).render({name: str(value) for name, value in values.items()})
    except (TemplateError, ValueError) as error:
        raise Refused(f"the statement cannot be filled in: {' '.join(str(error).split())[:200]}") from error
    if len(text) > MAX_OUTPUT_CHARS:
        raise Refused(f"the statement would be longer than {MAX_OUTPUT_CHARS} characters")
    return text.strip()


def _refuse_if_expired(statement: Statement, opened_at: datetime, now: datetime) -> None:
    if now.date() > statement.valid_until:
        raise Refused(f"statement {statement.id!r} was approved until {statement.valid_until:%Y-%m-%d}; have it reviewed first")
    if now - opened_at > statement.use_within:
        hours = statement.use_within.total_seconds() / 3600
        raise Refused(f"statement {statement.id!r} is for the first {hours:g} hours; say what is known by now instead")


def _checked(playbook: Playbook, statement: Statement, values: Mapping[str, str]) -> dict[str, str]:
    unknown = [name for name in values if name not in playbook.blanks]
    if unknown:
        raise Refused(f"statement {statement.id!r} has no blank {unknown[0]!r}")
    missing = open_blanks(statement, values)
    if missing:
        raise Refused(f"statement {statement.id!r} still has open blanks: {', '.join(missing)}")
    try:
        return {name: value_for(name, playbook.blanks[name], values[name]) for name in blanks_of(statement.text)}
    except ValueError as error:
        raise Refused(f"statement {statement.id!r}: {error}") from error
