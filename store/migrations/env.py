"""Alembic's door: runs the steps on the connection that `store.migrate` hands in."""

from __future__ import annotations

from alembic import context

import store.schema  # noqa: F401 - every table is made by importing it
from store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
