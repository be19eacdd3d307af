"""What was said in a topic, as those who follow a conversation read it."""

from datetime import timedelta

import sqlalchemy as sa

from core.records import Engagement, Enrichment, Risk, Sentiment, TopicMatch
from store import enrichments, mentions, readings, schema, sources, talk
from tests import make

CALM = Sentiment(negative=0.1, neutral=0.8, positive=0.1, confident=True)


def say(tx, mention, **understood):
    """Store a mention about acme."""
    (mention_id,) = mentions.add(tx, [mention]).new
    match = TopicMatch(topic_id="acme", version="1", terms=(), place_id="q1", weak=True)
    said = Enrichment(mention_id=mention_id, language="vi", topics=(match,), sentiment=CALM, **understood)
    enrichments.save(tx, said, counts_at=mention.at, story_id=None)
    return mention_id


def test_the_newest_are_read_oldest_first_with_who_and_what_is_known_of_them(database, now):
    def read(tx):
        sources.open_recordings(tx, {"forum": "test"}, now - timedelta(days=9))
        for hours in (3, 2, 1, 0):
            say(tx, make.mention(f"number {hours}", at=now - timedelta(hours=hours)))
        outage = Risk(family="outage", level=2, term="sập")
        parts = {"parent_key": b"p" * 16, "repost_of": "7", "engagement": Engagement(reposts=5), "reach": 90, "title": "Hỏi"}
        last = make.mention("app sập à", at=now - timedelta(minutes=5), seen_at=now, author="an", kind="own", **parts)
        say(tx, last, risks=(outage,), triage="question", author_role="staff")
        for minutes, counter in ((90, 1), (40, 3), (10, 5)):
            readings.add(tx, 5, Engagement(reposts=counter), now - timedelta(minutes=minutes), "forum")
        return last, talk.heard(tx, "acme", now - timedelta(hours=5), now, 3)

    last, heard = database.write_now(read)
    assert [one.text for one in heard] == ["number 2", "number 1", "app sập à"], "before the end, the newest three"
    said = heard[-1]
    assert (said.who, said.role, said.kind, said.is_reply, said.repost_of) == ("forum/an", "staff", "own", True, "7")
    assert (said.key, said.native_id, said.at, said.seen_at) == (last.key, last.native_id, now - timedelta(minutes=5), now)
    assert (said.risks[0].family, said.triage, said.sentiment, said.language) == ("outage", "question", CALM, "vi")
    assert (said.reposts_before, heard[0].reposts_before) == (3, None)
    assert (said.reach, said.reposts, said.place_id, said.weak, said.words) == (90, 5, "q1", True, "Hỏi\napp sập à")
    assert said.source_since == now - timedelta(days=9)
    assert said.author_since is not None


def test_only_what_came_live_and_still_stands_is_talk(database, now):
    def read(tx):
        say(tx, make.mention("late", at=now, arrival="late"))
        gone = say(tx, make.mention("gone", at=now))
        tx.execute(sa.update(schema.mentions).where(schema.mentions.c.id == gone).values(deleted_at=now))
        erased = say(tx, make.mention("erased", at=now))
        tx.execute(sa.delete(schema.mention_texts).where(schema.mention_texts.c.mention_id == erased))
        return talk.heard(tx, "acme", now, now + timedelta(hours=1), 9)

    (said,) = database.write_now(read)
    assert (said.words, said.sentiment) == ("", CALM)
    assert database.read_now(talk.heard, "rival", now, now, 9) == []
