"""How right each detector was, by what people said of its incidents: precision, what was missed, what rots, which threshold would have done. Pure.

An incident counts once for each kind of signal on it, however many signals there were, because those of one incident are right or wrong together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from core.intervals import least_fall, wilson
from core.outside import ALARM_OVER
from core.records import Record
from store.labels import MISSED, Judged

LATELY_WEEKS: Final = 4
FLOOR: Final = 0.5  # of precision: below it every second page is for nothing
FEWEST_LATE: Final = 4  # labels of late that a verdict on rot takes
FEWEST_EACH: Final = 5  # real ones, and false ones, that a suggestion rests on
WIDE: Final = 2.0  # a threshold lies half way between the two, at most a factor of ten beyond the false one
KEEPS: Final = (1.0, 0.95)  # shares of the real ones that a suggested threshold would have kept
ENDS: Final = frozenset({ALARM_OVER, "source_heard"})  # kinds that only say that something is over
Verdicts = Sequence[tuple[datetime, bool]]


class Share(Record, frozen=True, kw_only=True, gc=False):
    """`hits` of `of` that were counted."""

    hits: int = 0
    of: int = 0

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing was counted."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where it lies, at 95 %."""
        return wilson(self.hits, self.of)


class Rot(Record, frozen=True, kw_only=True, gc=False):
    """A detector that is less right than it was ("fell"), or surely less than the floor ("floor"), in the last `weeks`."""

    why: Literal["fell", "floor"]
    weeks: int
    late: Share
    before: Share


class Standing(Record, frozen=True, kw_only=True, gc=False):
    """One kind of signal on one topic (None: about no topic): signals raised, incidents that people judged, incidents of the topic that were missed."""

    kind: str
    topic_id: str | None
    signals: int
    precision: Share
    missed: int
    rot: Rot | None = None


class Suggestion(Record, frozen=True, kw_only=True, gc=False):
    """The threshold that would have kept `kept` of the real ones and dropped so many false ones; None where too few were judged, or none would be dropped.

    `score` is the threshold on the score of a signal; `chance` the same as the option of that name, where the kind has it.
    """

    kind: str
    real: int
    false: int
    keeps: float = 1.0
    kept: int = 0
    dropped: int = 0
    score: float | None = None
    chance: float | None = None

    @property
    def rests_on_enough(self) -> bool:
        """Whether enough of both were judged."""
        return min(self.real, self.false) >= FEWEST_EACH


def standings(
    raised: Mapping[tuple[str, str | None], int],
    judged: Sequence[Judged],
    now: datetime,
    *,
    weeks: int = LATELY_WEEKS,
    floor: float = FLOOR,
) -> list[Standing]:
    """How right each kind was on each topic, by kind and topic.

    Args:
        raised: how many signals there were, by kind and topic.
        judged: signals on incidents that people judged.
        now: the end of "lately" (aware).
        weeks: how long lately lasts.
        floor: the precision below which a detector is reported.
    """
    missed = {topic: share.of - share.hits for topic, share in recalls(judged).items()}
    verdicts: dict[tuple[str, str | None], list[tuple[datetime, bool]]] = defaultdict(list)
    for one in _once(judged):
        verdicts[one.kind, one.topic_id].append((one.at, one.real))
    found = []
    for kind, topic_id in sorted({*raised, *verdicts}, key=lambda key: (key[0], key[1] or "")):
        if kind in ENDS or kind == MISSED:
            continue
        said = verdicts[kind, topic_id]
        precision = Share(hits=sum(real for _, real in said), of=len(said))
        rot = rot_of(said, now, weeks=weeks, floor=floor)
        count, unseen = raised.get((kind, topic_id), 0), missed.get(topic_id or "", 0)
        found.append(Standing(kind=kind, topic_id=topic_id, signals=count, precision=precision, missed=unseen, rot=rot))
    return found


