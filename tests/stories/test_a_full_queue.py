"""The Enricher is far behind: the Poller waits, and loses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from listener.base import Page
from listener.look import Listened
from listener.poll import WAIT_WHEN_FULL, Poller
from store import mentions, sources
from store.database import Database
from store.open import Store
from store.streams import MemoryStream
from tests import make


class Street:
    """A source on which two more people have spoken each time it is heard."""

    def __init__(self) -> None:
        self.heard = 0

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        self.heard += 1
        yield Page(mentions=(make.mention("Acme kettle"), make.mention("Acme tea")), cursor=str(self.heard))


async def test_while_the_queue_is_full_nothing_is_polled_and_afterwards_everything_is(sqlite_url):
    store = Store(Database(sqlite_url), MemoryStream(max_backlog=2), MemoryStream(), MemoryStream())
    await store.database.write(sources.ensure, {"street": "test"}, make.NOON)
    street = Street()
    listened = Listened(id="street", kind="test", every=timedelta(seconds=10), collector=street)
    poller = Poller(store, {"street": listened}, lateness=timedelta(hours=2))

    await poller.step(make.NOON)
    later = make.NOON + timedelta(minutes=1)
    assert await poller.step(later) == later + WAIT_WHEN_FULL
    assert street.heard == 1
    assert (await store.database.read(sources.get, "street")).claimed_until is None

    assert len(await store.mentions.take(10)) == 2
    await poller.step(later + WAIT_WHEN_FULL)
    assert street.heard == 2
    assert len(await store.database.read(mentions.to_enrich, 10)) == 4
    await store.close()
