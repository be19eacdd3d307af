"""What there is to show of an incident."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerting.casefile import review_of
from alerting.events import Acknowledged, Resolved
from alerting.quotes import quotes_of
from store import mentions, schema
from tests import make
from tests.alerting.desk import LIBRARY, Desk


@pytest.fixture
async def desk(database):
    """An incident that rests on two posts, the second of which decides."""
    built = Desk(database)
    said = [make.mention("Acme kettle burns", author="hoa"), make.mention("Acme kettle hurt my son", author="lan", title="Help")]
    first, second = database.write_now(mentions.add, said).new
    await built.hear(make.signal(evidence=(second, first)))
    await built.forward()
    return built


async def test_the_deciding_post_is_quoted_first(desk):
    quotes = desk.database.read_now(quotes_of, 1, 10)
    assert [(quote.author, quote.text) for quote in quotes] == [("lan", "Help Acme kettle hurt my son"), ("hoa", "Acme kettle burns")]
    assert quotes[0].sentiment is None, "nobody has judged it: unknown"
    assert len(desk.database.read_now(quotes_of, 1, 1)) == 1


async def test_a_post_that_is_gone_at_its_source_is_told_as_gone(desk):
    desk.database.write_now(lambda tx: tx.execute(sa.update(schema.mentions).where(schema.mentions.c.id == 2).values(deleted_at=desk.now)))
    assert [quote.text for quote in desk.database.read_now(quotes_of, 1, 10)] == [None, "Acme kettle burns"]


async def test_a_post_that_was_erased_leaves_its_digest(desk):
    before = desk.database.read_now(quotes_of, 1, 10)[0].sha256
    desk.database.write_now(lambda tx: tx.execute(sa.delete(schema.mention_texts).where(schema.mention_texts.c.mention_id == 2)))
    quote = desk.database.read_now(quotes_of, 1, 10)[0]
    assert (quote.text, quote.url, quote.sha256) == (None, None, before)


async def test_the_same_incident_gives_the_same_review(desk):
    desk.now += timedelta(minutes=3)
    await desk.respond(Acknowledged(by="ana", via="link"))
    await desk.respond(Resolved(by="ana", reason="fixed"))
    args = (desk.incident, desk.settings, LIBRARY)
    for language, name in (("en", "Ana"), ("vi", "Ana")):
        first, second = (desk.database.read_now(review_of, *args, language, ZoneInfo("Asia/Ho_Chi_Minh")) for _ in range(2))
        assert first == second
        assert name in first
        assert "Acme kettle hurt my son" in first
        assert "timeline." not in first, "every sentence has words"
