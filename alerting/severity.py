"""How bad is it: a severity out of what is known, with every reason shown. Pure.

Each factor speaks for a level by itself. The incident gets the level that two factors agree on, and at least one below the loudest, so
that a single odd number neither decides alone nor goes unheard. Two things bind the result: harm to people, a child in danger, a word from an
authority and a person's flag that has reached people are at least major, whatever else is said; and a crowd that is known not to be angry, with no
risk in what it says, is at most minor.
What is not known is said to be unknown; it neither raises nor calms (rule 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.records import SEVERITIES, AuthorRole, Factor, Record, Severity, Tier, severity_rank

Bounds = tuple[tuple[float, Severity], ...]

HARM: Final = frozenset({"food-safety", "product-safety", "recall", "injury"})  # families of risk in which people may be hurt
PERIL: Final = frozenset({"threat", "self-harm"})  # the same, but each a cause of its own: no product did it
AUTHORITY: Final = frozenset({"legal"})
TO_PEOPLE: Final = (
    HARM | PERIL | {"harassment", "discrimination", "staff-conduct", "doxxing", "data-leak", "labour", "hate", "fraud"}
)  # graver where it is a child
CALM_BELOW: Final = 0.15  # share of negative mentions
FEW_MENTIONS: Final = 10  # fewer make no more than minor out of any ratio
VOLUME: Final[Bounds] = ((20.0, "critical"), (8.0, "major"), (3.0, "minor"))  # times the usual
NEGATIVE: Final[Bounds] = ((0.8, "critical"), (0.55, "major"), (0.35, "minor"))  # share of all mentions
AUTHORS: Final[Bounds] = ((500, "critical"), (100, "major"), (20, "minor"))  # people
REACH: Final[Bounds] = ((1_000_000, "critical"), (100_000, "major"), (10_000, "minor"))  # people
TIERS: Final[dict[Tier, Severity]] = {
    "owned": "watch",
    "forum": "watch",
    "social": "watch",
    "page": "minor",
    "press": "major",
    "regulator": "critical",
}
SPEAKERS: Final[dict[AuthorRole, Severity]] = {
    "vip": "major",
    "ambassador": "major",
    "partner": "minor",
}  # who speaks against us themselves
FLAG_REACH: Final = 50  # likes, comments and shares that a flagged post has drawn: people see it, wherever it stands
FLAG_VIEWS: Final = 1_000
LOWERING: Final = frozenset({"industry", "budget", "budget_spent"})  # factors that lower what the others say
RISKS: Final[dict[int, Severity]] = {1: "major", 2: "minor", 3: "watch"}


class Facts(Record, frozen=True, kw_only=True, gc=False):
    """What is known when a signal arrives; None is unknown.

    `volume_ratio` is observed over expected; `mentions` what was observed; `negative_share` 0 to 1; `authors` and `reach` people; `tier`
    the weightiest place that carries it; `risk_family` and `risk_level` the gravest risk heard, both None where none was heard. `corroboration`: the factor of what
    confirms it (`alerting/corroboration.py`), None where one sign stands alone. `speaker`: who of ours speaks against us; `carried`: by others' words only.
    `young`: what is said names a child. `flagged`: a person flagged it; `flag_drew` its likes, comments and shares, `flag_views` its views.
    """

    volume_ratio: float | None = None
    mentions: float | None = None
    negative_share: float | None = None
    authors: int | None = None
    reach: int | None = None
    tier: Tier | None = None
    risk_family: str | None = None
    risk_level: int | None = None
    corroboration: Factor | None = None
    speaker: AuthorRole | None = None
    carried: bool = False
    young: bool = False
    flagged: bool = False
    flag_drew: int | None = None
    flag_views: int | None = None


def assess(facts: Facts) -> tuple[Severity, tuple[Factor, ...]]:
    """The severity that the facts speak for, and every factor with the level it speaks for, the loudest first, unknown ones last.

    Example:
        >>> severity, factors = assess(Facts(risk_family="food-safety", risk_level=1))
        >>> severity, factors[0].name
        ('major', 'harm')
    """
    factors = (
        _harm(facts),
        _child(facts),
        flagged_factor(facts.flag_drew, facts.flag_views) if facts.flagged else None,
        Factor(name="volume", value=facts.volume_ratio, speaks_for=_volume(facts)),
        Factor(name="negative", value=facts.negative_share, speaks_for=_level(facts.negative_share, NEGATIVE)),
        Factor(name="authors", value=facts.authors, speaks_for=_level(facts.authors, AUTHORS)),
        Factor(name="reach", value=facts.reach, speaks_for=_level(facts.reach, REACH)),
        Factor(name="tier", value=facts.tier, speaks_for=TIERS[facts.tier] if facts.tier else None),
        Factor(name="risk", value=facts.risk_family, speaks_for=RISKS.get(facts.risk_level or 0) if facts.risk_family else None),
        facts.corroboration,
        Factor(name="role", value=facts.speaker, speaks_for=_speaker(facts)) if facts.speaker else None,
    )
    known = tuple(factor for factor in factors if factor is not None)
    rank = max(min(_agreed(known), _ceiling(facts)), _floor(facts))
    return SEVERITIES[rank], loudest_first(known)


def loudest_first(factors: Sequence[Factor]) -> tuple[Factor, ...]:
    """The factors in the order of the level they speak for, unknown ones last."""
    return tuple(sorted(factors, key=_loudness, reverse=True))


def is_said(factor: Factor) -> bool:
    """Whether an alert names it: it speaks for more than watching, or it is why there is no more than watching."""
    return factor.speaks_for not in (None, "watch") or factor.name in LOWERING


def lowering(factors: Sequence[Factor]) -> Factor | None:
    """The factor that lowered what the others say: the industry's rise, the alarm budget; None where none did."""
    return next((factor for factor in factors if factor.name in LOWERING), None)


