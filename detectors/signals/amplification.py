"""Amplification: one post is carried on, by many people, by one who is heard by many, or faster than its counter ever was.

A hundred posts of a hundred people and one post that a hundred people pass on are two different crises; the second has an author, a wording and a speed. Reposts, quotes and
copies of one story are its carriers; people are counted, not posts. Carriers who are nearly all new to us and copy one text are told as such, in numbers: nobody is
called a bot.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from statistics import median
from typing import Any, ClassVar, Final, NamedTuple

import msgspec
from pydantic import Field

from core.bursts import Amplification
from core.records import AuthorRole, Words
from detectors.amplification import profile
from detectors.base import Finding, SignalOptions
from detectors.questions import is_copy_worth
from detectors.raising import EVIDENCE
from detectors.tails import score
from detectors.talk import Said, Talk, Topic, counted, frame, voices

KIND: Final = "amplification"
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
HOLDS: Final = timedelta(hours=6)  # a post is told once in so long, and again when its carriers have trebled
TREBLED: Final = 3.0
LARGER: Final = 10.0  # times the followers of the first teller: who carries it on takes it to other people
OURS: Final[frozenset[AuthorRole]] = frozenset({"staff", "ambassador", "partner"})  # who pass on what we asked them to
NEW_SHARE: Final = 0.6  # of carriers whose age is known
KNOWN_DAYS: Final = 2  # before; from fewer nobody knows what is usual
GRAVE_LEVEL: Final = 2
_STORY: Final = attrgetter("story_id")
_REPOST_OF: Final = attrgetter("repost_of")


class Options(SignalOptions):
    """`min_carriers` people carry one post on within an hour, `min_ratio` times as many as the most carried post of a usual day has; or one does who has `min_followers`.

    `min_shares`: so many more by its own counter within an hour. `new_accounts`: so many carriers that copy one text, most of them new.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"min_carriers": 25, "min_ratio": 3.0, "min_followers": 500_000, "min_shares": 500, "new_accounts": 10},
        "sensitive": {"min_carriers": 5, "min_ratio": 1.5, "min_followers": 20_000, "min_shares": 50, "new_accounts": 4},
    }

    min_carriers: int = Field(default=10, ge=2)
    min_ratio: float = Field(default=2.0, ge=1.0)
    min_followers: int = Field(default=100_000, ge=1)
    min_shares: int = Field(default=200, ge=1)
    new_accounts: int = Field(default=6, ge=2)


class Carried(NamedTuple):
    """A story with its tellings, the first one first; `carriers` are those within the hour that carry it on, each person once."""

    key: str
    first: Said
    carriers: list[Said]


class Detector:
    """Amplification; see the module.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.talk import Topic
        >>> noon = datetime(2026, 11, 21, 5, tzinfo=UTC)
        >>> said = tuple(Said(n, noon, noon, "tiktok", kind="repost", author=f"u{n}", story_id=7) for n in range(1, 14))
        >>> (finding,) = Detector(Options()).hear(Talk(topic=Topic(id="acme"), end=noon + timedelta(minutes=1), said=said))
        >>> finding.observed, finding.evidence[0]
        (13.0, 1)
    """

    version = "1"
    window = timedelta(hours=3)
    past = timedelta(days=7)

    def __init__(self, options: Options) -> None:
        self._options = options
        self._enough = min(options.min_carriers, options.new_accounts)
        self.least = 1

    def wants(self, said: Said, topic: Topic) -> bool:
        """Whether it can be carried on, or carry; see `detectors.talk.Choosy`."""
        return topic.is_ours and _may_carry(said)

    def hear(self, talk: Talk) -> list[Finding]:
        """Judge what is carried on; see `detectors.talk.TalkDetector.hear`."""
        if not talk.topic.is_ours or not self._may_hold(talk.said):
            return []
        carried = [one for one in _carried(talk.said, talk, self._may_tell) if self._may_tell([one.first, *one.carriers])]
        if not carried:
            return []
        usual = _usual(talk)
        found = (self._judge(one, talk, usual) for one in carried)
        return [finding for finding in found if finding is not None and not _is_told(finding, talk)]

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""
        return score(frozen["observed"], frozen["least"])

    def _may_hold(self, said: Sequence[Said]) -> bool:
        """Whether any story in it can be told: a look that costs a tenth of telling them apart."""
        if any(map(_REPOST_OF, said)):
            return True
        told = Counter(map(_STORY, said))
        told.pop(None, None)
        return max(told.values(), default=0) >= self._enough or self._is_large(said)

    def _may_tell(self, group: Sequence[Said]) -> bool:
        """Whether a story with these tellings can be told at all: enough of them, or one by somebody heard by many, or with a counter that rose."""
        return len(group) >= self._enough or self._is_large(group)

    def _is_large(self, group: Sequence[Said]) -> bool:
        most, shares = self._options.min_followers, self._options.min_shares
        return any((one.followers or 0) >= most or (one.reposts_before is not None and _risen(one) >= shares) for one in group)

    def _judge(self, one: Carried, talk: Talk, usual: float | None) -> Finding | None:
        """By how many carry it, by who does, by its counter: the first that holds."""
        options, people = self._options, len(one.carriers)
        spread = profile(voices(one.carriers), talk.end)
        many = max(options.min_carriers, options.min_ratio * (usual or 0.0))
        if people >= options.new_accounts and _are_new(spread):
            least = min(many, options.new_accounts)
            return self._finding(one, talk, "new_accounts", people, least, usual, {"new": spread.new_accounts}, spread)
        if people >= many:
            return self._finding(one, talk, "", people, many, usual, {}, spread)
        large = max(one.carriers, key=lambda said: said.followers or 0, default=None)
        if (
            large is not None
            and (large.followers or 0) >= max(options.min_followers, LARGER * (one.first.followers or 0))
            and _is_angry(large)
        ):
            reach = large.followers or 0
            return self._finding(one, talk, "large", reach, options.min_followers, None, {"reach": reach}, spread, unit="followers")
        if (risen := _risen(one.first)) >= options.min_shares:
            return self._finding(one, talk, "counter", risen, options.min_shares, None, {}, spread, unit="reposts")
        return None

    def _finding(
        self,
        one: Carried,
        talk: Talk,
        how: str,
        observed: int,
        least: float,
        usual: float | None,
        told: Mapping[str, Any],
        spread: Amplification,
        *,
        unit: str = "people",
    ) -> Finding:
        members = [one.first, *sorted(one.carriers, key=lambda said: -(said.followers or said.reach or 0))]
        negative = sum(said.sentiment.label == "negative" for said in members) / len(members)
        frozen = {
            "version": self.version, "options": self._options.model_dump(mode="json"), "observed": observed, "least": least, "usual": usual,
            "how": how or "many", "negative": round(negative, 3), "spread": msgspec.to_builtins(spread), "counted": counted(members),
        }  # fmt: skip
        risk = min((risk for risk in one.first.risks if risk.level <= GRAVE_LEVEL), key=lambda risk: risk.level, default=None)
        return Finding(
            kind=KIND,
            **frame(talk, HOUR),
            observed=float(observed),
            expected=usual,
            low=None,
            high=None,
            unit=unit,
            score=self.rejudge(frozen),
            words=Words(
                key=f"signal.{KIND}.{how}" if how else f"signal.{KIND}",
                args={"topic": talk.topic.id, "observed": observed, "scale": int(HOUR.total_seconds()), **told},
            ),
            frozen=frozen if risk is None else {**frozen, "level": risk.level},
            risk=None if risk is None else risk.family,
            evidence=tuple(said.mention_id for said in members[:EVIDENCE]),
            about=one.key,
        )


