from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from core.records import Author, Engagement, Enrichment, Sentiment, TopicMatch
from store import enrichments, mentions, schema
from store.database import insert
from tests import make

HOUR = timedelta(hours=1)


def rows(tx, table):
    return [dict(row) for row in tx.execute(sa.select(table)).mappings()]


def erase(tx, mention_id, now):
    """What an erasure does: the text, and the author's name, go for good."""
    key = tx.execute(sa.select(schema.mentions.c.key).where(schema.mentions.c.id == mention_id)).scalar_one()
    tx.execute(insert(tx, schema.tombstones).values(key=key, erased_at=now))
    tx.execute(sa.delete(schema.mention_texts).where(schema.mention_texts.c.mention_id == mention_id))
    tx.execute(sa.update(schema.authors).values(handle=None, name=None, erased_at=now))


def enriched(tx, mention, *, topic="acme", negative=0.1):
    """A stored mention that was found to be about a topic."""
    (mention_id,) = mentions.add(tx, [mention]).new
    feeling = Sentiment(negative=negative, neutral=round(0.9 - negative, 3), positive=0.1, confident=True)
    match = TopicMatch(topic_id=topic, version="1", terms=("acme",))
    said = Enrichment(mention_id=mention_id, language="en", topics=(match,), sentiment=feeling)
    enrichments.save(tx, said, counts_at=mention.at, story_id=None)
    return mention_id


def test_a_mention_comes_back_as_it_was(database, now):
    mention = make.mention(
        "Ấm siêu tốc nổ 🫖",
        title="Tựa",
        url="https://forum.example/1",
        lang="vi",
        kind="repost",
        repost_of="7",
        reply_to="8",
        reach=10**11,
        engagement=Engagement(likes=3, replies=0, reposts=None),
        author=None,
        edited_at=now,
    )
    mention = replace(mention, author=Author(key="forum/an", handle="an", name="Ân", followers=10**10))
    added = database.write_now(mentions.add, [mention])
    (back,) = database.read_now(mentions.get, added.new)
    assert back == replace(mention, id=added.new[0])


def test_the_same_page_twice_adds_nothing(database):
    page = [make.mention(), make.mention()]
    first = database.write_now(mentions.add, page)
    again = database.write_now(mentions.add, page)
    assert (len(first.new), first.known) == (2, 0)
    assert (again.new, again.revised, again.known) == ((), (), 2)
    assert database.read_now(mentions.count) == 2


def test_the_same_mention_twice_on_a_page_is_one(database):
    mention = make.mention()
    assert len(database.write_now(mentions.add, [mention, mention]).new) == 1


def test_an_empty_page_adds_nothing(database):
    assert database.write_now(mentions.add, []) == mentions.Added(new=(), revised=(), known=0)


def test_a_changed_text_becomes_a_revision_and_moves_no_count(database, now):
    mention = make.mention("Acme is fine")
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    assert database.write_now(mentions.mark_enriched, [mention_id], now) == {mention_id}
    later = replace(mention, text="Acme burns", seen_at=now + HOUR)
    added = database.write_now(mentions.add, [later])
    assert (added.new, added.revised) == ((), (mention_id,))
    (back,) = database.read_now(mentions.get, [mention_id])
    assert (back.text, back.edited_at, back.seen_at) == ("Acme burns", now + HOUR, now)
    (revision,) = database.read_now(rows, schema.revisions)
    assert (revision["text"], revision["seen_at"]) == ("Acme is fine", now + HOUR)
    assert database.read_now(mentions.to_enrich, 10) == []
    assert database.write_now(mentions.add, [later]).revised == ()


def test_an_erased_mention_stays_away(database, now):
    mention = make.mention()
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    database.write_now(erase, mention_id, now)
    again = database.write_now(mentions.add, [replace(mention, text="back again")])
    assert again == mentions.Added(new=(), revised=(), known=0)
    (back,) = database.read_now(mentions.get, [mention_id])
    assert (back.text, back.title, back.url) == ("", "", None)


def test_an_erased_author_is_not_named_again(database, now):
    mention = make.mention(author="an")
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    database.write_now(erase, mention_id, now)
    (again,) = database.write_now(mentions.add, [make.mention(author="an")]).new
    (back,) = database.read_now(mentions.get, [again])
    assert (back.author.key, back.author.handle) == ("forum/an", None)


def test_what_a_platform_no_longer_tells_of_an_author_is_kept(database):
    known = make.mention(author="an")
    database.write_now(mentions.add, [replace(known, author=Author(key="forum/an", handle="an", followers=7))])
    (second,) = database.write_now(mentions.add, [replace(make.mention(), author=Author(key="forum/an", name="An"))]).new
    (back,) = database.read_now(mentions.get, [second])
    assert back.author == Author(key="forum/an", handle="an", name="An", followers=7)


