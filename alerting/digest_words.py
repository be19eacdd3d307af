"""A digest in the words of its reader: what was held back, the gravest first; each incident is named, if only by its number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from alerting.base import Message
from alerting.inert import inert
from alerting.message import MAX_SUBJECT, Reader
from core.messages import Translator, translator
from core.records import SEVERITIES, Incident, Notification, Words, severity_rank

MOST_TOLD: Final = 15  # incidents with their own line; the others stand as numbers
MAX_TITLE: Final = 120


def compose_digest(told: Sequence[Incident], notification: Notification, reader: Reader, *, link: str | None) -> Message:
    """One message about many incidents."""
    say = translator(reader.language, zone=ZoneInfo(reader.timezone))
    ranked = sorted(told, key=lambda one: (-severity_rank(one.severity), one.id))
    key = notification.words.key if notification.words is not None else "digest.held"
    worst = ranked[0].severity
    untaken = sum(one.status == "open" for one in ranked)
    subject = inert(say("digest.subject", count=len(ranked), severity=worst, untaken=untaken), MAX_SUBJECT)
    repeat = say("alert.possible_repeat") if notification.possible_repeat else ""
    head = "\n".join(filter(None, (repeat, say(key, **(notification.words or Words(key=key)).args))))
    lines = [
        say("digest.line", id=one.id, severity=one.severity, title=inert(say.render(one.words), MAX_TITLE), status=one.status)
        for one in ranked[:MOST_TOLD]
    ]
    body = "\n\n".join(filter(None, (head, "\n".join([*lines, *_rest(say, ranked[MOST_TOLD:])]), link)))
    return Message(
        kind="digest",
        subject=subject,
        body=body,
        short=" ".join(filter(None, (subject, link))),
        language=reader.language,
        idempotency_key=notification.key,
        thread_key=f"digest-{reader.person}",
        link=link,
        severity=worst,
        possible_repeat=notification.possible_repeat,
    )


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in order, neighbours drawn together.

    Example:
        >>> ranges([4, 5, 6, 9])
        '#4-#6, #9'
    """
    found = []
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        first, *rest = [number for _, number in run]
        found.append(f"#{first}-#{rest[-1]}" if rest else f"#{first}")
    return ", ".join(found)


def _rest(say: Translator, left: Sequence[Incident]) -> list[str]:
    """The others, by severity: how many, and their numbers."""
    by_severity = {severity: [one.id for one in left if one.severity == severity] for severity in reversed(SEVERITIES)}
    return [say("digest.rest", severity=severity, count=len(ids), numbers=ranges(ids)) for severity, ids in by_severity.items() if ids]
