"""What a burst is about: the phrases that many say now and few said before. Pure.

Each story is read once and each person counted once, so that a text copied a thousand times makes no theme by itself. A phrase is compared without
its marks, and shown as most people spell it; whoever's marks say another word is not counted with them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from core.bursts import Theme, ThemeKind, check_of, words_of
from core.tokens import agree
from detectors.entities import Name, Seen, kind_of, known_names
from detectors.phrases import Key, Word, is_listed, keys, named, phrases, raw_words, spelling, words
from store.voices import Voice

MOST: Final = 8
LEAST_VOICES: Final = 3
LEAST_SHARE: Final = 0.05  # of the burst's people
LEAST_PAST: Final = 20  # people before the burst; with fewer nothing is known of what is usual
LEAST_SHARE_ALONE: Final = 0.2  # of the burst's people, where nothing is known of before
SURE: Final = 10.83  # G2 that chance exceeds once in a thousand times (chi squared, one degree of freedom)
SURE_NAMED: Final = 6.63  # once in a hundred: of a name that the operator configured, for there are few of them
SAME: Final = 0.6  # of a phrase's people: said by so many of them within another, it is that other one
CANDIDATES: Final = 300  # phrases that are compared with the past
PLACES: Final = 3  # of a theme, where it stands


class Told(NamedTuple):
    """A story's first telling, by one person; `forms` are its words with their marks, without case."""

    mention_id: int
    who: int
    text: str
    words: list[Word]
    forms: Key


class Phrase(NamedTuple):
    """A phrase with the people who said it and where; `spelled` as most of them do."""

    key: Key
    spelled: Key
    who: frozenset[int]
    at: tuple[tuple[Told, int], ...]
    before: int = 0
    score: float = 0.0


class Themes(NamedTuple):
    """`found`: weightiest first, of `voices` people; `past_voices` were heard before."""

    found: tuple[Theme, ...]
    voices: int
    past_voices: int


def themes(burst: Sequence[Voice], past: Sequence[Voice], *, brand: Sequence[str] = (), names: Iterable[Name] = ()) -> Themes:
    """The themes of a burst, against what the topic's people said before.

    Args:
        burst: mentions of the burst, oldest first.
        past: mentions before it; with fewer than `LEAST_PAST` people the most said is given, and `before` is None.
        brand: what the topic is called; that it is named is no theme.
        names: products, places and people that the operator knows.

    Example:
        >>> said = [Voice(n, "forum", "original", n, n, text=f"{who}: ấm Acme cháy khét") for n, who in enumerate("abcdef")]
        >>> usual = [Voice(n, "forum", "original", n, n, text="ấm Acme đẹp") for n in range(100, 160)]
        >>> [(theme.voices, theme.before, theme.where[0]) for theme in themes(said, usual, brand=["Acme"]).found]
        [(6, 0, (0, 12, 21))]

    Source: Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", Computational Linguistics 19 (1993).
    """
    told, known = _tell(burst), known_names(names)
    people, past_people = len({one.who for one in told}), len({_who(voice) for voice in _once(past)})
    has_past = past_people >= LEAST_PAST
    least = max(LEAST_VOICES, math.ceil((LEAST_SHARE if has_past else LEAST_SHARE_ALONE) * people))
    said = _whole(_said(told, least, frozenset(key for name in brand for key in keys(raw_words(name))), known), known)
    weighed = _new(said, people, past, past_people, known) if has_past else _most_said(said, known)
    kinds = {one.key: kind_of(one.key, [Seen(each.words, first, len(one.key)) for each, first in one.at], known) for one in weighed}
    kept = _apart(sorted(weighed, key=lambda one: (-one.score, kinds[one.key] == "phrase", -len(one.key), one.key)))
    return Themes(tuple(_theme(one, kinds[one.key], has_past=has_past) for one in kept), people, past_people)


