"""What a signal weighs: how bad, how sure, whether the whole industry explains it, and whether the alarm budget has to hold it. Reads the store; what decides is pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Final

import msgspec

from alerting.answers import assess_answers
from alerting.blindness import BLIND, assess_blindness
from alerting.budget import Budget, Ruling, Wealth, log10_chance, may_be_held, rule
from alerting.corroboration import FAMILIES, VOLUME, WITHIN, corroborated
from alerting.grouping import is_caused_key
from alerting.industry import STAND_FOR_IT, Rise, Storm, explains, is_of_counts, lowered, may_be_lowered, storm_of
from alerting.industry import WITHIN as LATELY
from alerting.outside import assess_outside
from alerting.paging import has_paged
from alerting.quiet import assess_quiet
from alerting.severity import TO_PEOPLE, Facts, assess, loudest_first
from alerting.talk import assess_breach, with_talk
from alerting.young import is_young
from core.records import Factor, Incident, Record, Severity, Signal, Tier, TopicKind, Words
from store import evidence, facts, flags, mentions, readings, series, signals
from store.database import Tx

TIERS: Final[tuple[Tier, ...]] = ("owned", "social", "forum", "page", "press", "regulator")  # lightest first
TURNED: Final = "ambassador_turned"
PURSE: Final = "alarm_budget"  # the fact that remembers what was spent
LEAST_WINDOW: Final = timedelta(hours=1)  # topics are compared over the signal's window, and at least so long
LONGEST_WINDOW: Final = timedelta(hours=24)
DAY: Final = timedelta(days=1)
DAYS: Final = 7  # before, whose same hours tell what is usual
PEERS: Final = 30  # topics of an industry that are compared
VOLUME_KINDS: Final = tuple(kind for kind, family in FAMILIES.items() if family == VOLUME)


class TopicFacts(Record, frozen=True, kw_only=True, gc=False):
    """A topic as the Intake needs it; topics of one `industry` rise together when that is what happens."""

    id: str
    kind: TopicKind
    name: str = ""
    industry: str = ""


class Weighed(Record, frozen=True, kw_only=True, gc=False):
    """A severity with its factors, and what the timeline has to say of it (`timeline.*`)."""

    severity: Severity
    factors: tuple[Factor, ...]
    remarks: tuple[Words, ...] = ()


class Weigher:
    """Weighs signals, each in the transaction that takes it.

    Args:
        topics: by id.
        tiers: source id -> its weight.
        budget: of alarms over all topics; None holds nothing.
    """

    def __init__(self, topics: Mapping[str, TopicFacts], tiers: Mapping[str, Tier], budget: Budget | None = None) -> None:
        self._topics = dict(topics)
        self._tiers = dict(tiers)
        self._budget = budget

    def weigh(self, tx: Tx, signal: Signal, before: Incident | None) -> Weighed:
        """How bad a signal is that would join `before`, or open an incident."""
        if signal.kind == BLIND:
            severity, factors = assess_blindness(signal.frozen)
            return Weighed(severity=severity, factors=factors)
        confirmed = self._corroboration(tx, signal, before)
        outside = assess_outside(signal) or assess_breach(signal) or assess_answers(signal) or assess_quiet(signal)
        if outside is not None:
            return Weighed(severity=outside[0], factors=loudest_first((*outside[1], *filter(None, [confirmed]))))
        severity, factors = with_talk(signal, *assess(self._facts(tx, signal, confirmed)))
        return self._damped(tx, signal, before, Weighed(severity=severity, factors=factors))

    def hold(self, tx: Tx, signal: Signal, before: Incident | None, weighed: Weighed, now: datetime) -> Weighed | None:
        """What is left of an onset that the alarm budget holds; None where it may page. To be asked once, where it would page otherwise."""
        pages_already = before is not None and before.is_open and (has_paged(before) or before.next_step_at is not None)
        if self._budget is None or pages_already or not may_be_held(signal):
            return None
        wealth = msgspec.convert(facts.take(tx, PURSE, {}, now), Wealth)
        wealth, ruling = rule(self._budget, wealth, log10_chance(signal), now)
        facts.put(tx, PURSE, msgspec.to_builtins(wealth), now)
        return _held(weighed, self._budget, ruling) if ruling.holds else None

    def _corroboration(self, tx: Tx, signal: Signal, before: Incident | None) -> Factor | None:
        """The factor of what confirms what; None where one sign stands alone."""
        if before is None:
            return None
        kinds = signals.kinds_on(tx, before.id, signal.raised_at - WITHIN)
        sources = evidence.sources(tx, before.id) | mentions.sources_of(tx, signal.evidence)
        found = corroborated([*kinds, signal.kind], {self._tiers[name] for name in sources if name in self._tiers})
        return found.factor

    def _facts(self, tx: Tx, signal: Signal, confirmed: Factor | None) -> Facts:
        """What is known when the signal arrives; what is not known stays None (rule 8)."""
        risk_level = signal.frozen.get("level")
        if signal.topic_id is None:
            return Facts(risk_family=signal.risk, risk_level=risk_level, corroboration=confirmed)
        end = signal.bucket_start + timedelta(minutes=1)
        told = mentions.told_in(tx, signal.frozen.get("heard_in", signal.topic_id), end - timedelta(seconds=signal.scale_s), end)
        flagged, drew, views = self._flag(tx, signal)
        speaks = signal.kind == TURNED  # one voice: what others said in that minute is no part of it
        return Facts(
            volume_ratio=signal.observed / signal.expected if signal.expected else None,
            mentions=told.mentions or signal.observed,
            negative_share=told.negative / told.mentions if told.mentions and not speaks else None,
            authors=told.authors,
            reach=told.reach,
            tier=max((self._tiers[name] for name in told.sources if name in self._tiers), key=TIERS.index, default=None),
            risk_family=signal.risk,
            risk_level=risk_level if isinstance(risk_level, int) else None,
            corroboration=confirmed,
            speaker=signal.frozen["person"]["role"] if speaks else None,
            carried=speaks and bool(signal.frozen["carried"]),
            young=signal.risk in TO_PEOPLE and any(is_young(f"{one.title} {one.text}") for one in mentions.get(tx, signal.evidence)),
            flagged=flagged,
            flag_drew=drew,
            flag_views=views,
        )

    def _flag(self, tx: Tx, signal: Signal) -> tuple[bool, int | None, int | None]:
        """Whether a person flagged what the signal rests on, and the most that such a post drew and was viewed by now; None is unknown."""
        numbers = flags.among(tx, signal.evidence)
        last = [series[-1] for series in readings.of(tx, numbers).values()] if numbers else []
        drew = max((one.total for one in last if one.total is not None), default=None)
        return bool(numbers), drew, max((one.views for one in last if one.views is not None), default=None)

    def _damped(self, tx: Tx, signal: Signal, before: Incident | None, weighed: Weighed) -> Weighed:
        """The same, lower where the industry as a whole explains it; never where a cause of our own is known."""
        topic = self._topics.get(signal.topic_id or "")
        if topic is None or not is_of_counts(signal) or not may_be_lowered(weighed.severity, weighed.factors):
            return weighed
        if before is not None and is_caused_key(before.key):
            return weighed
        storm = storm_of([self._rise(tx, peer, signal, but=topic) for peer in self._peers(topic)])
        if topic.kind == "industry" and any(one.kind == "brand" and one.industry == topic.industry for one in self._topics.values()):
            storm = storm or Storm(names=(topic.name or topic.id,), times=self._rise(tx, topic, signal).times or 0.0, share=0.0)
            return _lower(weighed, storm, to_watch=True)
        if storm is None or topic.kind == "person":
            return weighed
        if topic.kind == "brand" and not explains(storm, self._rise(tx, topic, signal), signal.kind):
            return weighed
        return _lower(weighed, storm, to_watch=topic.kind != "brand")

    def _peers(self, topic: TopicFacts) -> list[TopicFacts]:
        """The other topics that stand for its industry, the industry itself first."""
        same = (one for one in self._topics.values() if one.industry == topic.industry and one.id != topic.id)
        peers = [one for one in same if one.kind in STAND_FOR_IT]
        return sorted(peers, key=lambda one: (one.kind != "industry", one.id))[:PEERS]

    def _rise(self, tx: Tx, topic: TopicFacts, signal: Signal, but: TopicFacts | None = None) -> Rise:
        """A topic over the window of a signal; of a peer, what is about `but` as well is left out."""
        end = signal.bucket_start + timedelta(minutes=1)
        start = end - min(max(timedelta(seconds=signal.scale_s), LEAST_WINDOW), LONGEST_WINDOW)
        if but is None:
            told = mentions.told_in(tx, topic.id, start, end)
            heard, negative = told.mentions, told.negative
        else:
            heard, negative = mentions.apart(tx, topic.id, but.id, start, end)
        return Rise(
            name=topic.name or topic.id,
            kind=topic.kind,
            mentions=heard,
            negative=negative,
            usual=_usual(tx, topic.id, start, end) if heard else None,
            signalled=bool(heard and signals.topics_with(tx, VOLUME_KINDS, [topic.id], signal.raised_at - LATELY, signal.raised_at)),
        )


def _usual(tx: Tx, topic_id: str, start: datetime, end: datetime) -> float | None:
    """What the same hours of the days before held, by their median; None where no such day was counted yet."""
    first = series.first(tx, topic_id)
    before = [(start - number * DAY, end - number * DAY) for number in range(1, DAYS + 1)]
    known = [span for span in before if first is not None and span[0].timestamp() >= first]
    return median(series.counted(tx, topic_id, *span) for span in known) if known else None


def _lower(weighed: Weighed, storm: Storm, *, to_watch: bool) -> Weighed:
    severity, factors = lowered(weighed.severity, weighed.factors, storm, to_watch=to_watch)
    args = {"topics": list(storm.names), "times": round(storm.times, 1), "old": weighed.severity, "new": severity}
    return Weighed(severity=severity, factors=factors, remarks=(Words(key="timeline.industry_rises", args=args),))


def _held(weighed: Weighed, budget: Budget, ruling: Ruling) -> Weighed:
    """To be watched only, with the reason."""
    args = {"severity": weighed.severity, "a_week": ruling.a_week, "topics": budget.topics, "alarms": budget.alarms, "used": ruling.used}
    name = "budget_spent" if ruling.because == "spent" else "budget"
    factor = Factor(name=name, value=budget.alarms if ruling.because == "spent" else ruling.a_week, speaks_for="watch")
    said = Words(key=f"timeline.held_by_{name}", args=args)
    return Weighed(severity="watch", factors=(factor, *weighed.factors), remarks=(*weighed.remarks, said))
