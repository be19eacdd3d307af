from datetime import timedelta

from core.records import Engagement
from store import mentions, readings
from tests import make

HOUR = timedelta(hours=1)


def test_each_reading_stands_though_nothing_changed(database, now):
    def work(tx):
        (number,) = mentions.add(tx, [make.mention(engagement=Engagement(likes=10, views=50))]).new
        readings.add(tx, number, Engagement(likes=12, replies=3), now, "ana")
        readings.add(tx, number, Engagement(likes=12), now + HOUR, "ben")
        return number

    number = database.write_now(work)
    found = database.read_now(readings.of, [number, 99])
    assert [(one.likes, one.replies, one.reposts, one.views, one.by) for one in found[number]] == [
        (12, 3, None, 50, "ana"),
        (12, 3, None, 50, "ben"),
    ]
    assert [one.total for one in found[number]] == [15, 15]
    (stored,) = database.read_now(mentions.get, [number])
    assert stored.engagement == Engagement(likes=12, replies=3, views=50)


def test_what_a_page_brought_is_given_to_the_person_who_read_it(database, now):
    def work(tx):
        (number,) = mentions.add(tx, [make.mention(engagement=Engagement(likes=10))]).new
        (one,) = mentions.get(tx, [number])
        mentions.read_counters(tx, {one.key: Engagement(likes=11)}, at=now, by="groups")
        assert readings.own(tx, number, "groups", "ana")
        assert not readings.own(tx, number, "groups", "ben")
        return number

    number = database.write_now(work)
    assert [one.by for one in database.read_now(readings.of, [number])[number]] == ["ana"]


def test_nothing_known_has_no_total():
    assert readings.Reading(mention_id=1, at=make.NOON, by="ana", views=5).total is None
