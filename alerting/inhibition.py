"""Inhibition: an open incident mutes its echoes. Pure.

A source that we cannot hear makes its topics go quiet; an event of a whole industry makes every competitor rise. As in Prometheus Alertmanager a rule
has a source, a target, and keys in which both are equal; unlike there a key that is not known is equal to nothing, and an incident that is
itself an echo mutes nobody. What is inhibited is a row with an end, so that a restart forgets nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from alerting.muting_settings import InhibitMatch, InhibitSettings
from alerting.silence import Told
from core.records import Incident, Severity
from core.silences import LONGEST, Silence

BY: Final = "inhibition"


def inhibitor(
    rules: Iterable[InhibitSettings],
    told: Told,
    severity: Severity,
    open_incidents: Callable[[], Sequence[Incident]],
    told_by: Callable[[Incident], Told],
    *,
    but: Collection[int] = (),
) -> tuple[InhibitSettings, Incident] | None:
    """The first rule, and the oldest open incident, that make an echo of what is told; None where it is news of its own.

    Args:
        rules: in the order of the file.
        told: what the signal is about.
        severity: of what it would page with.
        open_incidents: the oldest first; asked for only where a rule has the signal as its target.
        told_by: what an incident is about.
        but: incidents that inhibit nothing: the signal's own, and those that are echoes themselves.
    """
    rules = [rule for rule in rules if takes(rule.target, told, severity)]
    sources = [one for one in open_incidents() if one.id not in but] if rules else []
    for rule in rules:
        for source in sources:
            if rule.source.kind and source.kind not in rule.source.kind:
                continue
            about = told_by(source)
            if takes(rule.source, about, source.severity) and all(told.get(key, _NONE) & about.get(key, _NONE) for key in rule.equal):
                return rule, source
    return None


def takes(match: InhibitMatch, told: Told, severity: Severity) -> bool:
    """Whether one side of a rule matches; of several sources or topics one is enough."""
    known: Mapping[str, frozenset[str]] = {**told, "severity": frozenset((severity,))}
    return all(known.get(key, _NONE) & frozenset(values) for key, values in match.given.items())


def as_silence(rule: InhibitSettings, source: Incident, now: datetime) -> Silence:
    """What is stored and shown while the source is open."""
    return Silence(
        kind="inhibition",
        matches={key: values for key, values in rule.target.given.items() if key != "severity"},
        starts_at=now,
        ends_at=now + LONGEST,
        by=BY,
        comment=rule.id,
        data={"rule": rule.id, "incident": source.id},
    )


_NONE: Final[frozenset[str]] = frozenset()
