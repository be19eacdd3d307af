"""What was understood of stored mentions, and what has to be read again: with other models, with a changed query, with the words as they were.

Taken as stored is what the models in use now understood, of topics whose queries are the same; that is most of it, and costs a hundredth. What people
said of a mention afterwards, and what it said after an edit, was not known then: such mentions are read again too. Rows of a block are put right in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from core.records import Author, Engagement, Mention, Risk, Sentiment, TopicMatch
from detectors.classing import counted_as, saved, told_by
from detectors.counting import Counted
from detectors.enrich import MARKS_KEPT
from detectors.enrichment.records import Understood
from detectors.reading import Read, Reader
from store import stories
from store.bulk import json_text
from store.columns import as_text
from store.database import Database
from store.enrichments import Saved
from store.history import PLACES, Block, Row

PLAIN: Final = ("id", "key", "source_id", "native_id", "lang", "kind", "reply_to", "parent_key", "repost_of", "reach")
HEARD: Final = PLACES["mentions"]
SAID: Final = PLACES["enrichments"]
ABOUT: Final = PLACES["mention_topics"]


@dataclass
class Tolls:
    """How many mentions were taken as they were understood, how many were read again, and how many for the first time."""

    taken: int = 0
    read_again: int = 0
    read_first: int = 0


class Understanding:
    """Prepares blocks of history.

    Args:
        database: the backtest's own, in which stories are told.
        reader: reads mentions with all topics.
        reader_for: reads for one topic alone.
        versions: topic id -> version of its query now.
        counted_with: topic id -> version that the stored history was matched with.
        judged: mentions of which people said something.
    """

    def __init__(
        self,
        database: Database,
        reader: Reader,
        reader_for: Callable[[str], Reader],
        *,
        versions: Mapping[str, str],
        counted_with: Mapping[str, str],
        judged: set[int],
    ) -> None:
        self._database = database
        self._reader = reader
        self._changed = sorted(topic for topic, version in versions.items() if counted_with.get(topic) != version)
        self._readers = [reader_for(topic) for topic in self._changed] if len(self._changed) < len(versions) else []
        self._kept = set(versions) - set(self._changed)
        self._known = frozenset(versions)
        self._judged = judged
        self._topics: dict[bytes, tuple[str, ...]] = {}
        self.tolls = Tolls()

    def prepare(self, block: Block, arrivals: Mapping[int, str], edited: set[int]) -> dict[int, Counted]:
        """The mentions of a block that are about something, as they count; the rows of the block say the same afterwards.

        Args:
            block: as stored; the words of edited mentions as they were first.
            arrivals: by mention, where it is another than the stored one.
            edited: mentions whose stored enrichment is of later words.
        """
        for number in arrivals.keys() & block.mentions.keys():
            block.mentions[number] = changed(block.mentions[number], {"arrival": arrivals[number]})
        counted = {number: self._stored(block, block.mentions[number], row, arrivals) for number, row in block.enrichments.items()}
        wholly = self._to_read(block, edited)
        reads = self._read(block, wholly, self._reader, arrivals)
        if self._changed and self._readers:
            reads |= self._matched(block, counted, set(wholly), arrivals)
        fresh = [read for number, read in reads.items() if number not in counted and read.said.topics]
        again = {number: read for number, read in reads.items() if number in counted}
        for number, read in again.items():
            role = counted[number].role if read.entry is None else read.entry.role
            counted[number] = self._write(block, counted[number]._replace(said=read.said, role=role))
        counted |= self._fresh(block, fresh)
        about = {number: one for number, one in counted.items() if one.said.topics}
        self.tolls.read_first += len(fresh)
        self.tolls.read_again += len(again)
        self.tolls.taken += len(about.keys() - reads.keys())
        return about

    def _to_read(self, block: Block, edited: set[int]) -> list[int]:
        """Mentions that are to be understood anew, whole: where there are words."""
        if self._changed and not self._readers:
            wanted = set(block.mentions)
        else:
            model = SAID["model"]
            stale = {number for number, row in block.enrichments.items() if not self._reader.is_of(row[model])}
            enriched = HEARD["enriched_at"]
            unread = {number for number, row in block.mentions.items() if row[enriched] is None}
            wanted = stale | unread | ((self._judged | edited) & block.mentions.keys())
        return sorted(number for number in wanted if number in block.texts)

    def _read(self, block: Block, numbers: Sequence[int], reader: Reader, arrivals: Mapping[int, str]) -> dict[int, Read]:
        if not numbers:
            return {}
        batch = [_mention(block, block.mentions[number], arrivals, block.texts[number]) for number in numbers]
        read = reader.read(batch, self._topics)
        self._topics.update({each.mention.key: tuple(match.topic_id for match in each.said.topics) for each in read if each.said.topics})
        return {each.mention.id: each for each in read}

    def _matched(self, block: Block, counted: Mapping[int, Counted], wholly: set[int], arrivals: Mapping[int, str]) -> dict[int, Read]:
        """Mentions that enter or leave the changed topics by the queries as they are now, with the other topics that they stay in."""
        numbers = [number for number in sorted(block.texts) if number not in wholly]
        found: dict[int, list[Read]] = {}
        for reader in self._readers:
            for number, read in self._read(block, numbers, reader, arrivals).items():
                if read.said.topics or (number in counted and len(counted[number].said.topics) < len(block.topics.get(number, ()))):
                    found.setdefault(number, []).append(read)
        merged = {}
        for number, reads in found.items():
            matches = tuple(match for read in reads for match in read.said.topics)
            before = counted.get(number)
            said = reads[0].said if before is None else before.said
            kept = () if before is None else before.said.topics
            merged[number] = reads[0]._replace(said=replace(said, topics=(*kept, *matches)))
        return merged

    def _fresh(self, block: Block, reads: Sequence[Read]) -> dict[int, Counted]:
        """Mentions that no topic wanted when they were heard, or that nobody has read yet."""
        if not reads:
            return {}
        self._database.write_now(stories.forget_marks, reads[0].mention.at - MARKS_KEPT)
        told, place = self._database.write_now(told_by, reads), HEARD["author_id"]
        ones = [counted_as(self._reader, read, told.get(read.mention.id), block.mentions[read.mention.id][place]) for read in reads]
        return {one.mention.id: self._write(block, one) for one in ones}

    def _write(self, block: Block, one: Counted) -> Counted:
        """Put what was understood into the block's rows."""
        number, stored = one.mention.id, {row[ABOUT["topic_id"]]: row for row in block.topics.get(one.mention.id, ())}
        block.enrichments[number] = _enrichment_row(saved(self._reader, one))
        at = as_text(one.mention.at)
        block.topics[number] = [
            stored[match.topic_id]
            if not match.terms and match.topic_id in stored
            else (match.topic_id, number, match.version, json_text(match.terms), match.weak, at, match.place_id)
            for match in one.said.topics
        ]
        row = block.mentions[number]
        now_is = {"kind": one.kind, "reach": one.reach, "enriched_at": row[HEARD["enriched_at"]] or row[HEARD["seen_at"]]}
        block.mentions[number] = changed(row, now_is)
        return one

    def _stays(self, block: Block, number: int, topic_id: str) -> bool:
        """Whether a stored match holds still; what has lost its words stays what it was counted as."""
        return topic_id in self._kept or (number not in block.texts and topic_id in self._known)

    def _stored(self, block: Block, row: Row, said: Row, arrivals: Mapping[int, str]) -> Counted:
        """A mention as it was understood."""
        number = row[0]
        matches = tuple(_match(each) for each in block.topics.get(number, ()) if self._stays(block, number, each[ABOUT["topic_id"]]))
        feeling = Sentiment(
            negative=said[SAID["negative"]],
            neutral=said[SAID["neutral"]],
            positive=said[SAID["positive"]],
            confident=bool(said[SAID["confident"]]),
        )
        risks = () if said[SAID["risks"]] == "[]" else msgspec.json.decode(said[SAID["risks"]], type=tuple[Risk, ...])
        understood = Understood(
            language=said[SAID["language"]],
            topics=matches,
            sentiment=feeling,
            risks=risks,
            fingerprint=b"",
            triage=said[SAID["triage"]],
        )
        mention = _mention(block, row, arrivals, None)
        return Counted(
            mention, understood, mention.kind, row[HEARD["author_id"]], said[SAID["story_id"]], mention.reach, said[SAID["author_role"]]
        )


