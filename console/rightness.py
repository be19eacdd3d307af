"""How right the detectors were, read from the store and put into words: for `tocsin detectors`, `tocsin check` and the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from core.messages import Translator
from core.records import Record
from detectors.precision import FEWEST_EACH, FLOOR, LATELY_WEEKS, Share, Standing, Suggestion, recalls, standings, suggestions
from store import figures, labels
from store.database import Tx

ALL_REAL: Final = 1.0


class Rightness(Record, frozen=True, kw_only=True, gc=False):
    """Every kind of signal on every topic, what was missed of each topic, and which thresholds the labels suggest."""

    standings: tuple[Standing, ...]
    recalls: Mapping[str, Share]
    suggestions: tuple[Suggestion, ...]

    @property
    def rotten(self) -> tuple[Standing, ...]:
        """Those that rot."""
        return tuple(one for one in self.standings if one.rot is not None)


def rightness_of(tx: Tx, now: datetime, *, weeks: int = LATELY_WEEKS, floor: float = FLOOR) -> Rightness:
    """What people's labels say of the detectors so far."""
    judged = labels.judged(tx)
    return Rightness(
        standings=tuple(standings(figures.raised(tx), judged, now, weeks=weeks, floor=floor)),
        recalls=recalls(judged),
        suggestions=tuple(suggestions(judged)),
    )


def precision_said(say: Translator, share: Share) -> str:
    """A share with its interval: "80 % (49 % to 94 %)"; "-" where nothing was counted."""
    if share.share is None:
        return "-"
    low, high = share.interval
    return say("detectors.precision", share=share.share, low=low, high=high)


def rot_lines(say: Translator, rotten: Sequence[Standing]) -> Iterator[str]:
    """A sentence for each detector that rots."""
    for one in rotten:
        rot = one.rot
        if rot is not None:
            late, before = rot.late, rot.before
            told = {"kind": one.kind, "topic": one.topic_id or "-", "weeks": rot.weeks, "real": late.hits, "of": late.of}
            yield say(f"detectors.{rot.why}", **told, was=before.hits, was_of=before.of)


def recall_lines(say: Translator, found: Mapping[str, Share]) -> Iterator[str]:
    """A sentence for each topic: how many of its real incidents some detector raised."""
    for topic, share in found.items():
        yield say("detectors.recall", topic=topic, hits=share.hits, of=share.of, share=precision_said(say, share))


def suggestion_lines(say: Translator, found: Sequence[Suggestion]) -> Iterator[str]:
    """A sentence for each suggestion, and why there is none where there is none."""
    for one in found:
        told = {"kind": one.kind, "real": one.real, "false": one.false, "kept": one.kept, "dropped": one.dropped}
        if not one.rests_on_enough:
            yield say("detectors.too_few", **told, needed=FEWEST_EACH)
        elif not one.dropped:
            yield say("detectors.no_better", **told)
        elif one.chance is not None:
            yield say("detectors.suggest_option", **told, option=f"chance: {one.chance:.1e}")
        else:
            yield say("detectors.suggest_score", **told, score=f"{one.score:.2f}")


def as_json(found: Rightness) -> dict[str, Any]:
    """As `--json` prints it; shares from 0 to 1, null where nothing was counted."""
    return {
        "detectors": [_standing(one) for one in found.standings],
        "topics": [
            {
                "topic_id": topic,
                "real": share.of,
                "raised": share.hits,
                "missed": share.of - share.hits,
                "recall": share.share,
                **_ends(share),
            }
            for topic, share in found.recalls.items()
        ],
        "suggestions": [
            {
                "kind": one.kind,
                "real": one.real,
                "false": one.false,
                "enough": one.rests_on_enough,
                "keeps_all": one.keeps == ALL_REAL,
                "kept": one.kept,
                "dropped": one.dropped,
                "chance": one.chance,
                "score": one.score,
            }
            for one in found.suggestions
        ],
    }


def _standing(one: Standing) -> dict[str, Any]:
    rot, precision = one.rot, one.precision
    return {
        "kind": one.kind,
        "topic_id": one.topic_id,
        "signals": one.signals,
        "labelled": precision.of,
        "real": precision.hits,
        "precision": precision.share,
        **_ends(precision),
        "missed": one.missed,
        "rots": None
        if rot is None
        else {
            "why": rot.why,
            "weeks": rot.weeks,
            "late": {"real": rot.late.hits, "labelled": rot.late.of},
            "before": {"real": rot.before.hits, "labelled": rot.before.of},
        },
    }


def _ends(share: Share) -> dict[str, float | None]:
    low, high = share.interval if share.of else (None, None)
    return {"low": low, "high": high}