def _carried(said: Iterable[Said], talk: Talk, may_tell: Callable[[Sequence[Said]], bool]) -> list[Carried]:
    """Every story told twice, or with a counter, that may be told, with those who carried it on within the last hour."""
    own = [one for one in said if _may_carry(one)]
    stories = {}
    if any(one.repost_of for one in own):
        stories = {one.native_id: one.story_id for one in own if one.story_id is not None and one.repost_of is None and one.native_id}
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in own:
        groups[_key(one, stories)].append(one)
    likely = {key: group for key, group in groups.items() if (len(group) > 1 or _risen(group[0])) and may_tell(group)}
    told = {key: [one for one in group if _counts(one)] for key, group in likely.items()}
    return [Carried(key, group[0], _once(group, talk.end - HOUR)) for key, group in told.items() if group]


def _may_carry(one: Said) -> bool:
    return one.kind in ("original", "repost") and one.role not in OURS


def _counts(one: Said) -> bool:
    """Whether a telling can carry a story on: a repost always, a text of its own where nobody writes it by chance."""
    return one.role not in OURS and (one.kind == "repost" or (one.kind == "original" and is_copy_worth(one.words)))


def _key(one: Said, stories: Mapping[str, int | None]) -> str:
    """What ties a post to those that carry it on: its story, that of what it reposts, or what it reposts."""
    story = stories.get(one.repost_of) if one.repost_of else one.story_id
    story = one.story_id if story is None else story
    return f"story:{story}" if story is not None else f"post:{one.repost_of or one.native_id or one.mention_id}"


def _once(group: Sequence[Said], since: datetime) -> list[Said]:
    """Who carries a story on since then, each person once, its first teller aside; a repost carries even where its original stands elsewhere."""
    seen = set() if group[0].kind == "repost" else {group[0].who}
    kept = []
    for one in group:
        if one.who not in seen:
            seen.add(one.who)
            kept.append(one)
    return [one for one in kept if one.at >= since]


def _usual(talk: Talk) -> float | None:
    """How many carry on the most carried post of a usual day, within an hour of it; None is unknown."""
    if not talk.before or talk.before[-1].at - talk.before[0].at < KNOWN_DAYS * DAY:
        return None
    hours: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in talk.before:
        if _counts(one):
            hours[_key(one, {}), int(one.at.timestamp()) // int(HOUR.total_seconds())].add(one.who)
    days: dict[int, int] = defaultdict(int)
    for (_, hour), people in hours.items():
        days[hour // 24] = max(days[hour // 24], len(people) - 1)
    return float(median(days.values())) if days else 0.0


def _are_new(spread: Amplification) -> bool:
    """Whether most of those who carry it, and most of whom we know since when, are new."""
    return (
        2 * spread.aged_accounts >= spread.accounts > 0
        and spread.new_accounts >= NEW_SHARE * spread.aged_accounts
        and spread.new_accounts > 1
    )


def _is_angry(said: Said) -> bool:
    return (said.sentiment.label == "negative" and said.sentiment.confident) or any(risk.level <= GRAVE_LEVEL for risk in said.risks)


def _risen(said: Said) -> int:
    """By how much its own counter of shares rose within the hour; 0 where it was not read twice."""
    return 0 if said.reposts is None or said.reposts_before is None else said.reposts - said.reposts_before


def _is_told(finding: Finding, talk: Talk) -> bool:
    """Whether this post was told lately, in the same way, and has not trebled since."""
    same = [told for told in talk.told if told.about == finding.about and told.frozen.get("how") == finding.frozen["how"]]
    return any(talk.end - told.at <= HOLDS and finding.observed < TREBLED * told.observed for told in same)
