"""Why a signal was raised: read from what was frozen with it, and judged again by today's detectors.

On the installation that raised it the score comes out the same to the last digit, elsewhere to nine; where it does not, or what configured it has changed since, that is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Final, Literal

import msgspec

from alerting.burst import BurstShown, burst_shown
from alerting.burst import as_json as burst_json
from alerting.coverage import Coverage, coverage_of
from alerting.coverage_words import as_json as coverage_json
from console import shelf
from console.config import Config
from console.known import topic_versions
from console.listening import listening_of
from console.people import people_versions
from core.errors import ConfigError, NotFound
from core.messages import Translator
from core.records import Mention, Record, Signal, Words
from playbooks.counted import negative_share, numbers_of
from store import enrichments, mentions, signals
from store.database import Tx

ALIKE: Final = 1e-9  # relative: processors differ in the last digits
ROW: Final = timedelta(minutes=1)
MOST_QUOTES: Final = 20
MOST_SIGNALS: Final = 20  # a crisis of thousands of posts may hold thousands
Verdict = Literal["identical", "alike", "differs", "impossible", "no_detector"]


class Rejudged(Record, frozen=True, kw_only=True, gc=False):
    """A signal judged again: its score now (None where that cannot be told), how it compares, and what has changed since it was raised."""

    score: float | None
    verdict: Verdict
    changes: tuple[Words, ...] = ()


class Explained(Record, frozen=True, kw_only=True, gc=False):
    """A signal and all that explains it; `start` to `end` is the window that it was judged on (aware)."""

    signal: Signal
    incident_id: int | None
    start: datetime
    end: datetime
    rejudged: Rejudged
    coverage: Coverage
    burst: BurstShown | None
    deciding: tuple[Mention, ...]


def explain_incident(tx: Tx, config: Config, incident_id: int, now: datetime, limit: int = MOST_SIGNALS) -> tuple[list[Explained], int]:
    """The first signals of an incident, the oldest first, and how many more there are.

    Raises:
        NotFound: there is no such incident, or it has no signal.
    """
    found = signals.of_incident(tx, incident_id)
    if not found:
        raise NotFound(f"there is no incident {incident_id} that a signal was put on")
    return [_explained(tx, config, signal, incident_id, now) for signal in found[:limit]], max(0, len(found) - limit)


def explain_signal(tx: Tx, config: Config, signal_id: int, now: datetime) -> Explained:
    """One signal.

    Raises:
        NotFound: there is no such signal.
    """
    found = signals.get(tx, [signal_id])
    if not found:
        raise NotFound(f"there is no signal {signal_id}")
    signal = found[0]
    return _explained(tx, config, signal, signals.incident_of(tx, signal.kind, signal.subject, signal.bucket_start), now)


def rejudge(signal: Signal, config: Config) -> Rejudged:
    """Judge a signal again from what was frozen with it, and tell what configures it otherwise today. Pure but for the detectors' modules."""
    module = _module(signal.kind, config)
    if module is None:
        return Rejudged(score=None, verdict="no_detector")
    detector = module.Detector(module.Options())
    changes = tuple(_changes(signal, module, detector.version, config))
    try:
        score = float(detector.rejudge(signal.frozen))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, msgspec.ValidationError):
        return Rejudged(score=None, verdict="impossible", changes=changes)  # another version froze something else
    if score == signal.score:
        return Rejudged(score=score, verdict="identical", changes=changes)
    alike = math.isclose(score, signal.score, rel_tol=ALIKE, abs_tol=ALIKE)
    return Rejudged(score=score, verdict="alike" if alike else "differs", changes=changes)


def window_of(signal: Signal) -> tuple[datetime, datetime]:
    """The window that a signal was judged on; of one that froze none, what its newest row and its width tell."""
    told = signal.frozen.get("from_to")
    if isinstance(told, list) and len(told) == 2:  # noqa: PLR2004 - its two ends
        return datetime.fromisoformat(told[0]), datetime.fromisoformat(told[1])
    end = signal.bucket_start + ROW
    return end - timedelta(seconds=signal.scale_s), end