def recalls(judged: Sequence[Judged]) -> dict[str, Share]:
    """Of each topic's real incidents, how many some detector raised; as far as people told of those that none did."""
    seen: dict[str, set[int]] = defaultdict(set)
    missed: dict[str, set[int]] = defaultdict(set)
    for one in judged:
        if one.real and one.topic_id is not None:
            (missed if one.kind == MISSED else seen)[one.topic_id].add(one.incident_id)
    return {topic: Share(hits=len(seen[topic]), of=len(seen[topic] | missed[topic])) for topic in sorted({*seen, *missed})}


def rot_of(verdicts: Verdicts, now: datetime, *, weeks: int = LATELY_WEEKS, floor: float = FLOOR) -> Rot | None:
    """Whether a detector rots: right clearly less often lately than before, or surely less often than the floor; None where it does not, or too few say."""
    since = now - timedelta(weeks=weeks)
    late, before = ([real for at, real in verdicts if (at >= since) is lately] for lately in (True, False))
    shares = {"late": Share(hits=sum(late), of=len(late)), "before": Share(hits=sum(before), of=len(before))}
    if len(late) < FEWEST_LATE:
        return None
    if least_fall((sum(before), len(before)), (sum(late), len(late))) > 0:
        return Rot(why="fell", weeks=weeks, **shares)
    return Rot(why="floor", weeks=weeks, **shares) if shares["late"].interval[1] < floor else None


def suggestions(judged: Sequence[Judged]) -> list[Suggestion]:
    """For each kind, the thresholds that its labels suggest: one that keeps every real one, and one that keeps 19 of 20 where that drops more."""
    by_kind: dict[str, list[Judged]] = defaultdict(list)
    for one in _once(_comparable(judged)):
        by_kind[one.kind].append(one)
    found = []
    for kind, said in sorted(by_kind.items()):
        if kind in ENDS or kind == MISSED:
            continue
        whole, most = (_suggested(kind, said, keeps) for keeps in KEEPS)
        found += [whole, most] if most.dropped > whole.dropped else [whole]
    return found


def _suggested(kind: str, said: Sequence[Judged], keeps: float) -> Suggestion:
    real, false = (sorted(_strength(one) for one in said if one.real is wanted) for wanted in (True, False))
    plain = Suggestion(kind=kind, real=len(real), false=len(false), keeps=keeps)
    if not plain.rests_on_enough:
        return plain
    lost = int((1.0 - keeps) * len(real) + 1e-9)
    below = [strength for strength in false if strength < real[lost]]
    if not below:
        return plain
    threshold = (below[-1] + min(real[lost], below[-1] + WIDE)) / 2
    told = {"kept": sum(strength >= threshold for strength in real), "dropped": len(below)}
    if _chance(said[0]) is None:
        return Suggestion(kind=kind, real=len(real), false=len(false), keeps=keeps, score=threshold, **told)
    return Suggestion(kind=kind, real=len(real), false=len(false), keeps=keeps, chance=10.0**-threshold, **told)


def _strength(one: Judged) -> float:
    """How far beyond chance, on the scale of the option `chance`, where the kind has it; else the score."""
    chance = _chance(one)
    if chance is None or not 0.0 < chance < 1.0:
        return one.score
    return math.inf if one.score >= 1.0 else -math.log10(chance) * one.score / (1.0 - one.score)


def _chance(one: Judged) -> float | None:
    options = one.frozen.get("options")
    chance = options.get("chance") if isinstance(options, dict) else None
    return chance if isinstance(chance, float) else None


def _comparable(judged: Iterable[Judged]) -> list[Judged]:
    """Without those that the plain rule of a young source judged: their scores are on another scale."""
    return [one for one in judged if _chance(one) is None or one.expected is not None]


def _once(judged: Iterable[Judged]) -> list[Judged]:
    """The strongest signal of each kind on each incident, the oldest first."""
    best: dict[tuple[int, str, str | None], Judged] = {}
    for one in judged:
        key = (one.incident_id, one.kind, one.topic_id)
        if key not in best or one.score > best[key].score:
            best[key] = one
    return sorted(best.values(), key=lambda one: (one.at, one.incident_id, one.kind))