def test_who_marks_counts(database, now):
    """Of two enrichers one marks, and only the one that marks may count."""
    added = database.write_now(mentions.add, [make.mention(), make.mention()]).new
    assert database.write_now(mentions.mark_enriched, added[:1], now) == {added[0]}
    assert database.write_now(mentions.mark_enriched, added, now) == {added[1]}
    assert database.write_now(mentions.mark_enriched, added, now) == set()
    assert database.read_now(mentions.to_enrich, 10) == []


def test_what_waits_is_found_oldest_first(database, now):
    old, new = make.mention(at=now - HOUR), make.mention(at=now)
    added = database.write_now(mentions.add, [new, old]).new
    assert database.read_now(mentions.to_enrich, 1) == [added[0]]
    assert len(database.read_now(mentions.to_enrich, 10, seen_before=now - HOUR / 2)) == 1


def test_attempts_are_counted(database):
    (mention_id,) = database.write_now(mentions.add, [make.mention()]).new
    assert [database.write_now(mentions.push_forward, mention_id) for _ in range(2)] == [1, 2]


def test_mentions_come_in_the_order_asked_and_the_unknown_are_left_out(database):
    added = database.write_now(mentions.add, [make.mention(), make.mention()]).new
    found = database.read_now(mentions.get, [added[1], 999_999, added[0]])
    assert [mention.id for mention in found] == [added[1], added[0]]


def test_a_mention_without_an_author_has_none(database):
    (mention_id,) = database.write_now(mentions.add, [replace(make.mention(), author=None)]).new
    assert database.read_now(mentions.get, [mention_id])[0].author is None
    assert database.read_now(mentions.author_ids, [mention_id]) == {}


def test_a_topics_mentions_are_listed_by_when_they_count(database, now):
    late = make.mention("late", at=now, arrival="late")
    old = database.write_now(enriched, make.mention("old", at=now - HOUR))
    kept = database.write_now(enriched, make.mention("kept", at=now, arrival="backfill"))
    new = database.write_now(enriched, make.mention("new", at=now))
    late_id = database.write_now(enriched, late)
    database.write_now(enriched, make.mention("other", at=now), topic="other")
    listed = database.read_now(mentions.in_topic, "acme", now - HOUR, now + HOUR, 10)
    assert [mention.id for mention in listed] == [late_id, new, old]
    live = database.read_now(mentions.in_topic, "acme", now, now + HOUR, 10, arrivals=("live", "backfill"))
    assert [mention.id for mention in live] == [new, kept]


def test_history_is_read_in_pages_and_without_what_was_erased(database, now):
    page = [make.mention(text, at=now - hours * HOUR) for hours, text in enumerate(["now", "gone", "before", "long ago"])]

    def work(tx):
        first, gone, before, _ = mentions.add(tx, page).new
        erase(tx, gone, now)
        since = now - 2 * HOUR
        assert [each.text for each in mentions.history(tx, since, limit=10)] == ["now", "before"]
        assert [each.id for each in mentions.history(tx, since, limit=1)] == [first]
        assert [each.id for each in mentions.history(tx, since, after=first, limit=1)] == [before]
        assert mentions.history(tx, since, after=before, limit=1) == []

    database.write_now(work)


def test_what_live_mentions_say_together_is_exact(database, now):
    database.write_now(enriched, make.mention(author="an", at=now, reach=100), negative=0.8)
    database.write_now(enriched, make.mention(author="an", at=now, source="forum"), negative=0.8)
    database.write_now(enriched, make.mention(author="binh", at=now, source="press"))
    database.write_now(enriched, make.mention(at=now, arrival="late", source="archive"))
    told = database.read_now(mentions.told_in, "acme", now, now + HOUR)
    assert told == mentions.Told(mentions=3, negative=2, authors=2, reach=100, sources=("forum", "press"), stories=3)


def test_reach_and_authors_that_nobody_told_are_unknown_and_not_zero(database, now):
    database.write_now(enriched, replace(make.mention(at=now), author=None))
    told = database.read_now(mentions.told_in, "acme", now, now + HOUR)
    assert (told.mentions, told.reach, told.authors) == (1, None, None)
    nothing = database.read_now(mentions.told_in, "acme", now + HOUR, now + 2 * HOUR)
    assert nothing == mentions.Told(0, 0, None, None, ())


@pytest.mark.parametrize("published", [timedelta(days=30), timedelta(0), -timedelta(hours=3)])
def test_a_mention_counts_when_it_was_published_never_in_the_future(database, now, published):
    mention = replace(make.mention(at=now), published_at=now + published)
    database.write_now(mentions.add, [mention])
    (row,) = database.read_now(rows, schema.mentions)
    assert row["counts_at"] == min(now, now + published)


def test_a_large_page_is_stored_whole(database):
    page = [make.mention(f"Acme {number}") for number in range(1500)]
    added = database.write_now(mentions.add, page)
    assert len(added.new) == 1500
    texts = {mention.text for mention in database.read_now(mentions.get, added.new)}
    assert texts == {mention.text for mention in page}
