"""What one mention raises by itself: the risks that it says, and who says it. Asked in the transaction that counts the mention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.records import Record, Risk, Signal, TopicKind, TopicMatch
from detectors.base import Finding, Heard, MentionDetector
from detectors.counting import Counted
from detectors.people import Person, Voice, VoiceDetector, about_person
from detectors.raising import Crowd, signal_of
from detectors.registry import Known
from store import enrichments
from store.database import Tx

RISK_WINDOW: Final = timedelta(hours=1)


class Topic(Record, frozen=True, kw_only=True, gc=False):
    """A topic as the Enricher needs it: its kind, the version of its query that counts are made with (rule 9), and the person whom alone it is about."""

    id: str
    name: str
    kind: TopicKind
    version: str
    person: Person | None = None


class Judge:
    """Asks the detectors of single mentions.

    Args:
        topics: by id.
        detectors: kind -> what judges a risk.
        people: kind -> what judges a risk that is said of a person of ours; these alone are asked of the topics of people.
        voices: kind -> what judges a mention by somebody whom we know.
        generation: the configuration's number, which signals carry.
    """

    def __init__(
        self,
        topics: Mapping[str, Topic],
        detectors: Mapping[str, MentionDetector],
        *,
        people: Mapping[str, MentionDetector],
        voices: Mapping[str, VoiceDetector],
        generation: int,
    ) -> None:
        self._topics = dict(topics)
        self._detectors = list(detectors.values())
        self._people = list(people.values())
        self._voices = list(voices.values())
        self._generation = generation

    def judge(self, tx: Tx, one: Counted, speaker: Known | None, at: datetime, now: datetime) -> list[Signal]:
        """What a mention raises by itself, or together with others that spoke of the same risk within the hour; `speaker` is its author, where we know them."""
        surely = {match.topic_id for match in one.said.topics if not match.weak}
        raised: list[Signal] = []
        for match in one.said.topics:
            topic = self._topics.get(match.topic_id)
            if topic is None or _is_told_of_the_brand(topic, surely):
                continue
            if one.said.risks:
                raised += self._judge_risks(tx, one, match, topic, at, now)
            if speaker is not None and topic.person is None:
                voice = _voice(one, match, topic, speaker, at)
                findings = [detector.attend(voice) for detector in self._voices]
                raised += [self._signal(tx, finding, topic, [], now) for finding in findings if finding is not None]
        return raised

    def _judge_risks(self, tx: Tx, one: Counted, match: TopicMatch, topic: Topic, at: datetime, now: datetime) -> Iterator[Signal]:
        seen = enrichments.risks_since(tx, topic.id, at - RISK_WINDOW)
        recent = [_recent(each, topic) for each in seen if each.mention_id != one.mention.id]
        for risk in one.said.risks:
            heard = _heard(one, match, topic, risk, at)
            for detector in self._detectors if topic.person is None else self._people:
                finding = detector.judge(heard, recent)
                if finding is not None:
                    yield self._signal(tx, finding, topic, [heard, *recent], now)

    def _signal(self, tx: Tx, finding: Finding, topic: Topic, heard: Sequence[Heard], now: datetime) -> Signal:
        told = enrichments.story_ids(tx, finding.evidence)
        voices = {each.author for each in heard if each.mention_id in finding.evidence} - {None}
        alone = [mention_id for mention_id in finding.evidence if mention_id not in told]
        crowd = Crowd(mentions=len(finding.evidence), stories=len(set(told.values())) + len(alone), authors=len(voices) or None)
        topic_id, name = topic.id, topic.name
        if topic.person is not None:
            finding = about_person(finding, topic.person, heard_in=topic.id, beside=0.0)
            topic_id, name = topic.person.topic_id, topic.person.brand
        generation = self._generation
        return signal_of(finding, topic_id=topic_id, topic_name=name, now=now, generation=generation, crowd=crowd, query=topic.version)


def _is_told_of_the_brand(topic: Topic, surely: set[str]) -> bool:
    """Whether a mention in a person's topic surely names the brand too: what it says is judged there, and told once."""
    return topic.person is not None and topic.person.topic_id != topic.id and topic.person.topic_id in surely


def _heard(one: Counted, match: TopicMatch, topic: Topic, risk: Risk, at: datetime) -> Heard:
    mention = one.mention
    return Heard(
        at=at,
        topic_id=topic.id,
        topic_kind=topic.kind,
        risk=risk,
        source_id=mention.source_id,
        weak=match.weak,
        author=None if mention.author is None else mention.author.key,
        lang=one.said.language,
        kind=one.kind,
        mention_id=mention.id,
        place_id=match.place_id,
    )


def _recent(seen: enrichments.RiskSeen, topic: Topic) -> Heard:
    return Heard(
        at=seen.at,
        topic_id=topic.id,
        topic_kind=topic.kind,
        risk=seen.risk,
        source_id=seen.source_id,
        weak=seen.weak,
        author=seen.author,
        kind=seen.kind,
        mention_id=seen.mention_id,
        place_id=seen.place_id,
    )


def _voice(one: Counted, match: TopicMatch, topic: Topic, speaker: Known, at: datetime) -> Voice:
    mention = one.mention
    return Voice(
        at=at,
        topic_id=topic.id,
        topic_kind=topic.kind,
        person=speaker.id,
        name=speaker.name,
        role=speaker.role,
        source_id=mention.source_id,
        sentiment=one.said.sentiment,
        risks=one.said.risks,
        triage=one.said.triage,
        weak=match.weak,
        kind=one.kind,
        author=None if mention.author is None else mention.author.key,
        place_id=match.place_id,
        mention_id=mention.id,
    )
