"""Same question: several people ask one thing within a quarter of an hour.

"App sập à mn?", "sao không đăng nhập được vậy ạ", "is it down?": none of them is angry and each asks in words of its own, yet something has happened. Two questions are the
same where they share what they are about (`detectors/questions.py`); people are counted, not posts, and only those beyond what this topic is asked anyway.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, NamedTuple

from pydantic import Field

from core.durations import Duration
from core.records import Words
from detectors.base import Finding, SignalOptions
from detectors.questions import MEANING, Question, brand_words, questions, risk_of
from detectors.raising import EVIDENCE
from detectors.tails import log10_tail, score, surprise, usual_range
from detectors.talk import Said, Talk, Topic, counted, frame

KIND: Final = "same_question"
HOUR: Final = timedelta(hours=1)
SLOW: Final = timedelta(hours=1)  # a question may be heard so much later than it was asked
HOLDS: Final = timedelta(hours=3)  # a question is told once in so long, and again when those who ask have trebled
TREBLED: Final = 3.0
KNOWN_FROM: Final = timedelta(hours=6)  # of talk before; from less nobody knows what is usual
THIN_SHARE: Final = 0.05  # of all who speak, where nobody knows what is usual
UNEVEN: Final = 0.5  # dispersion: questions come in threads
LOOKS: Final = 4.0  # independent ones in an hour
COHERENT: Final = 0.6  # of those who share a single word must share more than it
QUOTED: Final = 3  # ways to put it
SAME_WORDS: Final = 12  # a question of so few words is quoted whole where two people put it so
RISK_LEVEL: Final = 2  # an asked risk counts in a group


class Options(SignalOptions):
    """`min_authors` ask the same `within` so long, `min_ratio` times as many as usual. `chance`: of noise to look like this at some time within an hour."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"min_authors": 8, "min_ratio": 4.0, "chance": 1e-5},
        "sensitive": {"min_authors": 3, "min_ratio": 2.0, "chance": 1e-3},
    }

    min_authors: int = Field(default=5, ge=2)
    within: Duration = Field(default=timedelta(minutes=15), ge=timedelta(minutes=1), le=HOUR)
    min_ratio: float = Field(default=3.0, ge=1.0)
    chance: float = Field(default=1e-4, gt=0.0, lt=1.0)


class Asked(NamedTuple):
    """One thing that people ask: its key, who asks it at the time when most do, and how many usually would; None is unknown."""

    key: str
    members: list[Question]
    usual: float | None

    @property
    def people(self) -> int:
        """How many ask."""
        return len({one.who for one in self.members})