def surprise(said: int, people: int, before: int, past: int) -> float:
    """Dunning's G2 of "`said` of `people` now, `before` of `past` then"; negative where more said it then.

    Example:
        >>> round(surprise(6, 30, 0, 300), 1), round(surprise(1, 30, 20, 300), 1)
        (30.0, -0.6)
    """
    share = (said + before) / (people + past)
    cells = ((said, people * share), (people - said, people * (1 - share)), (before, past * share), (past - before, past * (1 - share)))
    found = 2 * math.fsum(seen * math.log(seen / expected) for seen, expected in cells if seen)
    return math.copysign(found, said * past - before * people)


def _who(voice: Voice) -> int:
    """Who speaks; where nobody is named, each mention is one more person."""
    return -voice.mention_id if voice.author_id is None else voice.author_id


def _once(voices: Iterable[Voice]) -> Iterator[Voice]:
    """The first telling of each story."""
    stories: set[int] = set()
    for voice in voices:
        if voice.story_id is None or voice.story_id not in stories:
            yield voice
            stories.update([] if voice.story_id is None else [voice.story_id])


def _tell(burst: Iterable[Voice]) -> list[Told]:
    told = []
    for voice in _once(burst):
        text = words_of(voice.title, voice.text)
        found = words(text)
        told.append(Told(voice.mention_id, _who(voice), text, found, spelling(word.raw for word in found)))
    return told


def _said(told: Sequence[Told], least: int, brand: frozenset[str], known: Mapping[Key, ThemeKind]) -> list[Phrase]:
    """Every phrase that so many people said and that may be a theme, those of most people first."""
    speakers: dict[str, set[int]] = defaultdict(set)
    for one in told:
        for word in one.words:
            speakers[word.key].add(one.who)
    many_say = (key for key, who in speakers.items() if len(who) >= least and any(map(str.isalnum, key)))
    allowed = frozenset(key for key in many_say if key.lstrip("#@") not in brand)
    spots: dict[Key, dict[int, tuple[Told, int]]] = defaultdict(dict)
    names = _by_first(known)
    for number, one in enumerate(told):
        for key, first in chain(phrases(one.words, allowed), named([word.key for word in one.words], names)):
            spots[key].setdefault(number, (one, first))
    many = {key: at for key, at in spots.items() if len({one.who for one, _ in at.values()}) >= least}
    found_all = [_as_spelled(key, tuple(at.values())) for key, at in many.items()]
    fit = [one for one in found_all if len(one.who) >= least and (one.key in known or _may_be_theme(one))]
    return sorted(fit, key=lambda one: (-len(one.who), one.key))[:CANDIDATES]


def _by_first(found: Iterable[Key]) -> dict[str, list[Key]]:
    by_first: dict[str, list[Key]] = defaultdict(list)
    for key in found:
        by_first[key[0]].append(key)
    return by_first


def _as_spelled(key: Key, at: Sequence[tuple[Told, int]]) -> Phrase:
    """The phrase as most people spell it, with those whose marks say nothing else."""
    spelled = [one.forms[first : first + len(key)] for one, first in at]
    counts = Counter(spelled)
    most = min(counts, key=lambda form: (-counts[form], form == key, form))
    fits = {form for form in counts if agree(most, form) is not None}
    kept = tuple(spot for spot, form in zip(at, spelled, strict=True) if form in fits)
    return Phrase(key, most, frozenset(one.who for one, _ in kept), kept)


def _may_be_theme(phrase: Phrase) -> bool:
    """Whether it stands for itself: no idle word at its edges, and no number first."""
    first, last = phrase.spelled[0], phrase.spelled[-1]
    if first[0].isdigit() or is_listed("idle", first) or is_listed("idle", last) or is_listed("leads", last):
        return False
    return len(phrase.key) > 1 or len(first) > 1


