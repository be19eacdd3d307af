import itertools

import sqlalchemy as sa
from msgspec.structs import replace

from core.records import Incident, Words
from store import evidence, incidents, mentions, schema
from tests import make


def opened(database, now):
    words = Words(key="signal.single_risk")
    new = Incident(key="acme", kind="single_risk", words=words, severity="major", opened_at=now, last_signal_at=now)
    return database.write_now(incidents.create, new)


def stored(database, *texts):
    added = database.write_now(mentions.add, [make.mention(text) for text in texts])
    return database.read_now(mentions.get, added.new)


def salts():
    numbers = itertools.count()
    return lambda: next(numbers).to_bytes(16)


def freeze(database, number, pieces, now, salt=None):
    return database.write_now(evidence.freeze, number, pieces, now, signal_id=None, salt=salt or salts())


def test_evidence_keeps_a_salted_digest_and_no_text(database, now):
    number, (mention,) = opened(database, now), stored(database, "the kettle of Mr An burns")
    assert freeze(database, number, [mention], now) == 1
    row = database.read_now(lambda tx: dict(tx.execute(sa.select(schema.evidence)).mappings().one()))
    assert row["digest"] == evidence.digest(mention, row["salt"])
    assert row["digest"] != evidence.digest(mention, b"another salt")
    assert "kettle" not in repr(row)
    assert row["digest"] != evidence.digest(replace(mention, text="the kettle of Mr Anh burns"), row["salt"])


def test_a_piece_that_is_there_already_adds_nothing(database, now):
    number = opened(database, now)
    first, second, third = stored(database, "one", "two", "three")
    assert freeze(database, number, [first, second], now) == 2
    assert freeze(database, number, [second, third, first], now) == 1
    found = database.read_now(evidence.of_incident, number)
    assert [(piece.mention_id, piece.rank) for piece in found] == [(first.id, 0), (second.id, 1), (third.id, 2)]
    assert {piece.frozen_at for piece in found} == {now}
    assert {len(piece.digest) for piece in found} == {64}


def test_nothing_frozen_is_nothing(database, now):
    number = opened(database, now)
    assert freeze(database, number, [], now) == 0
    assert database.read_now(evidence.of_incident, number) == []


def test_in_which_sources_it_stands(database, now):
    number = opened(database, now)
    said = [make.mention(name, source=source) for name, source in (("one", "forum"), ("two", "press"), ("three", "forum"))]
    added = database.write_now(mentions.add, said)
    assert database.read_now(mentions.sources_of, added.new) == {"forum", "press"}
    freeze(database, number, database.read_now(mentions.get, added.new[:1]), now)
    assert database.read_now(evidence.sources, number) == {"forum"}