def changed(row: Row, values: Mapping[str, Any]) -> Row:
    """A row of `mentions` with other values in some columns."""
    return tuple(values.get(name, value) for (name, _), value in zip(HEARD.items(), row, strict=True))


def moment(text: str | None) -> datetime | None:
    """A time as SQLite keeps it, as an aware one."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _mention(block: Block, row: Row, arrivals: Mapping[int, str], words: Row | None) -> Mention:
    """The mention of a row; without its words where they are not asked for."""
    known = block.authors.get(row[HEARD["author_id"]])
    author = None if known is None else Author(key=known[1], handle=known[2], name=known[3], followers=known[4])
    return Mention(
        **{name: row[HEARD[name]] for name in PLAIN},
        arrival=arrivals.get(row[0], row[HEARD["arrival"]]),  # type: ignore[arg-type]
        published_at=moment(row[HEARD["published_at"]]),
        seen_at=moment(row[HEARD["seen_at"]]),  # type: ignore[arg-type]
        edited_at=moment(row[HEARD["edited_at"]]),
        engagement=Engagement(
            likes=row[HEARD["likes"]], replies=row[HEARD["replies"]], reposts=row[HEARD["reposts"]], views=row[HEARD["views"]]
        ),
        author=author,
        url=None if words is None else words[1],
        title="" if words is None else words[2],
        text="" if words is None else words[3],
    )


def _match(row: Row) -> TopicMatch:
    return TopicMatch(
        topic_id=row[ABOUT["topic_id"]],
        version=row[ABOUT["version"]],
        terms=(),
        weak=bool(row[ABOUT["weak"]]),
        place_id=row[ABOUT["place_id"]],
    )


def _enrichment_row(kept: Saved) -> Row:
    said = kept.enrichment
    values: dict[str, Any] = {
        "mention_id": said.mention_id,
        "language": said.language,
        **{name: getattr(said.sentiment, name) for name in ("negative", "neutral", "positive", "confident")},
        "risks": json_text(said.risks),
        "story_id": kept.story_id,
        "model": said.model,
        "author_role": said.author_role,
        "triage": said.triage,
    }
    return tuple(values[name] for name in SAID)
