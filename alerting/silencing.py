"""What a person mutes, and ends early: the checks, the row, the line of the audit. `respond` leads here."""

from __future__ import annotations

from datetime import datetime

from core.errors import NotFound, Refused
from core.silences import LONGEST, Silence
from store import audit, silences
from store.database import Tx


def silence(tx: Tx, wanted: Silence, now: datetime, *, channel: str) -> int:
    """Mute matching signals for a time; returns the silence's id.

    Raises:
        Refused: it ends before it begins, lasts longer than 30 days, says no reason, or matches nothing in particular.
    """
    if wanted.ends_at <= max(wanted.starts_at, now):
        raise Refused("a silence must end in the future, and after it begins")
    if wanted.ends_at - max(wanted.starts_at, now) > LONGEST:
        raise Refused(f"a silence lasts {LONGEST.days} days at most; what is over for good is a topic or a source to be taken out")
    if not wanted.comment.strip():
        raise Refused("a silence needs a reason, for whoever asks at night why nobody was called")
    if not wanted.matches:
        raise Refused("a silence must say what it mutes: topic, kind, risk, place or source")
    silence_id = silences.add(tx, wanted)
    told = {"matches": wanted.matches, "starts_at": wanted.starts_at.isoformat(), "ends_at": wanted.ends_at.isoformat()}
    audit.add(tx, now, wanted.by, channel, wanted.kind, f"silence:{silence_id}", told)
    return silence_id


def end_silence(tx: Tx, silence_id: int, now: datetime, *, by: str, channel: str) -> None:
    """End one early, whoever or whatever set it; what it kept quiet is decided again within seconds.

    Raises:
        NotFound: there is none of that number in force or to come.
    """
    if not silences.end(tx, silence_id, now):
        raise NotFound(f"there is no silence {silence_id} in force")
    audit.add(tx, now, by, channel, "silence_ended", f"silence:{silence_id}")
