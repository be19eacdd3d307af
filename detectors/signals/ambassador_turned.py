"""Ambassador turned: somebody who stands for the brand speaks against it.

One post is enough: an ambassador, a partner or a VIP is believed, and heard by many. Only what surely is against us counts: an unsure tone, a question,
praise and jokes do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final

from pydantic import Field

from core.records import Risk, Words
from detectors.base import Finding, SignalOptions
from detectors.buckets import MINUTE_S
from detectors.people import CLOSE, Voice

KIND = "ambassador_turned"
ANY_TONE: Final = 1  # level of a risk that is told whatever the tone, unless it is surely praise
BREACHES: Final = frozenset({"insult", "hate", "scam"})  # "scam" is an account that was taken over; adverts are what ambassadors are for
SORE_SCORE: Final = 0.9  # of a risk: the words stand in the lexicon


class Options(SignalOptions):
    """What counts as against us.

    `risk_up_to`: the mildest level of a risk that counts; from level 2 on, and breaches, only in a negative tone. `surely`: the tone alone counts
    only where the model would stand by it. `weak`: a mention whose topic was matched by an ambiguous term only counts too.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"risk_up_to": 1},
        "sensitive": {"risk_up_to": 3, "surely": False, "weak": True},
    }

    risk_up_to: int = Field(default=2, ge=0, le=3)
    surely: bool = True
    weak: bool = False


class Detector:
    """Ambassador turned: a mention of the brand by an ambassador, a partner or a VIP that is surely negative, or says a risk of it.

    Somebody else's complaint that they pass on counts too, and is told as such.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from core.records import Sentiment
        >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        >>> sour = Sentiment(negative=0.9, neutral=0.08, positive=0.02, confident=True)
        >>> said = {"at": noon, "topic_id": "acme", "topic_kind": "brand", "source_id": "forum", "sentiment": sour}
        >>> Detector(Options()).attend(Voice(person="ngoc", name="Ngọc", role="ambassador", **said)).words.key
        'signal.ambassador_turned'
    """

    version = "1"

    def __init__(self, options: Options) -> None:
        self._options = options

    def attend(self, voice: Voice) -> Finding | None:
        """Judge one mention by somebody whom we know; see `detectors.people.VoiceDetector.attend`."""
        if voice.role not in CLOSE or voice.topic_kind != "brand" or voice.kind == "own" or (voice.weak and not self._options.weak):
            return None
        sore = _sore(voice, self._options)
        if sore is None and not _is_sour(voice, self._options):
            return None
        return _finding(voice, sore, self._options)

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the tone and the risk that the finding froze."""
        return _score(frozen["negative"], frozen["family"])


def _sore(voice: Voice, options: Options) -> Risk | None:
    """The gravest risk or breach that is said of the brand; None where there is none, or it is told in another tone."""
    label = voice.sentiment.label
    if label == "positive" and voice.sentiment.confident:
        return None
    graver = [risk for risk in voice.risks if risk.level <= min(options.risk_up_to, ANY_TONE)]
    if label == "negative" and voice.triage != "question":
        breaches = BREACHES if options.risk_up_to > ANY_TONE else frozenset()
        graver += [risk for risk in voice.risks if risk.level <= options.risk_up_to or risk.family in breaches]
    return min(graver, key=lambda risk: risk.level, default=None)


def _is_sour(voice: Voice, options: Options) -> bool:
    """Whether the tone alone says it; who asks or wants to buy does not turn away."""
    sentiment = voice.sentiment
    return (
        sentiment.label == "negative" and (sentiment.confident or not options.surely) and voice.triage not in ("question", "lead", "spam")
    )


def _score(negative: float, family: str | None) -> float:
    return round(max(0.5 + negative / 2 * 0.8, SORE_SCORE if family else 0.0), 3)


def _finding(voice: Voice, sore: Risk | None, options: Options) -> Finding:
    row = voice.at.replace(second=0, microsecond=0)
    family, carried = (None if sore is None else sore.family), voice.kind == "repost"
    key = f"signal.{KIND}" + (".carried" if carried else "") + (".risk" if sore else "")
    args = {"topic": voice.topic_id, "person": voice.name, "role": voice.role, "risk": family, "term": None if sore is None else sore.term}
    return Finding(
        kind=KIND,
        bucket_start=row,
        window_start=row,
        window_end=row + timedelta(seconds=MINUTE_S),
        scale_s=MINUTE_S,
        observed=1.0,
        expected=None,
        low=None,
        high=None,
        score=_score(voice.sentiment.negative, family),
        words=Words(key=key, args=args),
        risk=family,
        place_id=voice.place_id,
        about=f"person:{voice.person}",
        evidence=(voice.mention_id,) if voice.mention_id else (),
        frozen={
            "version": Detector.version,
            "options": options.model_dump(),
            "person": {"id": voice.person, "name": voice.name, "role": voice.role, "beside": 0.0},
            "carried": carried,
            "negative": voice.sentiment.negative,
            "confident": voice.sentiment.confident,
            "family": family,
            "level": None if sore is None else sore.level,
        },
    )
