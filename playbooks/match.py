"""Which playbook fits an incident, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from core.records import Record, Severity, TopicKind, Words, severity_rank
from playbooks.playbook import Playbook


class Facts(Record, frozen=True, kw_only=True, gc=False):
    """What is known of an incident when its playbook is chosen.

    `kinds`: kinds of its signals ("volume_spike"); `risks`: families of risk heard, the deciding one first; `topic_kind` None is unknown.
    """

    severity: Severity
    kinds: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    topic_kind: TopicKind | None = None


def match(playbooks: Iterable[Playbook], facts: Facts) -> tuple[Playbook, Words] | None:
    """The playbook that fits most closely, with the reason; else the default one; None where there is neither.

    A risk decides before a kind of signal, that before a kind of topic, that before a severity; among risks the incident's deciding one wins.
    The same facts find the same playbook, whatever the order of `playbooks`.
    """
    ordered = sorted(playbooks, key=lambda playbook: playbook.id)
    fitting = [playbook for playbook in ordered if _fits(playbook, facts) and _asks_anything(playbook)]
    if fitting:
        best = max(fitting, key=lambda playbook: _closeness(playbook, facts))  # the first of equals
        return best, _because(best, facts)
    default = next((playbook for playbook in ordered if playbook.default), None)
    return None if default is None else (default, Words(key="because.default"))


def _fits(playbook: Playbook, facts: Facts) -> bool:
    asked = playbook.triggers
    return (
        (not asked.risks or not set(asked.risks).isdisjoint(facts.risks) or not set(asked.or_kinds).isdisjoint(facts.kinds))
        and (not asked.kinds or not set(asked.kinds).isdisjoint(facts.kinds))
        and (not asked.topics or facts.topic_kind in asked.topics)
        and severity_rank(facts.severity) >= severity_rank(asked.severity_from)
    )


def _asks_anything(playbook: Playbook) -> bool:
    asked = playbook.triggers
    return bool(asked.risks or asked.kinds or asked.topics or severity_rank(asked.severity_from))


def _closeness(playbook: Playbook, facts: Facts) -> tuple[int, bool, bool, int]:
    asked = playbook.triggers
    heard = [at for at, risk in enumerate(facts.risks) if risk in asked.risks]
    return (
        len(facts.risks) - heard[0] if heard else 0,
        bool(asked.kinds) or not set(asked.or_kinds).isdisjoint(facts.kinds),
        bool(asked.topics),
        severity_rank(asked.severity_from),
    )


def _because(playbook: Playbook, facts: Facts) -> Words:
    asked = playbook.triggers
    reasons: list[dict[str, object]] = []
    risk = next((risk for risk in facts.risks if risk in asked.risks), None)
    kind = next((kind for kind in facts.kinds if kind in (*asked.kinds, *asked.or_kinds)), None)
    if risk is not None:
        reasons.append({"key": "because.risk", "args": {"risk": risk}})
    if kind is not None:
        reasons.append({"key": "because.kind", "args": {"kind": kind}})
    if asked.topics:
        reasons.append({"key": "because.topic", "args": {"topic_kind": facts.topic_kind}})
    if severity_rank(asked.severity_from):
        reasons.append({"key": "because.severity", "args": {"severity": asked.severity_from}})
    return Words(key="because.all", args={"reasons": reasons})
