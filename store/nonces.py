"""What may be used once: nonces of pages, ids of pushed messages. Spending is `notifications.use_nonce`; here is the look before."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from store.schema_paging import used_nonces


def is_spent(tx: Connection, digest: str) -> bool:
    """Whether this was used before."""
    return tx.execute(_SPENT, {"digest": digest}).first() is not None


_SPENT = select(used_nonces.c.digest).where(used_nonces.c.digest == bindparam("digest"))
