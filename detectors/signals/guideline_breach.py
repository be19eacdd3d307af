"""Guideline breach: posts in a place of our own break its rules, and a moderator has to act.

A threat, somebody's address made public or a fraud's link is one too many. Insults, slurs and adverts are any community's weather: they count where an hour brings many more
than this place is used to. Only our own places (tiers "owned" and "forum") have rules that are ours to keep; it is never a crisis by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from core.records import Words
from detectors.base import Finding, SignalOptions
from detectors.raising import EVIDENCE
from detectors.tails import score
from detectors.talk import Said, Talk, Topic, counted, frame

KIND: Final = "guideline_breach"
Grave = Literal["threat", "doxxing", "scam", "self-harm", "harassment", "hate"]
BREACHES: Final = frozenset({"threat", "doxxing", "scam", "self-harm", "harassment", "hate", "insult", "spam"})  # families of risk
OWN_PLACES: Final = frozenset({"owned", "forum"})
HOUR: Final = timedelta(hours=1)
HOLDS: Final = timedelta(hours=3)  # mild ones are told once in so long, and again when they have trebled
GRAVE_HOLDS: Final = timedelta(minutes=15)  # each grave one is told, those of so long together
TREBLED: Final = 3.0
KNOWN_FROM: Final = timedelta(hours=6)  # of talk before; from less nobody knows what is usual
GRAVE_SCORE: Final = 0.9  # of one that is enough by itself; certain it is not, a lexicon heard it


class Options(SignalOptions):
    """`grave`: families of which one post is enough. `min_posts` break the rules within an hour otherwise, `min_ratio` times as many as usual."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"min_posts": 15, "min_ratio": 5.0},
        "sensitive": {"min_posts": 4, "min_ratio": 2.0},
    }

    grave: tuple[Grave, ...] = ("threat", "doxxing", "scam", "self-harm")
    min_posts: int = Field(default=8, ge=2)
    min_ratio: float = Field(default=3.0, ge=1.0)


class Detector:
    """Guideline breach; see the module.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from core.records import Risk
        >>> from detectors.talk import Topic
        >>> noon, threat = datetime(2026, 11, 21, 5, tzinfo=UTC), Risk(family="threat", level=2, term="chém chết")
        >>> said = Said(1, noon, noon, "group", text="tao chém chết mày", risks=(threat,))
        >>> heard = Talk(topic=Topic(id="acme", tiers={"group": "owned"}), end=noon + timedelta(minutes=1), said=(said,))
        >>> [(finding.risk, finding.evidence) for finding in Detector(Options()).hear(heard)]
        [('threat', (1,))]
    """

    version = "1"
    window = HOUR
    past = timedelta(days=7)

    def __init__(self, options: Options) -> None:
        self._options = options
        self.least = 1

    def wants(self, said: Said, topic: Topic) -> bool:
        """Whether it breaks a rule in a place of ours; see `detectors.talk.Choosy`."""
        return topic.is_ours and _is_in_our_places(said, topic) and self._breach(said) is not None

    def hear(self, talk: Talk) -> list[Finding]:
        """Judge what breaks the rules; see `detectors.talk.TalkDetector.hear`."""
        if not talk.topic.is_ours:
            return []
        broken = [(one, family) for one in _in_our_places(talk, talk.said) if (family := self._breach(one))]
        grave = {family: [one for one, which in broken if which == family] for family in self._options.grave}
        found = [self._finding(talk, family, fresh, None) for family, posts in grave.items() if (fresh := _untold(talk, family, posts))]
        mild = [(one, family) for one, family in broken if family not in self._options.grave]
        posts = [one for one, _ in mild]
        if len(posts) < self._options.min_posts:
            return found
        usual = self._usual(talk)
        if len(posts) < max(self._options.min_posts, self._options.min_ratio * (usual or 0.0)) or _is_told(talk, posts):
            return found
        most = Counter(family for _, family in mild).most_common(1)[0][0]
        return [*found, self._finding(talk, most, posts, usual, alone=False)]

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""
        if frozen["alone"]:
            return GRAVE_SCORE
        return score(frozen["posts"], max(frozen["min_posts"], frozen["min_ratio"] * (frozen["usual"] or 0.0)))

    def _breach(self, said: Said) -> str | None:
        """The rule that a post breaks, the gravest of several; None where it breaks none."""
        families = [risk.family for risk in said.risks if risk.family in BREACHES]
        return next((family for family in self._options.grave if family in families), families[0] if families else None)

    def _usual(self, talk: Talk) -> float | None:
        """How many mild breaches an hour usually brings; None is unknown."""
        if not talk.before or talk.before[-1].at - talk.before[0].at < KNOWN_FROM:
            return None
        hours = (talk.end - self.window - talk.before[0].at) / HOUR
        families = (self._breach(one) for one in _in_our_places(talk, talk.before))
        return sum(family is not None and family not in self._options.grave for family in families) / hours

    def _finding(self, talk: Talk, family: str, posts: Sequence[Said], usual: float | None, *, alone: bool = True) -> Finding:
        ids = [one.mention_id for one in reversed(posts)]
        frozen = {
            "version": self.version, "options": self._options.model_dump(mode="json"), "alone": alone, "posts": len(posts), "usual": usual,
            "min_posts": self._options.min_posts, "min_ratio": self._options.min_ratio, "counted": counted(posts), "ids": ids,
        }  # fmt: skip
        key = f"signal.{KIND}" if alone and len(posts) == 1 else f"signal.{KIND}.group"
        return Finding(
            kind=KIND,
            **frame(talk, HOUR),
            observed=float(len(posts)),
            expected=usual,
            low=None,
            high=None,
            score=self.rejudge(frozen),
            words=Words(key=key, args={"topic": talk.topic.id, "risk": family, "observed": len(posts), "scale": int(HOUR.total_seconds())}),
            frozen=frozen,
            risk=family,
            evidence=tuple(ids[:EVIDENCE]),
            about=f"breach:{family if alone else 'mild'}",
        )


def _in_our_places(talk: Talk, said: Sequence[Said]) -> list[Said]:
    """What others wrote where our rules hold."""
    return [one for one in said if _is_in_our_places(one, talk.topic)]


def _is_in_our_places(said: Said, topic: Topic) -> bool:
    return topic.tiers.get(said.source_id) in OWN_PLACES and said.kind != "own" and said.role != "staff"


def _untold(talk: Talk, family: str, posts: Sequence[Said]) -> list[Said]:
    """The grave posts of a family that were not told yet; none while the last telling is fresh."""
    told = [one for one in talk.told if one.about == f"breach:{family}"]
    if told and talk.end - told[-1].at < GRAVE_HOLDS:
        return []
    known = {number for one in told for number in one.frozen.get("ids", ())}
    return [one for one in posts if one.mention_id not in known]


def _is_told(talk: Talk, posts: Sequence[Said]) -> bool:
    """Whether mild breaches were told lately, and have not trebled since."""
    lately = [told for told in talk.told if told.about == "breach:mild" and talk.end - told.at <= HOLDS]
    return any(len(posts) < TREBLED * told.observed for told in lately)
