"""Numbers and alarms of a page -> measures and signals, in the transaction that keeps the page.

An alarm is a signal of its own: another monitor has judged already. The same firing told again adds nothing; that it is over is a signal that
belongs to the firing, and says nothing where none is known.
"""

from __future__ import annotations

from datetime import datetime

from core.outside import ALARM, ALARM_OVER, Alarm
from core.records import Signal, Words
from core.text import mention_key
from listener.base import Page
from store import measures, signals
from store.database import Tx

MAX_ID_CHARS = 150


def keep_outside(tx: Tx, source_id: str, page: Page, topic_id: str | None, now: datetime) -> list[int]:
    """Keep what a page brought besides mentions; returns the ids of the signals that are new.

    Args:
        tx: the transaction that keeps the page.
        source_id: whose page it is.
        page: as it came.
        topic_id: what everything of this source is about; None where it is about nothing in particular.
        now: aware.
    """
    measures.keep(tx, source_id, page.counts)
    raised: list[int] = []
    for alarm in page.alarms:
        signal = _signal(tx, source_id, alarm, topic_id, now)
        if signal is not None:
            raised += signals.add(tx, [signal])
    return raised


def subject_of(source_id: str, alarm: Alarm) -> str:
    """What the signals of an alarm are about: its source, and its id there."""
    name = alarm.id if len(alarm.id) <= MAX_ID_CHARS else mention_key("alarm", source_id, alarm.id).hex()
    return f"source:{source_id}/{name}"


def _signal(tx: Tx, source_id: str, alarm: Alarm, topic_id: str | None, now: datetime) -> Signal | None:
    subject = subject_of(source_id, alarm)
    firing = signals.latest(tx, ALARM, subject)
    lasts = firing is not None and not _is_over(tx, firing)
    if alarm.status == "firing":
        return None if lasts and alarm.again else _made(source_id, alarm, topic_id, now, subject, alarm.at)
    if firing is None or not lasts or alarm.at < firing.bucket_start:
        return None
    return _made(source_id, alarm, firing.topic_id, now, subject, firing.bucket_start)


def _is_over(tx: Tx, firing: Signal) -> bool:
    over = signals.latest(tx, ALARM_OVER, firing.subject)
    return over is not None and over.bucket_start >= firing.bucket_start


def _made(source_id: str, alarm: Alarm, topic_id: str | None, now: datetime, subject: str, start: datetime) -> Signal:
    kind = ALARM if alarm.status == "firing" else ALARM_OVER
    args = {"source": source_id, "name": alarm.name, "summary": alarm.summary, "at": alarm.at.isoformat()}
    return Signal(
        kind=kind,
        subject=subject,
        bucket_start=start,
        topic_id=topic_id,
        scale_s=60,
        observed=1.0 if kind == ALARM else 0.0,
        expected=None,
        low=None,
        high=None,
        unit="alarms",
        score=1.0 if kind == ALARM else 0.0,
        words=Words(key=f"signal.{kind}.said" if alarm.summary and kind == ALARM else f"signal.{kind}", args=args),
        raised_at=now,
        risk=alarm.risk,
        frozen={"severity": alarm.severity, "id": alarm.id, "url": alarm.url},
    )
