"""What `--json` prints of incidents: the shapes of the interface, the same for listings, replays and backtests."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from alerting.quotes import quotes_of
from alerting.severity import lowering
from console.config import Config
from core.messages import Translator, translator
from core.records import Incident, Signal, TimelineEntry
from playbooks.counted import numbers_of
from playbooks.quote import Quote
from store import signals
from store.database import Tx

EVIDENCE: Final = 20


def speaker(config: Config) -> Translator:
    """Says things in the installation's language and zone."""
    return translator(config.language, zone=ZoneInfo(config.timezone))


def describe(tx: Tx, incident: Incident, config: Config) -> dict[str, Any]:
    """An incident as listings print it, with its signals and evidence; times are RFC 3339 in UTC. `lowered_because` where something lowered its severity."""
    from alerting.burst import as_json, burst_shown  # reads texts, which listings in a cold hand do not

    say, raised, low = speaker(config), signals.of_incident(tx, incident.id), lowering(incident.factors)
    return {
        "id": incident.id,
        "topic_id": incident.topic_id,
        "kind": incident.kind,
        "severity": incident.severity,
        "stage": incident.stage,
        "status": incident.status,
        "owner": incident.owner,
        "opened_at": moment(incident.opened_at),
        "acknowledged_at": moment(incident.acknowledged_at),
        "acknowledged_by": incident.acknowledged_by,
        "resolved_at": moment(incident.resolved_at),
        "policy_step": incident.step,
        "world": incident.world,
        "title": say.render(incident.words),
        "signals": [_signal(signal, say) for signal in raised],
        "burst": as_json(burst_shown(tx, raised)),
        "evidence": [_quote(quote) for quote in quotes_of(tx, incident.id, EVIDENCE)],
        **({} if low is None else {"lowered_because": say(f"factor_said.{low.name}", value=low.value)}),
    }


def timeline_entry(entry: TimelineEntry, say: Translator) -> dict[str, Any]:
    """One line of a timeline."""
    return {"at": moment(entry.at), "kind": entry.kind, "actor": entry.actor, "text": say.render(entry.words), "data": entry.data}


def moment(at: datetime | None) -> str | None:
    """RFC 3339, or None."""
    return None if at is None else at.isoformat()


def _signal(signal: Signal, say: Translator) -> dict[str, Any]:
    return {
        "kind": signal.kind,
        "at": moment(signal.raised_at),
        "bucket_start": moment(signal.bucket_start),
        "observed": signal.observed,
        "expected": signal.expected,
        "low": signal.low,
        "high": signal.high,
        "unit": signal.unit,
        "scale_s": signal.scale_s,
        "score": signal.score,
        "risk": signal.risk,
        "place_id": signal.place_id,
        "counted": numbers_of(signal),
        "text": say.render(signal.words),
    }


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "mention_id": quote.mention_id,
        "at": moment(quote.at),
        "source_id": quote.source_id,
        "author": quote.author,
        "role": quote.role,
        "judged": [{"by": by, "label": key.partition(".")[2]} for by, key in quote.judged],
        "text": quote.text,
        "url": quote.url,
        "sentiment": quote.sentiment,
        "triage": quote.triage,
        "risks": list(quote.risks),
        "sha256": quote.sha256,
    }