class Detector:
    """Same question; see the module.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC
        >>> from detectors.talk import Said, Topic
        >>> noon = datetime(2026, 11, 21, 5, tzinfo=UTC)
        >>> texts = ["app sập à mn?", "sao ko vào đc vậy ạ", "is it down?", "lỗi hả mọi người", "có ai bị văng ra không"]
        >>> said = tuple(Said(n, noon, noon, "forum", author=f"u{n}", text=text) for n, text in enumerate(texts, 1))
        >>> (finding,) = Detector(Options()).hear(Talk(topic=Topic(id="acme"), end=noon + timedelta(minutes=1), said=said))
        >>> finding.observed, finding.risk
        (5.0, 'outage')
    """

    version = "1"
    window = SLOW + timedelta(minutes=15)
    past = timedelta(days=7)

    def __init__(self, options: Options) -> None:
        self._options = options
        self.least = options.min_authors

    def wants(self, said: Said, topic: Topic) -> bool:
        """Whether it asks something; see `detectors.talk.Choosy`."""
        return topic.is_ours and bool(questions((said,), brand_words(topic.id, topic.name)))

    def hear(self, talk: Talk) -> list[Finding]:
        """Judge what is asked; see `detectors.talk.TalkDetector.hear`."""
        if not talk.topic.is_ours:
            return []
        brand = brand_words(talk.topic.id, talk.topic.name)
        asked = self._together(questions(talk.said, brand))
        if not asked:
            return []
        if all(_is_told(Asked(key, members, None), talk) for key, members in asked.items()):
            return []  # before it is worked out what is usual
        before = None if talk.before is None else questions(talk.before, brand)
        known = [Asked(key, members, self._usual(key, members[0].at, talk, before)) for key, members in asked.items()]
        found = [one for one in known if self._is_news(one, talk)]
        return [self._finding(one, talk) for one in _apart(found) if not _is_told(one, talk)]

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""
        people, usual = frozen["people"], frozen["usual"]
        if usual is None:
            return score(people, frozen["min_authors"])
        return score(surprise(log10_tail(people, usual, UNEVEN), looks=LOOKS), frozen["threshold"])

    def _together(self, asked: Sequence[Question]) -> dict[str, list[Question]]:
        """By key, those who ask it together when most do; keys that too few share are left out."""
        by_key: dict[str, list[Question]] = defaultdict(list)
        for one in asked:
            for key in one.keys:
                by_key[key].append(one)
        found = {key: _fullest(own, self._options.within) for key, own in by_key.items() if len(own) >= self._options.min_authors}
        enough = {key: own for key, own in found.items() if len({one.who for one in own}) >= self._options.min_authors}
        return {key: own for key, own in enough.items() if " " in key or key.startswith(MEANING) or _is_coherent(key, own)}

    def _usual(self, key: str, at: datetime, talk: Talk, before: Sequence[Question] | None) -> float | None:
        """How many usually ask this in such a stretch: over all that is known, or at this hour of the day where that is more."""
        if before is None or not talk.before or talk.before[-1].at - talk.before[0].at < KNOWN_FROM:
            return None
        start, end, within = talk.before[0].at, talk.end - self.window, self._options.within
        slots = {(one.who, (one.at - start) // within): one.at for one in before if key in one.keys}
        near = sum(min((other.hour - at.hour) % 24, (at.hour - other.hour) % 24) <= 1 for other in slots.values())
        days = max(1.0, (end - start) / timedelta(days=1))
        return max(len(slots) / ((end - start) / within), near / (days * (3 * HOUR / within)), 1 / ((end - start) / within))

    def _is_news(self, one: Asked, talk: Talk) -> bool:
        if one.usual is None:  # of so young a topic only the share of those who speak is known
            until = one.members[0].at + self._options.within
            return talk.before is None or one.people >= THIN_SHARE * len(
                {said.who for said in talk.said if one.members[0].at <= said.at < until}
            )
        found = surprise(log10_tail(one.people, one.usual, UNEVEN), looks=LOOKS)
        return one.people >= self._options.min_ratio * one.usual and found >= -math.log10(self._options.chance)

    def _finding(self, one: Asked, talk: Talk) -> Finding:
        said = [each.said for each in one.members]
        frozen = {
            "version": self.version, "options": self._options.model_dump(mode="json"), "people": one.people, "usual": one.usual,
            "min_authors": self._options.min_authors, "threshold": -math.log10(self._options.chance), "level": RISK_LEVEL,
            "keys": sorted(_shared(one.members)), "counted": counted(said),
        }  # fmt: skip
        low, high = (None, None) if one.usual is None else usual_range(one.usual, UNEVEN)
        args = {"topic": talk.topic.id, "observed": one.people, "scale": int(self._options.within.total_seconds()), "question": _quote(one)}
        return Finding(
            kind=KIND,
            **frame(talk, self._options.within),
            observed=float(one.people),
            expected=one.usual,
            low=low,
            high=high,
            unit="people",
            score=self.rejudge(frozen),
            words=Words(key=f"signal.{KIND}", args=args),
            frozen=frozen,
            risk=_risk(one),
            evidence=tuple(each.mention_id for each in said[:EVIDENCE]),
            about=f"question:{one.key}",
        )


def _fullest(asked: Sequence[Question], within: timedelta) -> list[Question]:
    """The questions of the stretch, so long, in which most people ask; the latest of equals."""
    best: list[Question] = []
    first, most = 0, 0
    for last, one in enumerate(asked):
        while one.at - asked[first].at >= within:
            first += 1
        people = len({each.who for each in asked[first : last + 1]})
        if people >= most:
            best, most = list(asked[first : last + 1]), people
    return best


def _is_coherent(key: str, asked: Sequence[Question]) -> bool:
    """Whether those who share a word ask the same: most share another key too, or say nothing else."""
    others = Counter(other for one in asked for other in one.keys if other != key)
    common = {other for other, count in others.items() if count >= max(2, len(asked) / 3)}
    agree = sum(len(one.keys) == 1 or not common.isdisjoint(one.keys) for one in asked)
    return agree >= COHERENT * len(asked)


def _apart(found: Iterable[Asked]) -> list[Asked]:
    """The fullest first, without those that mostly the same people ask at the same time; a risk says more than a meaning, and that more than a word."""
    kept: list[Asked] = []
    for one in sorted(
        found, key=lambda each: (-each.people, risk_of(each.key) is None, not each.key.startswith(MEANING), -len(each.key), each.key)
    ):
        own = {each.said.mention_id for each in one.members}
        taken = {each.said.mention_id for other in kept for each in other.members}
        if len(own & taken) * 2 < len(own):
            kept.append(one)
    return kept


def _is_told(one: Asked, talk: Talk) -> bool:
    """Whether this question was told lately, and those who ask it have not trebled since."""
    keys = _shared(one.members)
    same = [told for told in talk.told if talk.end - told.at <= HOLDS and not keys.isdisjoint(told.frozen.get("keys", ()))]
    return any(one.people < TREBLED * told.observed for told in same)


def _shared(asked: Sequence[Question]) -> set[str]:
    """The keys that at least half of them share."""
    counts = Counter(key for one in asked for key in one.keys)
    return {key for key, count in counts.items() if count * 2 >= len(asked)}


def _risk(one: Asked) -> str | None:
    """The family of risk that they ask about; None for most questions."""
    return risk_of(one.key) or next((family for key in sorted(_shared(one.members)) if (family := risk_of(key))), None)


def _quote(one: Asked) -> str:
    """The question as several people put it, else the words that they share: nobody's own sentence, for that may have to be erased."""
    whole = {(each.wording, each.who) for each in one.members if len(each.wording.split()) <= SAME_WORDS}
    wording, people = max(Counter(wording for wording, _ in sorted(whole)).items(), key=lambda each: each[1], default=("", 0))
    if people > 1:
        return next(each.written for each in one.members if each.wording == wording)
    ways = Counter(each.keys[one.key] for each in one.members if one.key.startswith(MEANING) and each.keys[one.key])
    if not ways:
        ways = Counter(each.keys[key] for key in _longest(_shared(one.members) | {one.key}) for each in one.members if key in each.keys)
    return ", ".join(way for way, _ in ways.most_common(QUOTED))


def _longest(keys: Iterable[str]) -> list[str]:
    """Without the words that stand in a pair of them, and without meanings."""
    pairs = {word for key in keys if " " in key for word in key.split()}
    return [key for key in keys if key not in pairs and not key.startswith(MEANING)]
