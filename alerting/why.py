"""Why each message of an incident went out, or did not: what is kept of every notification, as one line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from alerting.policy import Roster
from core.records import Notification, Words

OPENED: Final = "why.opened"
_KEYS: Final = ("why.", "reason.")  # what stands in `Notification.error` as a key; the rest is a service's own words


def why(rows: Sequence[Notification], roster: Roster) -> list[Words]:
    """One line a notification, in the order of their planning: what, to whom, why at all, and what became of it."""
    return [Words(key="why.line", args=_told(one, roster)) for one in rows]


def _told(one: Notification, roster: Roster) -> dict[str, Any]:
    because = one.words or Words(key=OPENED)
    return {
        "at": (one.sent_at or one.due_at).isoformat(),
        "kind": one.kind,
        "person": roster.name(one.person),
        "channel": one.channel,
        "because": {"key": because.key, "args": because.args},
        "outcome": {"key": f"why.{one.state}", "args": {"reason": _reason(one), "receipt": one.receipt or "-", "attempt": one.attempt}},
    }


def _reason(one: Notification) -> dict[str, Any] | str:
    error = one.error or ""
    return {"key": error, "args": {}} if error.startswith(_KEYS) else error
