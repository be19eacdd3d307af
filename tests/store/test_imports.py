from datetime import timedelta

from store import imports, sources
from store.database import Database
from tests import make

HOUR = timedelta(hours=1)
NOON = make.NOON


def test_imported_mentions_count_for_their_sources_once(database: Database) -> None:
    page = [make.mention(source="blog", at=NOON - HOUR), make.mention(source="blog", at=NOON), make.mention(source="forum")]
    assert len(database.write_now(imports.add, page).new) == 3
    assert database.write_now(imports.add, page).new == ()
    states = {state.id: state for state in database.read_now(sources.list_all)}
    assert {name: state.mentions for name, state in states.items()} == {"blog": 2, "forum": 1}
    assert states["blog"].last_mention_at == NOON
    assert states["blog"].next_poll_at is None


def test_an_import_leaves_a_configured_source_its_turn(database: Database) -> None:
    database.write_now(sources.ensure, {"blog": "rss"}, NOON)
    database.write_now(imports.add, [make.mention(source="blog", at=NOON - HOUR)])
    state = database.read_now(sources.get, "blog")
    assert state is not None
    assert (state.kind, state.next_poll_at, state.mentions) == ("rss", NOON, 1)


def test_older_history_is_covered_beside_what_is_heard_now(database: Database) -> None:
    database.write_now(sources.heard, "blog", NOON - HOUR, NOON)
    database.write_now(imports.cover, {"blog": (NOON - 9 * HOUR, NOON - 7 * HOUR)})
    database.write_now(imports.cover, {"blog": (NOON - 8 * HOUR, NOON - 6 * HOUR)})
    assert database.read_now(sources.heard_between, NOON - 24 * HOUR, NOON) == {
        "blog": [(NOON - 9 * HOUR, NOON - 6 * HOUR), (NOON - HOUR, NOON)]
    }


def test_a_single_moment_covers_nothing(database: Database) -> None:
    database.write_now(imports.cover, {"blog": (NOON, NOON)})
    assert database.read_now(sources.heard_between, NOON - HOUR, NOON + HOUR) == {}
