"""The chart of an alert: the last day of its topic by half hours, with what happened so far marked; None where there is too little to see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting.inert import inert
from core.messages import Translator, translator
from core.records import Incident
from playbooks.chart import Bar, Curve, Mark
from store import series, sources
from store.database import Tx

WIDTH: Final = timedelta(minutes=30)
BACK: Final = timedelta(hours=24)
LEAST: Final = 10  # mentions; fewer are no picture
COUNTED: Final = ("original", "repost", "wire")


def curve_of(tx: Tx, incident: Incident, now: datetime, language: str, zone: str) -> Curve | None:
    """What to draw of an incident at `now`, in a language and zone (IANA)."""
    if incident.topic_id is None:
        return None
    end = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % WIDTH + WIDTH
    bars = _bars(tx, incident.topic_id, end - BACK, end)
    if sum(bar.mentions or 0 for bar in bars) < LEAST:
        return None
    say = translator(language, zone=ZoneInfo(zone))
    topic = inert(str(incident.words.args.get("topic", incident.topic_id)), 60)
    return Curve(
        title=say("chart.title", topic=topic),
        bars=bars,
        width_s=WIDTH.total_seconds(),
        zone=zone,
        mentions_label=say("chart.mentions"),
        negative_label=say("chart.negative"),
        unheard_label=say("chart.unheard"),
        marks=tuple(mark for mark in _marks(say, incident) if end - BACK <= mark.at < end),
    )


def told(curve: Curve, language: str) -> str:
    """The chart in words, for who cannot see it."""
    say = translator(language, zone=ZoneInfo(curve.zone))
    top = max(curve.bars, key=lambda bar: bar.mentions or 0)
    total = sum(bar.mentions or 0 for bar in curve.bars)
    return say("chart.told", title=curve.title, total=total, most=top.mentions, at=top.start, negative=top.negative)


def _bars(tx: Tx, topic_id: str, start: datetime, end: datetime) -> tuple[Bar, ...]:
    """By half hours; None where no source was heard at any time of it."""
    sums: dict[int, list[int]] = {}
    for cell in series.read(tx, topic_id, start, end):
        if cell.kind in COUNTED and cell.arrival != "backfill":
            place = sums.setdefault(int((cell.start - start.timestamp()) // WIDTH.total_seconds()), [0, 0])
            place[0] += cell.mentions
            place[1] += cell.negative
    heard = [stretch for stretches in sources.heard_between(tx, start, end).values() for stretch in stretches]
    found = []
    for number in range(int(BACK / WIDTH)):
        begins = start + number * WIDTH
        counted = sums.get(number)
        known = counted is not None or any(since < begins + WIDTH and until > begins for since, until in heard)
        mentions, negative = counted or (0, 0)
        found.append(Bar(start=begins, mentions=mentions if known else None, negative=negative))
    return tuple(found)


def _marks(say: Translator, incident: Incident) -> list[Mark]:
    marks = [Mark(at=incident.opened_at, label=say("chart.opened", id=incident.id))]
    if incident.acknowledged_at is not None:
        marks.append(Mark(at=incident.acknowledged_at, label=say("chart.taken")))
    return marks