def _explained(tx: Tx, config: Config, signal: Signal, incident_id: int | None, now: datetime) -> Explained:
    start, end = window_of(signal)
    rejudged = rejudge(signal, config)
    models = tuple(_other_models(tx, signal))
    return Explained(
        signal=signal,
        incident_id=incident_id,
        start=start,
        end=end,
        rejudged=msgspec.structs.replace(rejudged, changes=(*rejudged.changes, *models)),
        coverage=coverage_of(tx, listening_of(config), start, end, now, topic_id=signal.topic_id),
        burst=burst_shown(tx, [signal]),
        deciding=tuple(mentions.get(tx, signal.evidence[:MOST_QUOTES])),
    )


def _module(kind: str, config: Config) -> ModuleType | None:
    """The module that raises this kind: on the shelf, or configured from outside the tree; None where no detector does."""
    outside = [signal.kind for signal in config.detectors.signals if "." in signal.kind]
    for name in (kind, *outside):
        try:
            module = shelf.load(shelf.SIGNALS, name)
        except ConfigError:
            continue
        if name == kind or getattr(module, "KIND", None) == kind:
            return module
    return None


def _changes(signal: Signal, module: ModuleType, version: str, config: Config) -> Iterator[Words]:
    """What is otherwise today than when the signal was raised: detector, options, query."""
    was = signal.frozen.get("version")
    if was is not None and was != version:
        yield Words(key="explain.version", args={"was": was, "now": version})
    yield from _changed_options(signal, module, config)
    query = (signal.frozen.get("configuration") or {}).get("query")
    topic_id = signal.frozen.get("heard_in") or signal.topic_id or ""
    if query and (topic_versions(config) | people_versions(config)).get(topic_id) != query:
        yield Words(key="explain.query", args={"topic": topic_id})


def _changed_options(signal: Signal, module: ModuleType, config: Config) -> Iterator[Words]:
    given = next((one for one in config.detectors.signals if one.kind.rpartition(".")[2] == module.__name__.rpartition(".")[2]), None)
    if given is None:
        yield Words(key="explain.switched_off", args={})
        return
    options = shelf.options(module, {"sensitivity": config.detectors.sensitivity, **given.options})
    was, now = signal.frozen.get("options"), options.model_dump(mode="json")
    if isinstance(was, Mapping):
        for name in sorted(name for name in was if name in now and was[name] != now[name]):
            yield Words(key="explain.option", args={"option": name, "was": str(was[name]), "now": str(now[name])})


def _other_models(tx: Tx, signal: Signal) -> Iterator[Words]:
    """Whether what decided was read with other models than what is read today; the score itself rests on what was frozen."""
    read_with = sorted({each.model for each in enrichments.get(tx, signal.evidence).values()})
    today = enrichments.newest_model(tx)
    if today is not None and any(model != today for model in read_with):
        yield Words(key="explain.models", args={"was": ", ".join(read_with), "now": today})


def as_json(one: Explained, say: Translator) -> dict[str, Any]:
    """As `--json` prints it; times RFC 3339, shares from 0 to 1, null where unknown."""
    signal = one.signal
    configured = signal.frozen.get("configuration") or {"generation": signal.generation}
    return {
        "signal_id": signal.id,
        "incident_id": one.incident_id,
        "kind": signal.kind,
        "text": say.render(signal.words),
        "topic_id": signal.topic_id,
        "risk": signal.risk,
        "place_id": signal.place_id,
        "raised_at": signal.raised_at.isoformat(),
        "from": one.start.isoformat(),
        "to": one.end.isoformat(),
        "scale_s": signal.scale_s,
        "observed": signal.observed,
        "expected": signal.expected,
        "low": signal.low,
        "high": signal.high,
        "times": signal.observed / signal.expected if signal.expected else None,
        "unit": signal.unit,
        "counted": numbers_of(signal),
        "share_negative": negative_share(signal),
        "coverage": coverage_json(one.coverage),
        "burst": burst_json(one.burst),
        "score": signal.score,
        "rejudged": {
            "score": one.rejudged.score,
            "verdict": one.rejudged.verdict,
            "changes": [say.render(each) for each in one.rejudged.changes],
        },
        "configuration": configured,
        "evidence": [
            {"mention_id": each.id, "at": each.at.isoformat(), "source_id": each.source_id, "url": each.url} for each in one.deciding
        ],
        "frozen": signal.frozen,
    }
