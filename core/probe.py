"""The probe: a mention that we send through ourselves, from listening to a message received, to see that each part of the way works.

It travels as what others say does: the Poller listens to it, the Enricher reads it, a signal tells of it, the Intake takes that and plans a message, the
Dispatcher sends it, and a sink of our own receives it. It is of a world of its own (rule 11): it is about no topic, so that nothing counts it; it
opens no incident; its message reaches nobody's phone; and its rows are taken away within minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from core.records import Mention, Signal, Words

PROBE: Final = "tocsin:probe"  # no id of a configuration has a colon: the source, the subject, the person and the channel of the probe
KIND: Final = "probe"  # of its source and of its signal
EVERY: Final = timedelta(seconds=60)
ALIVE: Final = timedelta(minutes=5)  # the way works where a probe that was said so lately has arrived
KEYS: Final = ("probe-", "probe.")  # the keys of its messages lie between


def mention_at(now: datetime) -> Mention:
    """What is said at this moment."""
    from core.text import mention_key  # HTML with it: not for those who only ask whether something is one

    said = now.astimezone(UTC).isoformat(timespec="seconds")
    return Mention(
        key=mention_key(KIND, PROBE, said),
        source_id=PROBE,
        native_id=said,
        seen_at=now,
        published_at=now,
        text=f"Thử đường dây lúc {said}. A test of the line.",
    )


def is_probe(mention: Mention) -> bool:
    """Whether a mention is one."""
    return mention.source_id == PROBE


def signal_of(mention: Mention, now: datetime) -> Signal:
    """That it was heard."""
    return Signal(
        kind=KIND,
        subject=PROBE,
        bucket_start=mention.seen_at,
        topic_id=None,
        scale_s=int(EVERY.total_seconds()),
        observed=1.0,
        expected=None,
        low=None,
        high=None,
        unit="mentions",
        score=0.0,
        words=Words(key="signal.probe"),
        raised_at=now,
    )


def key_of(signal: Signal) -> str:
    """The key of its message, which tells when it was said."""
    return f"{KEYS[0]}{int(signal.bucket_start.timestamp())}"


def said_at(key: str) -> datetime | None:
    """When the probe of a message was said; None where it is none."""
    number = key.removeprefix(KEYS[0])
    return datetime.fromtimestamp(int(number), UTC) if key.startswith(KEYS[0]) and number.isdigit() else None
