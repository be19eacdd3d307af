"""Ambassador in trouble: an ambassador, a partner or a VIP of ours is what people are angry about.

What is said of each is a topic of its own, found by name and nickname, with a baseline of its own. Three questions are put to it, those of `negative_surge`,
`volume_spike` and `single_risk`, and whatever answers is trouble of the brand that the person stands for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec.structs import replace
from pydantic import Field

from core.records import Words
from detectors.base import Finding, Heard, SignalOptions, State
from detectors.buckets import Buckets
from detectors.signals import negative_surge, single_risk, volume_spike

KIND = "ambassador_in_trouble"


class Options(SignalOptions):
    """When it is trouble: `min_share` of what a volume spike says must be negative, or it is fame. The three questions are asked at the same sensitivity."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quiet": {"min_share": 0.3}, "sensitive": {"min_share": 0.05}}

    min_share: float = Field(default=0.15, ge=0.0, le=1.0)


class TroubleState(State, frozen=True, kw_only=True):
    """What each of the two questions that are put to counts remembers."""

    surge: negative_surge.SurgeState
    spike: volume_spike.SpikeState


class Detector:
    """Ambassador in trouble: a negative surge about a person of ours, a volume spike that is partly negative, or a grave risk said of them.

    Steps over the counts of a person's topic, and is asked of each risk in it.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> week = [1 if minute % 60 == 7 else 0 for minute in range(7 * 24 * 60)]
        >>> start, tone = datetime(2026, 11, 2, tzinfo=UTC), [0] * len(week)
        >>> angry = Buckets.of(start, week + [1] * 12, confident_negative=tone + [1] * 12, negative=tone + [1] * 12, topic_id="person:ngoc")
        >>> fame = Buckets.of(start, week + [1] * 12, topic_id="person:ngoc")
        >>> [[finding.kind for finding in findings(Detector(Options()), series)][:1] for series in (angry, fame)]
        [['ambassador_in_trouble'], []]
    """

    about_people = True  # it is asked of the topics of people, and of no other

    def __init__(self, options: Options) -> None:
        self._options = options
        self._surge = negative_surge.Detector(negative_surge.Options(sensitivity=options.sensitivity))
        self._spike = volume_spike.Detector(volume_spike.Options(sensitivity=options.sensitivity))
        self._risk = single_risk.Detector(single_risk.Options(sensitivity=options.sensitivity))
        self.version = f"1 {self._surge.version} {self._spike.version} {self._risk.version}"

    def start(self) -> TroubleState:
        """Nothing known yet."""
        return TroubleState(surge=self._surge.start(), spike=self._spike.start())

    def step(self, state: TroubleState, buckets: Buckets) -> tuple[TroubleState, Finding | None]:
        """Put both questions to the newest counts; a surge comes before a spike, and while it lasts it tells all. See `detectors.base.Detector.step`."""
        surge_state, surge = self._surge.step(state.surge, buckets)
        spike_state, spike = self._spike.step(state.spike, buckets)
        settled = [at for at in (surge_state.settled_to, spike_state.settled_to) if at is not None]
        after = TroubleState(settled_to=min(settled, default=None), surge=surge_state, spike=spike_state)
        if surge is not None:
            return after, self._told(surge, _share(surge, buckets))
        if spike is not None and not surge_state.burst.is_open and (share := _share(spike, buckets)) >= self._options.min_share:
            return after, self._told(spike, share)
        return after, None

    def judge(self, heard: Heard, recent: Sequence[Heard]) -> Finding | None:
        """Judge one risk that is said of the person, as `single_risk` does; see `detectors.base.MentionDetector.judge`."""
        found = self._risk.judge(heard, recent)
        return None if found is None else self._told(found, None)

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, by the question that was answered, from what it froze."""
        asked = {
            negative_surge.KIND: self._surge.rejudge,
            volume_spike.KIND: self._spike.rejudge,
            single_risk.KIND: self._risk.rejudge,
        }
        return asked[frozen["by"]](frozen["found"])

    def _told(self, found: Finding, share: float | None) -> Finding:
        """The answer to one of the questions, told of the person."""
        frozen = {"version": self.version, "options": self._options.model_dump(), "by": found.kind, "found": found.frozen}
        if "level" in found.frozen:
            frozen["level"] = found.frozen["level"]
        args = {**found.words.args, "person": found.words.args["topic"]} | ({} if share is None else {"share": round(share, 2)})
        return replace(found, kind=KIND, words=Words(key=f"signal.{KIND}.{found.kind}", args=args), frozen=frozen)


def _share(found: Finding, buckets: Buckets) -> float:
    """Share of what the finding's window says that is negative; 1.0 where it is not known, for what is not known does not calm."""
    window = buckets.last(found.scale_s)
    mentions = int(window.known(window.mentions).sum())
    return int(window.known(window.negative).sum()) / mentions if mentions else 1.0
