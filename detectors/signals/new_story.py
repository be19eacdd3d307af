"""New story: something is told that nobody told yesterday, by several people in more than one place.

Two ways to see it. A story (near copies of one text, `detectors/stories.py`) that is young and is told again by people of their own; where only the press prints it, it is one
piece, told once with the number of outlets. And a phrase that surely more people say now than ever said it before (`detectors/themes.py`), each person counted once and each
text read once. The volume need not rise for it: ten of a hundred posts are enough.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar, Final

from pydantic import Field

from core.bursts import Burst, Theme, frozen_burst, words_of
from core.records import Words
from detectors.amplification import profile
from detectors.base import Finding, SignalOptions
from detectors.phrases import keys, named, raw_words
from detectors.questions import is_copy_worth, is_ritual
from detectors.raising import EVIDENCE
from detectors.tails import score
from detectors.talk import Said, Talk, counted, frame, voices
from detectors.themes import LEAST_PAST, SURE, Themes, surprise, themes

KIND: Final = "new_story"
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
HOLDS: Final = timedelta(hours=24)  # a story is told once in so long, and again when those who tell it have trebled
TREBLED: Final = 3.0
EVERY_MIN: Final = 5  # phrases are looked for so often: reading costs more than counting
RISES: Final = 3.0  # times the share of people who said it before
HARDLY: Final = 0.005  # of the people before: said by more, it is not new
SAME: Final = 0.5  # of its mentions: two findings that share so many are one
MOST_IDS: Final = 200
_KNOWN: Final = 8_192  # texts that are remembered
PRESS: Final = frozenset({"press"})
OURS: Final = frozenset({"staff", "ambassador", "partner"})


class Options(SignalOptions):
    """`min_authors` people in `min_sources` sources tell it within an hour; of a piece that only the press prints, `min_outlets` do."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"min_authors": 12, "min_sources": 3, "min_outlets": 8},
        "sensitive": {"min_authors": 4, "min_sources": 2, "min_outlets": 3},
    }

    min_authors: int = Field(default=6, ge=2)
    min_sources: int = Field(default=2, ge=1)
    min_outlets: int = Field(default=4, ge=2)


class Detector:
    """New story; see the module.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.talk import Topic
        >>> noon, text = datetime(2026, 11, 21, 5, tzinfo=UTC), "ấm Acme nhà mình vừa nổ, mọi người cẩn thận nhé"
        >>> said = tuple(Said(n, noon, noon, ("forum", "group")[n % 2], author=f"u{n}", story_id=7, text=text) for n in range(6))
        >>> (finding,) = Detector(Options()).hear(Talk(topic=Topic(id="acme"), end=noon + timedelta(minutes=1), said=said))
        >>> finding.observed, finding.words.args["sources"]
        (6.0, 2)
    """

    version = "1"
    window = timedelta(hours=3)
    past = timedelta(days=14)

    def __init__(self, options: Options) -> None:
        self._options = options

    def hear(self, talk: Talk) -> list[Finding]:
        """Judge what is told; see `detectors.talk.TalkDetector.hear`."""
        if not talk.topic.is_ours:
            return []
        now = [one for one in talk.since(HOUR) if one.kind != "own" and one.role not in OURS]
        if len({one.source_id for one in now}) < self._options.min_sources:
            return []
        found = [*self._stories(now, talk), *self._phrases(now, talk)]
        return [finding for finding in _apart(found) if not _is_told(finding, talk)]

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""
        return score(frozen["observed"], frozen["least"])

    def _stories(self, now: Sequence[Said], talk: Talk) -> Iterable[Finding]:
        """Stories that are a day old at most; a press piece by its outlets."""
        groups: dict[int, list[Said]] = defaultdict(list)
        for one in now:
            if one.story_id is not None:
                groups[one.story_id].append(one)
        least = min(self._options.min_authors, self._options.min_outlets)
        likely = {story: members for story, members in groups.items() if len(members) >= least}
        if not likely:
            return
        old = {one.story_id for one in (*(talk.before or ()), *talk.said) if one.at < talk.end - DAY}
        for story, told in likely.items():
            members = [one for one in told if is_copy_worth(one.words) and not is_ritual(one.words)]
            people = [one for one in members if one.kind != "wire" and talk.tier_of(one) not in PRESS]
            outlets = {one.source_id for one in members if one not in people}
            if story not in old and self._is_enough(people):
                yield self._finding(talk, "told", f"story:{story}", people, self._options.min_authors)
            elif story not in old and len(outlets) >= self._options.min_outlets:
                yield self._finding(talk, "press", f"story:{story}", members, self._options.min_outlets)

    def _phrases(self, now: Sequence[Said], talk: Talk) -> Iterable[Finding]:
        """Phrases that nobody said before; looked for only where enough people speak, and not each minute."""
        if talk.end.minute % EVERY_MIN:
            return
        people = [one for one in now if one.kind != "wire" and not is_ritual(one.words)]
        if not self._is_enough(people):
            return
        earlier = talk.before if talk.before is not None else [one for one in talk.said if one.at < talk.end - HOUR]
        if not _may_be_new(people, earlier, self._options.min_authors):
            return
        found = themes(voices(people), voices(earlier), brand=(talk.topic.name, talk.topic.id), names=talk.topic.names)
        if talk.before is not None and found.past_voices < LEAST_PAST:
            return  # nothing is known of what is said here: nothing can be called new
        ours = [one for one in (*talk.said, *(talk.before or ())) if one.kind == "own" or one.role in OURS]
        for theme in found.found:
            members = _who_say(theme, people)
            hardly = talk.before is None or (theme.before or 0) <= max(1, HARDLY * found.past_voices)
            if hardly and self._is_enough(members) and not _who_say(theme, ours, near=people):
                yield self._finding(talk, "", f"theme:{theme.check}", members, self._options.min_authors, theme=theme, among=found)

    def _is_enough(self, members: Sequence[Said]) -> bool:
        people, places = {one.who for one in members}, {one.source_id for one in members}
        return len(people) >= self._options.min_authors and len(places) >= self._options.min_sources

    def _finding(
        self,
        talk: Talk,
        how: str,
        about: str,
        members: Sequence[Said],
        least: int,
        *,
        theme: Theme | None = None,
        among: Themes | None = None,
    ) -> Finding:
        sources = len({one.source_id for one in members})
        observed = sources if how == "press" else len({one.who for one in members})
        spread = profile(voices(members), talk.end)
        past = None if among is None else among.past_voices
        burst = Burst(amplification=spread, themes=() if theme is None else (theme,), voices=observed, past_voices=past or 0)
        frozen = {
            "version": self.version, "options": self._options.model_dump(mode="json"), "observed": observed, "least": least, "how": how or "phrase",
            "ids": [one.mention_id for one in members[:MOST_IDS]], "counted": counted(members), "burst": frozen_burst(burst),
        }  # fmt: skip
        return Finding(
            kind=KIND,
            **frame(talk, HOUR),
            observed=float(observed),
            expected=None,
            low=None,
            high=None,
            unit="sources" if how == "press" else "people",
            score=self.rejudge(frozen),
            words=Words(
                key=f"signal.{KIND}.{how}" if how else f"signal.{KIND}",
                args={"topic": talk.topic.id, "observed": observed, "sources": sources, "scale": int(HOUR.total_seconds())},
            ),
            frozen=frozen,
            evidence=tuple(one.mention_id for one in members[:EVIDENCE]),
            about=about,
        )


