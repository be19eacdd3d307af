"""What of ourselves can be ill, and how that is told: the thresholds of the self-alarms (W4). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core.probe import ALIVE
from core.records import Record, Severity, Words

SELF_ALARM: Final = "self_alarm"  # the kind of signal, and of incident
OUTBOX_WAITS: Final = timedelta(seconds=60)
LAG_S: Final = 1.0
SKEW_S: Final = 5.0
DISK_FREE: Final = 0.10
INBOX_FAILS: Final = timedelta(minutes=10)
LETTERS: Final = 3  # dead letters within an hour: one may be a stranger's odd post
STAGE_FAILS: Final = timedelta(minutes=2)
NAMED: Final = 5  # in a sentence


class Vitals(Record, frozen=True, kw_only=True, gc=False):
    """How this process is. `lag_s`, `skew_s` in seconds; `disk_free` a share from 0 to 1, None where there is no disk of ours; `stages` that have failed for a while or stand still."""

    lag_s: float = 0.0
    skew_s: float = 0.0
    disk_free: float | None = None
    stages: tuple[str, ...] = ()


class Seen(Record, frozen=True, kw_only=True, gc=False):
    """What the store tells.

    `outbox_oldest`: since when the oldest message is due. `red`: (person, channel, why) of red channels. `inboxes`: those that fail, with since when.
    `letters`: dead letters of the last hour. `probe_at`, `probe_waits_for`: the newest probe that arrived, and the stage the next one waits for. `lost`, `late`: open incidents with
    neither a next step nor a reason, and with a step that nobody takes.
    """

    outbox_oldest: datetime | None = None
    red: tuple[tuple[str, str, str], ...] = ()
    inboxes: tuple[tuple[str, datetime], ...] = ()
    letters: int = 0
    probe_at: datetime | None = None
    probe_waits_for: str = ""
    lost: tuple[int, ...] = ()
    late: tuple[int, ...] = ()


class Complaint(Record, frozen=True, kw_only=True, gc=False):
    """Something of ourselves that is ill; `at_once`: need not be seen twice."""

    subject: str
    severity: Severity
    words: Words
    at_once: bool = False


def complaints(vitals: Vitals, seen: Seen, now: datetime) -> list[Complaint]:
    """Everything that is ill at `now`, the gravest first.

    Example:
        >>> from datetime import UTC
        >>> [one.subject for one in complaints(Vitals(disk_free=0.05), Seen(), datetime(2026, 11, 21, tzinfo=UTC))]
        ['disk']
    """
    waited = timedelta(0) if seen.outbox_oldest is None else now - seen.outbox_oldest
    deaf = [name for name, since in seen.inboxes if now - since >= INBOX_FAILS]
    found: list[Complaint | None] = [
        _when(waited > OUTBOX_WAITS, "outbox", "major", waited=waited.total_seconds()),
        _when(seen.probe_at is not None and now - seen.probe_at > ALIVE, "pipeline", "major", stage=seen.probe_waits_for),
        _when(bool(seen.lost), "auditor", "major", at_once=True, incidents=[f"#{number}" for number in seen.lost[:NAMED]]),
        _when(bool(seen.late), "steps", "major", at_once=True, incidents=[f"#{number}" for number in seen.late[:NAMED]]),
        _when(bool(vitals.stages), "stages", "major", stages=list(vitals.stages[:NAMED])),
        _when(vitals.disk_free is not None and vitals.disk_free < DISK_FREE, "disk", "major", free=vitals.disk_free),
        _channels(seen),
        _when(bool(deaf), "inboxes", "minor", inboxes=deaf),
        _when(seen.letters >= LETTERS, "dead_letters", "minor", count=seen.letters),
        _when(vitals.lag_s > LAG_S, "loop", "minor", lag=round(vitals.lag_s, 1)),
        _when(abs(vitals.skew_s) > SKEW_S, "clock", "minor", skew=abs(round(vitals.skew_s))),
    ]
    return [one for one in found if one is not None]


def _channels(seen: Seen) -> Complaint | None:
    """All red channels in one: who cannot be reached how."""
    named = [f"{person} ({channel})" for person, channel, _ in seen.red]
    return _when(bool(named), "channels", "minor", at_once=True, channels=[*named[:NAMED], *(["…"] if len(named) > NAMED else [])])


def _when(ill: bool, subject: str, severity: Severity, *, at_once: bool = False, **args: object) -> Complaint | None:  # noqa: FBT001 - reads as a table
    return Complaint(subject=subject, severity=severity, words=Words(key=f"self.{subject}", args=args), at_once=at_once) if ill else None
