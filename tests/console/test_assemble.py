"""The composition root: which stages a role gets, and what assembling leaves in the database."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from console.assemble import assemble
from console.config import parse
from console.known import topic_versions
from core.clock import VirtualClock
from core.errors import ConfigError
from core.http import Fetcher
from store import schema, sources
from tests import make

ROOT = Path(__file__).parents[2]


@pytest.fixture
def build(database):
    store = make.store(database)
    clock = VirtualClock(make.NOON)

    def build(roles=("alerting",), **changes):
        return assemble(parse(make.config(**changes)), store, clock, Fetcher(now=clock.now), roles=roles)

    build.store = store
    return build


@pytest.mark.parametrize(
    ("roles", "stages"),
    [
        (("listener",), ["poller", "subscriber"]),
        (("alerting",), ["intake", "unmuter", "tender", "digester", "dispatcher", "calendars", "duty", "heartbeat", "tester", "watchman"]),
        (("console",), []),
        (
            ("listener", "alerting"),
            [
                "poller",
                "subscriber",
                "intake",
                "unmuter",
                "tender",
                "digester",
                "dispatcher",
                "calendars",
                "duty",
                "heartbeat",
                "tester",
                "watchman",
            ],
        ),
    ],
)
async def test_a_role_gets_its_stages_in_the_order_in_which_a_post_travels(build, roles, stages):
    assert [stage.name for stage in build(roles).stages] == stages


async def test_the_same_configuration_is_the_same_generation_and_another_a_new_one(build):
    first = build().generation
    assert build().generation == first
    assert build(name="Another").generation > first
    assert build().generation == first, "the one that was in force before is known"


async def test_configured_sources_have_rows_and_switched_off_ones_none(build):
    feeds = [
        {"id": "paper", "kind": "rss", "url": "https://paper.example/feed"},
        {"id": "off", "kind": "rss", "url": "https://off.example/feed", "enabled": False},
    ]
    build(("listener",), listener={"sources": feeds})
    assert [state.id for state in build.store.database.read_now(sources.list_all)] == ["paper"]


async def test_a_changed_query_starts_its_baseline_again(build):
    build()
    before = topic_versions(parse(make.config()))
    changed = [{"id": "acme", "name": "Acme", "kind": "brand", "query": "acme OR akme"}]
    build(topics=changed)
    after = build.store.database.read_now(lambda tx: dict(tx.execute(sa.select(schema.watches.c.topic_id, schema.watches.c.version)).all()))
    assert after.keys() == before.keys()
    assert after != before


async def test_a_bad_playbook_never_takes_the_good_ones_down(build, tmp_path):
    (tmp_path / "bad.yaml").write_text("id: [")
    monitor = build(playbooks={"folders": [str(tmp_path)]})
    assert monitor.library.get("product-recall") is not None
    assert len(monitor.library.errors) == 1


async def test_what_the_configuration_holds_of_secrets_is_not_in_the_database(build):
    people = [{"id": "ana", "channels": [{"kind": "webhook", "url": "https://a.example/hunter2"}]}]
    build(alerting={"people": people})
    rows = build.store.database.read_now(lambda tx: str(tx.execute(sa.select(schema.configurations)).all()))
    assert "hunter2" not in rows


def test_a_plug_in_that_cannot_be_built_stops_the_start():
    with pytest.raises(ConfigError):
        parse(make.config(detectors={"signals": [{"kind": "fax"}]}))


LIGHT = """
import sys
from console.assemble import assemble
from console.config import parse
from console.known import topic_versions
from core.clock import VirtualClock
from core.http import Fetcher
from store.open import open_store
from tests import make
clock = VirtualClock(make.NOON)
store = open_store("sqlite:///" + sys.argv[1])
assemble(parse(make.config()), store, clock, Fetcher(now=clock.now), roles=sys.argv[2].split(","))
print([name for name in ("spacy", "apprise", "nats") if name in sys.modules])
"""


@pytest.mark.parametrize("roles", ["listener,alerting,console"])
def test_only_the_detectors_load_spacy_and_only_who_uses_it_apprise(tmp_path, roles):
    said = subprocess.run(
        [sys.executable, "-c", LIGHT, str(tmp_path / "t.db"), roles], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines()[-1] == "[]"