def _whole(said: Sequence[Phrase], known: Mapping[Key, ThemeKind]) -> list[Phrase]:
    """Without those that hardly anybody says but within a longer one; a known name is always told by itself."""
    by_key = {one.key: one for one in said if one.key in known or known.keys().isdisjoint(_parts(one.key))}
    within: set[Key] = set()
    for one in by_key.values():
        for part in _parts(one.key):
            if part in by_key and len(one.who & by_key[part].who) >= SAME * len(by_key[part].who):
                within.add(part)
    return [one for key, one in by_key.items() if key in known or key not in within]


def _parts(key: Key) -> Iterator[Key]:
    """The shorter phrases within a phrase."""
    size = len(key)
    return (key[first:last] for first in range(size) for last in range(first + 1, size + 1) if last - first < size)


def _new(said: Sequence[Phrase], people: int, past: Sequence[Voice], past_people: int, known: Mapping[Key, ThemeKind]) -> list[Phrase]:
    """Those that surely more people say than said so before."""
    sure = {one.key: SURE_NAMED if one.key in known else SURE for one in said}
    likely = [one for one in said if surprise(len(one.who), people, 0, past_people) >= sure[one.key]]
    before = _before(likely, past)
    scores = {one.key: surprise(len(one.who), people, before[one.key], past_people) for one in likely}
    return [one._replace(before=before[one.key], score=scores[one.key]) for one in likely if scores[one.key] >= sure[one.key]]


def _before(said: Sequence[Phrase], past: Iterable[Voice]) -> dict[Key, int]:
    """How many people said each phrase before; whose marks say another word did not."""
    spelled, by_first = {one.key: one.spelled for one in said}, _by_first(one.key for one in said)
    who: dict[Key, set[int]] = {one.key: set() for one in said}
    says_so: dict[Key, bool] = {}
    for voice in _once(past):
        raw = raw_words(words_of(voice.title, voice.text))
        for key, first in named(keys(raw), by_first):
            written = tuple(raw[first : first + len(key)])
            if written not in says_so:
                says_so[written] = agree(spelled[key], spelling(written)) is not None
            if says_so[written]:
                who[key].add(_who(voice))
    return {key: len(people) for key, people in who.items()}


def _most_said(said: Iterable[Phrase], known: Mapping[Key, ThemeKind]) -> list[Phrase]:
    """Those that say something though nothing tells what is usual: of several words, or known by name."""
    return [one._replace(score=float(len(one.who))) for one in said if len(one.key) > 1 or one.key in known or one.key[0][0] in "#@"]


def _apart(said: Iterable[Phrase]) -> list[Phrase]:
    """The first `MOST` that are not another way to say one before them."""
    kept: list[Phrase] = []
    for one in said:
        if len(kept) < MOST and not any(_is_akin(one, other) for other in kept):
            kept.append(one)
    return kept


def _is_akin(one: Phrase, other: Phrase) -> bool:
    """Whether they share a word, and most of their people; or differ in their spaces only, as a hashtag does."""
    if "".join(one.key).lstrip("#@") == "".join(other.key).lstrip("#@"):
        return True
    fewer = min(len(one.who), len(other.who))
    return not set(one.key).isdisjoint(other.key) and len(one.who & other.who) >= SAME * fewer


def _theme(phrase: Phrase, kind: ThemeKind, *, has_past: bool) -> Theme:
    """Told by where it stands, in the letters that most people write."""
    size = len(phrase.key)
    spots = [
        (one.mention_id, one.words[first].start, one.words[first + size - 1].end, one.text)
        for one, first in phrase.at
        if one.forms[first : first + size] == phrase.spelled
    ]
    written = [text[start:end] for _, start, end, text in spots]
    counts = Counter(written)
    shown = min(counts, key=lambda raw: (-counts[raw], raw))
    where = tuple(spot[:3] for spot, raw in zip(spots, written, strict=True) if raw == shown)[:PLACES]
    return Theme(kind=kind, voices=len(phrase.who), before=phrase.before if has_past else None, where=where, check=check_of(shown))
