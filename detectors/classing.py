"""What a mention that was read counts as: its story, its class, its reach; and the row that keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from core.records import Enrichment
from detectors.counting import Counted
from detectors.reading import Read, Reader
from detectors.telling import Telling, Told, tell
from store import mentions
from store.database import Tx
from store.enrichments import Saved


def classed(tx: Tx, reader: Reader, batch: Sequence[Read]) -> list[Counted]:
    """Each with its story, class and reach, which the mention's row is given too. Tell stories in turn (`stories.in_turn`)."""
    told = told_by(tx, batch)
    author_ids = mentions.author_ids(tx, [read.mention.id for read in batch])
    counted = [counted_as(reader, read, told.get(read.mention.id), author_ids.get(read.mention.id)) for read in batch]
    changed = [(one.mention.id, one.kind, one.reach) for one in counted if (one.kind, one.reach) != (one.mention.kind, one.mention.reach)]
    mentions.set_class(tx, changed)
    return counted


def told_by(tx: Tx, batch: Sequence[Read]) -> dict[int, Told]:
    """The story that each tells, by mention; those that tell none are left out."""
    heard = [(read.mention, read.sketch) for read in batch if read.sketch is not None]
    return tell(tx, [Telling(mention.id, mention.source_id, mention.at, mention.seen_at, sketch) for mention, sketch in heard])


def counted_as(reader: Reader, read: Read, story: Told | None, author_id: int | None) -> Counted:
    """What a mention counts as that tells this story."""
    kind = reader.class_of(read, None if story is None else story.first_source)
    role = None if read.entry is None else read.entry.role
    return Counted(read.mention, read.said, kind, author_id, None if story is None else story.story_id, _reach(read), role)


def saved(reader: Reader, one: Counted) -> Saved:
    """The row that keeps what was understood."""
    enrichment = Enrichment(
        mention_id=one.mention.id,
        language=one.said.language,
        topics=one.said.topics,
        sentiment=one.said.sentiment,
        risks=one.said.risks,
        fingerprint=one.said.fingerprint,
        model=reader.model_of(one.said.topics),
        author_role=one.role,
        triage=one.said.triage,
    )
    return Saved(enrichment=enrichment, counts_at=one.mention.at, story_id=one.story_id)


def _reach(read: Read) -> int | None:
    """Whom it may have reached: as the platform tells, else the author's followers, else what the registry says."""
    author = read.mention.author
    told = (read.mention.reach, None if author is None else author.followers, None if read.entry is None else read.entry.reach)
    return next((people for people in told if people is not None), None)
