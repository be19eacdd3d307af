"""What tests build again and again is built once a process: compiled statements, pipelines. And nothing waits for the disk.

Every test has a database of its own, so every test would compile the same few hundred statements again and flush every commit. Here all
engines of a process share what the first of their kind has compiled, and nothing is flushed. What survives a crash is proven by daemons
that are killed as processes of their own (`stories/test_killed_in_the_middle.py`): they know nothing of this.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from store import database

AS_SHIPPED: Final = database._durably  # flushes every commit
_FIRST: Final[dict[str, sa.Engine]] = {}  # dialect -> the first engine that has connected


def install() -> None:
    """Have `store.database` make its engines here."""
    database.create_engine = create_engine
    database._durably = database._fast


@cache
def share_pipelines() -> None:
    """Have monitors with the same topics share a pipeline, which is pure: learning the lexicon takes most of building a monitor."""
    from detectors.enrichment import pipeline

    build, built = pipeline.Pipeline, {}

    def shared(specs: Any = (), **options: Any) -> Any:
        key = repr((specs, options))
        if key not in built:
            built[key] = build(specs, **options)
        return built[key]

    pipeline.Pipeline = shared


def create_engine(url: Any, **options: Any) -> sa.Engine:
    """As SQLAlchemy's, with the statements that were compiled before; a statement is known by its dialect, so that is shared too."""
    engine = sa.create_engine(url, **options)
    first = _FIRST.get(engine.dialect.name)
    if first is None:
        sa.event.listen(engine, "engine_connect", lambda _: _FIRST.setdefault(engine.dialect.name, engine), once=True)
        return engine
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache
    return engine
