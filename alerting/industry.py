"""A rise of the whole industry: when it explains ours, and when it does not. Pure.

A cable is cut and every provider is spoken of; a law is passed and every bank is. Our topic rises with them, and that is news but no alarm about us: a brand's
alarm that is made of counts alone is put one level lower, and says why. Not where people speak of us worse than of the others, where we rise
clearly beyond them, where a cause of our own is known, or where people may be hurt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from typing import Final

from alerting.corroboration import TONE, VOLUME, family_of
from alerting.severity import is_floor
from core.records import SEVERITIES, Factor, Record, Severity, Signal, TopicKind, severity_rank

WITHIN: Final = timedelta(hours=2)  # a peer's own signal so lately counts for it
FAR_ABOVE: Final = 3.0  # times its usual: a peer rises
ABOVE: Final = 2.0  # the same, where it has a signal of its own
LEAST: Final = 5  # mentions of a peer that are not about us as well: a storm is told as early as our own onset
TOGETHER: Final = 10  # of all peers that rise
BEYOND: Final = 2.0  # times the industry's rise: ours is clearly more
WORSE: Final = 0.15  # more of what is said of us is negative: a volume alarm stays as it is
RIVALS: Final = 2  # competitors that rise together make an industry, where no topic of the industry itself does ...
PART: Final = 3  # ... and one in three of them: among thirty there are always two
FACTOR: Final = "industry"
STAND_FOR_IT: Final[tuple[TopicKind, ...]] = ("industry", "competitor")  # kinds of topic that tell how an industry does


class Rise(Record, frozen=True, kw_only=True, gc=False):
    """A topic in one window: `mentions` (of a peer: that are not about us as well), `negative` of them, `usual` of such a window (None: not known).

    `signalled`: it has a volume signal of its own within `WITHIN`.
    """

    name: str
    kind: TopicKind
    mentions: int
    negative: int
    usual: float | None
    signalled: bool = False

    @property
    def times(self) -> float | None:
        """Times the usual; what is usual is at least one mention."""
        return None if self.usual is None else self.mentions / max(self.usual, 1.0)

    @property
    def share(self) -> float | None:
        """Of the mentions that are negative; None where there is none."""
        return self.negative / self.mentions if self.mentions else None

    @property
    def is_rising(self) -> bool:
        """Whether it is far above its usual."""
        return self.mentions >= LEAST and self.times is not None and self.times >= (ABOVE if self.signalled else FAR_ABOVE)


class Storm(Record, frozen=True, kw_only=True, gc=False):
    """An industry-wide rise: the names of what rises, how far (times the usual, the middle one), and the negative share of it all."""

    names: tuple[str, ...]
    times: float
    share: float


def is_of_counts(signal: Signal) -> bool:
    """Whether a signal is made of counts alone, so that an industry's rise may explain it."""
    return signal.risk is None and family_of(signal.kind) in (VOLUME, TONE)


def storm_of(peers: Sequence[Rise]) -> Storm | None:
    """The industry-wide rise among a topic's peers; None where there is none, or hardly.

    Half of the topics of the industry itself rise, or at least two competitors that are a third of all.
    """
    rising = [peer for peer in peers if peer.is_rising]
    (its_own, of_all), (rivals, of_rivals) = (_counted(peers, kind) for kind in STAND_FOR_IT)
    rises = (its_own and its_own * 2 >= of_all) or (rivals >= RIVALS and rivals * PART >= of_rivals)
    if not rises or sum(peer.mentions for peer in rising) < TOGETHER:
        return None
    return Storm(
        names=tuple(peer.name for peer in rising),
        times=median(peer.times for peer in rising if peer.times is not None),
        share=sum(peer.negative for peer in rising) / sum(peer.mentions for peer in rising),
    )


def _counted(peers: Sequence[Rise], kind: TopicKind) -> tuple[int, int]:
    """How many peers of a kind rise, of how many."""
    alike = [peer for peer in peers if peer.kind == kind]
    return sum(peer.is_rising for peer in alike), len(alike)


def explains(storm: Storm, ours: Rise, kind: str) -> bool:
    """Whether the industry's rise explains ours, as a signal of this kind found it. What is not known of us explains nothing."""
    if ours.times is None or ours.times > BEYOND * storm.times or ours.share is None:
        return False
    return ours.share <= storm.share + (0.0 if family_of(kind) == TONE else WORSE)


def may_be_lowered(severity: Severity, factors: Sequence[Factor]) -> bool:
    """Whether there is a level below, and nobody may be hurt, no authority speaks and no flag has reached people."""
    return severity != "watch" and not any(is_floor(one) for one in factors)


def lowered(severity: Severity, factors: Sequence[Factor], storm: Storm, *, to_watch: bool) -> tuple[Severity, tuple[Factor, ...]]:
    """One level lower, or to be watched only; the storm stands first among the factors."""
    new = "watch" if to_watch else SEVERITIES[max(0, severity_rank(severity) - 1)]
    return new, (Factor(name=FACTOR, value=round(storm.times, 1), speaks_for=new), *factors)
