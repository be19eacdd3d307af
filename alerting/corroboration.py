"""How many independent signs point at one incident, and from how many kinds of place. Pure.

One detector may be mistaken, and three that read the same counts are mistaken together. So kinds of signal are put into families by what they
look at, and a family counts once: a volume spike, a slow burn and a growth over the same mentions are one sign. Kinds of source count once
too, however many sources of a kind there are: thirty outlets that print one wire are the press.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Final

from alerting.blindness import BLIND, HEARD
from core.outside import ALARM, ALARM_OVER, COUNT
from core.records import Factor, Record, Severity, Tier

WITHIN: Final = timedelta(hours=24)  # older signs do not confirm what is found now

VOLUME: Final = "volume"
TONE: Final = "tone"
FAMILIES: Final[dict[str, str]] = {
    "volume_spike": VOLUME,
    "slow_burn": VOLUME,
    "growth": VOLUME,
    "gone_quiet": VOLUME,
    "negative_surge": TONE,
    "same_question": "talk",
    "new_story": "talk",
    "amplification": "talk",
    "single_risk": "risk",
    "guideline_breach": "risk",
    "ambassador_turned": "people",
    "ambassador_in_trouble": "people",
    "question_unanswered": "answers",
    COUNT: "outside count",
    ALARM: "outside alarm",
}
NO_SIGN: Final = frozenset({BLIND, HEARD, ALARM_OVER})  # of a crisis
RULE: Final = "_rule"  # how the published rules of others end (`detectors/rules.py`): all of them read counts

FACTOR: Final = "corroboration"
SURE_SIGNS: Final = 3  # independent signs that are sure wherever they stand


class Corroboration(Record, frozen=True, kw_only=True, gc=False):
    """`signs`: independent families of signals; `places`: kinds of source that the evidence stands in, None where no source of it is known."""

    signs: int
    places: int | None = None

    @property
    def speaks_for(self) -> Severity:
        """Two signs speak for minor; three, or two from more than one kind of place, for major. One confirms nothing."""
        if self.signs < 2:  # noqa: PLR2004
            return "watch"
        return "major" if self.signs >= SURE_SIGNS or (self.places or 0) > 1 else "minor"

    @property
    def factor(self) -> Factor | None:
        """The factor of severity; None where one sign stands alone, and nothing is confirmed."""
        if self.signs < 2:  # noqa: PLR2004
            return None
        return Factor(name=FACTOR, value=float(self.signs), beside=self.places, speaks_for=self.speaks_for)


def family_of(kind: str) -> str:
    """What a kind of signal looks at; a kind that we do not know (an operator's own) is a family of its own.

    Example:
        >>> family_of("slow_burn"), family_of("meltwater_rule"), family_of("house.smell")
        ('volume', 'volume', 'house.smell')
    """
    return FAMILIES.get(kind) or (VOLUME if kind.endswith(RULE) else kind)


def corroborated(kinds: Iterable[str], tiers: Collection[Tier]) -> Corroboration:
    """What confirms what.

    Args:
        kinds: of all signals on the incident of late (`WITHIN`), the new one among them.
        tiers: of the sources that the evidence stands in; empty where that is not known.

    Example:
        >>> corroborated(["volume_spike", "slow_burn", "negative_surge", "outside_count"], {"forum", "press"}).signs
        3
    """
    signs = {family_of(kind) for kind in kinds if kind not in NO_SIGN}
    return Corroboration(signs=len(signs), places=len(set(tiers)) or None)
