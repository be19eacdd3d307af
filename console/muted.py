"""What is muted now and what will be: silences of people, maintenance windows, echoes; for the command line and the console."""

from __future__ import annotations

from datetime import datetime

from alerting import maintenance
from alerting.settings import AlertingSettings
from core.messages import Translator
from core.silences import Silence
from store import silences
from store.database import Tx


def muted_at(tx: Tx, settings: AlertingSettings, now: datetime) -> list[Silence]:
    """Those in force first, then those to come; the next stretch of each window of the file stands among them, as number 0 until it begins."""
    known = silences.ahead(tx, now)
    begun = {one.data.get("window") for one in known if one.holds(now)}
    planned = []
    for window in settings.maintenance:
        start, end = maintenance.stretch(window, now)
        if start <= now and window.id not in begun:  # it begins at this moment, or somebody ended it: the next one
            start, end = maintenance.stretch(window, end)
        if start > now:
            planned.append(maintenance.as_silence(window, start, end))
    return sorted([*known, *planned], key=lambda one: (not one.holds(now), one.starts_at, one.id))


def matches_said(silence: Silence) -> str:
    """What it mutes, as it is typed: "topic=acme, kind=volume_spike"."""
    return ", ".join(f"{key}={value if isinstance(value, str) else '|'.join(value)}" for key, value in silence.matches.items())


def why_said(silence: Silence, say: Translator) -> str:
    """The reason; of an echo, the incident that causes it."""
    return say("silence.echo_of", id=silence.data["incident"], rule=silence.comment) if silence.kind == "inhibition" else silence.comment


def by_said(silence: Silence, say: Translator, names: dict[str, str]) -> str:
    """Who or what mutes."""
    return names.get(silence.by, silence.by) if silence.kind == "silence" or silence.by in names else say(f"silence.by.{silence.by}")
