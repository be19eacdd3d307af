"""Opens the store: one of the two files that know whether we run embedded or scaled out (the other is `store/database.py`)."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import DBAPIError

from core.errors import ConfigError
from store import migrate
from store.database import Database
from store.streams import MemoryStream, Stream

log = structlog.get_logger()


class Store:
    """All that is remembered, and the three ways between stages.

    Attributes:
        database: where `write` and `read` run the functions of the nouns (`store/mentions.py` ...).
        mentions: wakes the Enricher with ids of new mentions.
        signals: wakes the Intake with ids of new signals.
        notifications: wakes the Dispatcher with ids of incidents that have something to send.
    """

    def __init__(self, database: Database, mentions: Stream, signals: Stream, notifications: Stream) -> None:
        self.database = database
        self.mentions = mentions
        self.signals = signals
        self.notifications = notifications

    async def close(self) -> None:
        """Finish what was begun and let go of everything, in reverse order."""
        for stream in (self.notifications, self.signals, self.mentions):
            await stream.close()
        self.database.close()


def open_database(url: str, *, durable: bool = True, alone: bool = False) -> Database:
    """The database, brought up to date where it is ours alone (SQLite), checked where it is shared.

    Raises:
        ConfigError: it cannot be used: another schema, a broken file, no driver, no server.
    """
    try:
        return _opened(url, durable=durable, alone=alone)
    except (DBAPIError, OSError) as error:  # no database at all, a folder that may not be written, a server that does not answer
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise ConfigError(f"store.database: cannot be opened: {reason}") from error


def _opened(url: str, *, durable: bool, alone: bool) -> Database:
    database = Database(url, durable=durable, alone=alone)
    try:
        _make_ready(database)
    except BaseException:
        database.close()
        raise
    return database


def _make_ready(database: Database) -> None:
    broken = migrate.integrity(database)
    if broken is not None:
        raise ConfigError(f"store.database: the file is damaged ({broken}); restore a backup")
    if not database.is_sqlite:
        migrate.check(database)
        return
    before, after = migrate.upgrade(database)
    if before != after:
        log.info("schema upgraded", before=before, after=after)


def open_store(database_url: str, streams_url: str = "memory", *, durable: bool = True, alone: bool = False) -> Store:
    """The store at these addresses; streams are `memory` or `nats://host:port`. `durable`, `alone`: see `store.database.Database`.

    Raises:
        ConfigError: an address that cannot be used.
    """
    mentions, signals, notifications = _streams(streams_url)
    return Store(open_database(database_url, durable=durable, alone=alone), mentions, signals, notifications)


def _streams(url: str) -> tuple[Stream, Stream, Stream]:
    if url == "memory":
        return MemoryStream(), MemoryStream(), MemoryStream()
    if not url.startswith("nats://"):
        raise ConfigError(f"store.streams: {url} is not known; use memory or nats://HOST:PORT")
    try:
        from store.jetstream import JetStream
    except ModuleNotFoundError as error:
        raise ConfigError("store.streams: NATS needs its client: pip install 'tocsin[nats]'") from error
    return JetStream(url, "mentions"), JetStream(url, "signals"), JetStream(url, "notifications")
