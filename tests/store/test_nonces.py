from store import nonces, notifications
from store.database import Database
from tests.make import NOON


def test_what_was_used_is_known(database: Database) -> None:
    assert not database.read_now(nonces.is_spent, "digest")
    assert database.write_now(notifications.use_nonce, "digest", NOON)
    assert database.read_now(nonces.is_spent, "digest")
