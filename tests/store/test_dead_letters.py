from datetime import timedelta

from store import dead_letters, mentions, signals
from tests import make

HOUR = timedelta(hours=1)


def test_the_newest_are_listed_first_with_what_failed(database, now):
    for number in (1, 2):
        database.write_now(dead_letters.add, now, "enricher", f"mention:{number}", "ValueError('ấm')", {"mention_id": number})
    newest, _ = database.read_now(dead_letters.listing)
    assert (newest.subject, newest.error, newest.payload, newest.at) == ("mention:2", "ValueError('ấm')", {"mention_id": 2}, now)
    assert newest.replayed_at is None
    assert len(database.read_now(dead_letters.listing, limit=1)) == 1


def test_a_mention_is_handed_back_to_the_enricher_once(database, now):
    """Once alone: handed back again after it was counted, it would count twice (rule 2)."""
    (mention_id,) = database.write_now(mentions.add, [make.mention()]).new
    database.write_now(mentions.push_forward, mention_id)
    database.write_now(mentions.mark_enriched, [mention_id], now)
    letter = database.write_now(dead_letters.add, now, "enricher", f"mention:{mention_id}", "bug", {"mention_id": mention_id})
    assert database.write_now(dead_letters.replay, letter, now + HOUR)
    assert database.read_now(mentions.to_enrich, 10) == [mention_id]
    assert database.write_now(mentions.push_forward, mention_id) == 1
    assert database.read_now(dead_letters.listing)[0].replayed_at == now + HOUR
    database.write_now(mentions.mark_enriched, [mention_id], now)
    assert not database.write_now(dead_letters.replay, letter, now + 2 * HOUR)
    assert database.read_now(mentions.to_enrich, 10) == []


def test_a_signal_is_handed_back_to_the_intake(database, now):
    (signal_id,) = database.write_now(signals.add, [make.signal()])
    database.write_now(signals.take, signal_id, now)
    letter = database.write_now(dead_letters.add, now, "intake", f"signal:{signal_id}", "bug", {"signal_id": signal_id})
    assert database.write_now(dead_letters.replay, letter, now)
    assert database.read_now(signals.to_take, 10) == [signal_id]


def test_what_no_stage_takes_back_is_not_replayed(database, now):
    letter = database.write_now(dead_letters.add, now, "attic", "thing:1", "bug", {})
    assert not database.write_now(dead_letters.replay, letter, now)
    assert not database.write_now(dead_letters.replay, 99, now)
    assert database.read_now(dead_letters.listing)[0].replayed_at is None