def _harm(facts: Facts) -> Factor | None:
    """People hurt speaks for the highest level; where no such risk was heard it is no factor at all."""
    return Factor(name="harm", value=facts.risk_family, speaks_for="critical") if _hurts(facts) else None


def _hurts(facts: Facts) -> bool:
    return facts.risk_family in HARM | PERIL and facts.risk_level in (1, 2)


def _child(facts: Facts) -> Factor | None:
    """A child in what is told of harm to people; where none is named it is no factor."""
    told = facts.young and facts.risk_family in TO_PEOPLE and facts.risk_level in (1, 2)
    return Factor(name="child", value=facts.risk_family, speaks_for="major") if told else None


def flagged_factor(drew: int | None, views: int | None) -> Factor:
    """What a person's flag speaks for: major once it is known to reach people, minor while it hardly does, nothing known while nobody counted.

    Args:
        drew: likes, comments and shares of the flagged post.
        views: of it, where the platform tells them.
    """
    if drew is None and views is None:
        return Factor(name="flagged", value=None, speaks_for=None)
    reaches = (drew or 0) >= FLAG_REACH or (views or 0) >= FLAG_VIEWS
    return Factor(name="flagged", value=float(max(drew or 0, views or 0)), speaks_for="major" if reaches else "minor")


def is_floor(factor: Factor) -> bool:
    """Whether a factor holds the severity at major or above by itself, so that nothing calms it."""
    if factor.name in ("harm", "child") or factor.value in HARM | PERIL:
        return True
    return (factor.name == "tier" and factor.value == "regulator") or (factor.name == "flagged" and factor.speaks_for == "major")


def _agreed(factors: Sequence[Factor]) -> int:
    ranks = sorted((severity_rank(factor.speaks_for) for factor in factors if factor.speaks_for), reverse=True)
    if not ranks:
        return 0
    return max(ranks[0] - 1, ranks[1] if len(ranks) > 1 else 0)


def _floor(facts: Facts) -> int:
    authority = facts.tier == "regulator" or (facts.risk_family in AUTHORITY and facts.risk_level == 1)
    flag = facts.flagged and flagged_factor(facts.flag_drew, facts.flag_views).speaks_for == "major"
    grave = authority or _hurts(facts) or _child(facts) is not None or flag
    return severity_rank("major" if grave else _speaker(facts) or "watch")


def _speaker(facts: Facts) -> Severity | None:
    level = SPEAKERS.get(facts.speaker) if facts.speaker else None
    return "minor" if level and facts.carried else level


def _ceiling(facts: Facts) -> int:
    calm = facts.negative_share is not None and facts.negative_share < CALM_BELOW and facts.risk_level not in (1, 2)
    return severity_rank("minor" if calm else "critical")


def _volume(facts: Facts) -> Severity | None:
    level = _level(facts.volume_ratio, VOLUME)
    few = facts.mentions is not None and facts.mentions < FEW_MENTIONS
    return "minor" if few and level in ("major", "critical") else level


def _level(value: float | None, bounds: Bounds) -> Severity | None:
    return None if value is None else next((level for least, level in bounds if value >= least), "watch")


def _loudness(factor: Factor) -> int:
    return -1 if factor.speaks_for is None else severity_rank(factor.speaks_for)
