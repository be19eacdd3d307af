"""What becomes of a page: readings of counters, edits, deletions at the source. On both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from core.records import Author, Engagement
from store import enrichments, mentions, schema
from store.database import insert
from tests import make
from tests.store.test_enrichments import said

HOUR = timedelta(hours=1)


def rows(tx, table):
    return [dict(row) for row in tx.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()]


def counters(database, mention_id):
    return database.read_now(mentions.get, [mention_id])[0].engagement


def test_counters_read_again_are_a_reading_and_no_count(database, now):
    mention = make.mention(engagement=Engagement(likes=3, views=10))
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    later = replace(mention, seen_at=now + HOUR, engagement=Engagement(likes=300, replies=4, views=None))
    added = database.write_now(mentions.add, [later])
    assert (added.new, added.revised, added.known, added.readings) == ((), (), 1, 1)
    (reading,) = database.read_now(rows, schema.readings)
    assert (reading["at"], reading["likes"], reading["replies"], reading["reposts"], reading["views"]) == (now + HOUR, 300, 4, None, 10)
    assert (reading["mention_id"], reading["by"]) == (mention_id, "forum")
    assert counters(database, mention_id) == Engagement(likes=300, replies=4, reposts=None, views=10)


def test_the_same_counters_again_are_no_reading(database, now):
    mention = make.mention(engagement=Engagement(likes=3))
    database.write_now(mentions.add, [mention])
    for told in (Engagement(likes=3), Engagement()):
        assert database.write_now(mentions.add, [replace(mention, seen_at=now + HOUR, engagement=told)]).readings == 0
    assert database.read_now(rows, schema.readings) == []


def test_counters_may_fall(database, now):
    mention = make.mention(engagement=Engagement(likes=3))
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    database.write_now(mentions.add, [replace(mention, seen_at=now + HOUR, engagement=Engagement(likes=1))])
    assert counters(database, mention_id).likes == 1


def test_counters_may_come_without_the_words(database, now):
    mention = make.mention("Acme", engagement=Engagement(likes=3))
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    told = {mention.key: Engagement(likes=9), b"nobody's key 16b": Engagement(likes=1)}
    assert database.write_now(mentions.read_counters, told, at=now + HOUR, by="forum") == 1
    assert database.write_now(mentions.read_counters, told, at=now + HOUR, by="forum") == 0
    assert database.write_now(mentions.read_counters, {}, at=now, by="forum") == 0
    assert counters(database, mention_id).likes == 9
    assert [row["likes"] for row in database.read_now(rows, schema.readings)] == [9]


def test_an_edit_waits_to_be_read_again_once_it_was_understood(database, now):
    mention = make.mention("Acme is fine")
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    edited = replace(mention, text="Acme burns", seen_at=now + HOUR)
    assert database.write_now(mentions.add, [edited]).revised == (mention_id,)
    assert database.read_now(mentions.to_read_again, 10) == []
    database.write_now(mentions.mark_enriched, [mention_id], now)
    assert database.read_now(mentions.to_read_again, 10) == [mention_id]
    assert database.write_now(mentions.mark_read_again, [mention_id]) == {mention_id}
    assert database.write_now(mentions.mark_read_again, [mention_id]) == set()


def test_several_edits_on_one_page_keep_each_its_former_text(database, now):
    page = [make.mention(f"Acme {number}") for number in range(3)]
    ids = database.write_now(mentions.add, page).new
    again = [replace(mention, text=f"{mention.text}!", seen_at=now + HOUR) for mention in page]
    assert set(database.write_now(mentions.add, again).revised) == set(ids)
    former = {row["mention_id"]: row["text"] for row in database.read_now(rows, schema.revisions)}
    assert former == {number: mention.text for number, mention in zip(ids, page, strict=True)}
    assert [mention.text for mention in database.read_now(mentions.get, ids)] == [mention.text for mention in again]


def delete_at_source(database, mention, now) -> datetime:
    assert database.write_now(mentions.remove, [mention.key], now) == 1
    return now


def test_a_deleted_post_loses_its_words_and_keeps_its_count(database, now):
    mention = make.mention("Ấm Acme cháy", title="Tựa", url="https://forum.example/1", engagement=Engagement(likes=7))
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    database.write_now(mentions.add, [replace(mention, text="Ấm Acme cháy to", seen_at=now + HOUR)])
    database.write_now(enrichments.save, said(mention_id), counts_at=now, story_id=None)
    delete_at_source(database, mention, now + 2 * HOUR)
    (back,) = database.read_now(mentions.get, [mention_id])
    assert (back.title, back.text, back.url, back.deleted_at) == ("", "", None, now + 2 * HOUR)
    assert (back.engagement.likes, back.author) == (7, mention.author)
    assert [(row["title"], row["text"]) for row in database.read_now(rows, schema.revisions)] == [("", "")]
    found = database.read_now(enrichments.get, [mention_id])[mention_id]
    assert (found.sentiment, found.topics[0].terms) == (said(mention_id).sentiment, ())
    assert database.read_now(mentions.told_in, "acme", now, now + HOUR).mentions == 1


def test_the_payload_of_a_deleted_post_goes_too(database, now):
    mention = make.mention()
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    row = {"mention_id": mention_id, "payload": b"{}", "media_type": "application/json", "sha256": "0" * 64}
    database.write_now(lambda tx: tx.execute(insert(tx, schema.mention_payloads).values(**row)))
    delete_at_source(database, mention, now)
    assert database.read_now(rows, schema.mention_payloads) == []


def test_hearing_a_deleted_post_again_brings_nothing_back(database, now):
    mention = make.mention("Acme burns")
    (mention_id,) = database.write_now(mentions.add, [mention]).new
    deleted_at = delete_at_source(database, mention, now + HOUR)
    again = replace(mention, text="Acme burns, again", seen_at=now + 2 * HOUR, engagement=Engagement(likes=9))
    added = database.write_now(mentions.add, [again])
    assert (added.new, added.revised, added.known, added.readings) == ((), (), 1, 0)
    (back,) = database.read_now(mentions.get, [mention_id])
    assert (back.text, back.deleted_at) == ("", deleted_at)


def test_a_deletion_is_told_once_and_of_known_mentions_alone(database, now):
    mention, other = make.mention(), make.mention()
    ids = database.write_now(mentions.add, [mention, other]).new
    assert database.write_now(mentions.remove, [mention.key, b"nobody's key 16b"], now) == 1
    assert database.write_now(mentions.remove, [mention.key], now + HOUR) == 0
    assert database.write_now(mentions.remove, [], now) == 0
    assert [mention.deleted_at for mention in database.read_now(mentions.get, ids)] == [now, None]


def test_an_author_is_brought_up_to_date_by_what_the_platform_tells(database):
    known = make.mention(author="an")
    database.write_now(mentions.add, [known])
    renamed = replace(known, author=Author(key="forum/an", handle="an", name="Ân", followers=70))
    database.write_now(mentions.add, [renamed, replace(make.mention(), author=renamed.author)])
    (row,) = database.read_now(rows, schema.authors)
    assert (row["name"], row["followers"]) == ("Ân", 70)


@pytest.mark.parametrize("size", [1, 40, 1500])
def test_ids_follow_the_order_of_the_page(database, size):
    page = [make.mention(f"Acme {number}") for number in range(size)]
    added = database.write_now(mentions.add, page)
    assert [added.ids[mention.key] for mention in page] == list(added.new)


def test_the_answer_that_was_taken_is_kept_from_when_it_was_first_seen(database, now):
    answer = make.mention("at the branch in Q1", native_id="a", at=now)
    for hours in (0, 1, 2):
        seen = now + timedelta(hours=hours)
        page = [replace(answer, seen_at=seen, accepted_at=seen if hours else None)]
        database.write_now(mentions.add, page)
    (stored,) = database.read_now(mentions.get, [1])
    assert stored.accepted_at == now + timedelta(hours=1)