def _may_be_new(now: Sequence[Said], earlier: Sequence[Said], least: int) -> bool:
    """Whether any word, or two in a row, is surely said by a far larger share of people than before; a look that costs a tenth of finding the themes."""
    counts: Counter[str] = Counter()
    for one in now:
        counts.update(_keys(one.title, one.text))
    often = {
        key for key, count in counts.items() if count >= least
    }  # hardly any word is said so often: only of these it is looked up by whom
    many = {key: size for key, who in _who_say_each(often, now).items() if (size := len(who)) >= least}
    people, before = len({one.who for one in now}), len({one.who for one in earlier})
    if before < LEAST_PAST:
        return bool(many)
    most = {key: int(count * before / (RISES * people)) for key, count in many.items()}
    return any(surprise(many[key], people, len(who), before) >= SURE for key, who in _who_say_each(many, earlier, most).items())


def _who_say_each(keys: Iterable[str], said: Iterable[Said], most: Mapping[str, int] | None = None) -> dict[str, set[str]]:
    """Who says each key, without keys that more than so many people say: which no longer have to be looked for."""
    found: dict[str, set[str]] = {key: set() for key in keys}
    sought = set(found)
    for one in said:
        if not sought:
            break
        for key in sought & _keys(one.title, one.text):
            found[key].add(one.who)
            if most is not None and len(found[key]) > most[key]:
                sought.discard(key)
    return {key: found[key] for key in sought}


@lru_cache(maxsize=_KNOWN)
def _keys(title: str, text: str) -> frozenset[str]:
    words = keys(raw_words(f"{title}\n{text}" if title else text))
    return frozenset({*words, *map(" ".join, pairwise(words))})


def _who_say(theme: Theme, said: Sequence[Said], *, near: Sequence[Said] = ()) -> list[Said]:
    """Those of `said` that hold a theme's phrase, which is read where it stands among them, or among those `near`."""
    texts = {one.mention_id: words_of(one.title, one.text) for one in (*said, *near)}
    number, start, end = next((place for place in theme.where if place[0] in texts), (0, 0, 0))
    phrase = tuple(keys(raw_words(texts.get(number, "")[start:end])))
    if not phrase:
        return []
    return [one for one in said if any(True for _ in named(keys(raw_words(texts[one.mention_id])), {phrase[0]: [phrase]}))]


def _apart(found: Iterable[Finding]) -> list[Finding]:
    """The fullest first, without those that most of the same mentions tell."""
    kept: list[Finding] = []
    for one in sorted(found, key=lambda finding: -finding.observed):
        if not any(_are_same(one.frozen["ids"], other.frozen["ids"]) for other in kept):
            kept.append(one)
    return kept


def _is_told(finding: Finding, talk: Talk) -> bool:
    """Whether this story was told lately, and those who tell it have not trebled since."""
    same = [one for one in talk.told if one.about == finding.about or _are_same(finding.frozen["ids"], one.frozen.get("ids", ()))]
    return any(talk.end - one.at <= HOLDS and finding.observed < TREBLED * one.observed for one in same)


def _are_same(one: Sequence[int], other: Sequence[int]) -> bool:
    return len(set(one) & set(other)) >= SAME * min(len(one), len(other)) > 0
