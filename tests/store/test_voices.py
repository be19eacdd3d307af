"""Who said what in a topic."""

from datetime import timedelta

import sqlalchemy as sa

from core.records import Enrichment, Sentiment, TopicMatch
from store import enrichments, mentions, schema, sources, voices
from tests import make

CALM = Sentiment(negative=0.1, neutral=0.8, positive=0.1, confident=True)


def say(tx, *said):
    """Store mentions, all about acme."""
    heard = dict(zip(mentions.add(tx, said).new, said, strict=True))
    match = TopicMatch(topic_id="acme", version="1", terms=())
    for mention_id, mention in heard.items():
        enrichments.save(
            tx, Enrichment(mention_id=mention_id, language="en", topics=(match,), sentiment=CALM), counts_at=mention.at, story_id=None
        )
    return list(heard)


def test_the_newest_are_read_oldest_first_with_who_and_since_when(database, now):
    def read(tx):
        sources.open_recordings(tx, {"forum": "test"}, now - timedelta(days=9))
        say(tx, *(make.mention(f"number {hours}", at=now - timedelta(hours=hours)) for hours in (3, 2, 1, 0)))
        say(
            tx,
            make.mention("our own", at=now - timedelta(hours=1), kind="own"),
            make.mention("late", at=now - timedelta(hours=1), arrival="late"),
        )
        return voices.heard(tx, "acme", now - timedelta(hours=5), now, 2, chars=8)

    heard = database.write_now(read)
    assert [voice.text for voice in heard] == ["number 2", "number 1"], "cut, live, not our own, before the end, the newest two"
    assert [voice.at for voice in heard] == [now - timedelta(hours=2), now - timedelta(hours=1)]
    assert [(voice.source_since, voice.author_since is None, voice.story_id) for voice in heard] == [
        (now - timedelta(days=9), False, None)
    ] * 2


def test_a_text_that_is_gone_is_empty_and_still_counts(database, now):
    def read(tx):
        (mention_id,) = say(tx, make.mention("ấm cháy", at=now))
        tx.execute(sa.delete(schema.mention_texts).where(schema.mention_texts.c.mention_id == mention_id))
        return voices.heard(tx, "acme", now, now + timedelta(hours=1), 9, chars=99)

    (voice,) = database.write_now(read)
    assert (voice.title, voice.text, voice.source_since) == ("", "", None)
    assert database.read_now(voices.heard, "rival", now, now, 9, chars=9) == []
