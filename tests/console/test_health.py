"""How the daemon is: every stage was called lately and does not fail."""

from datetime import timedelta

import pytest

from console.health import LATE, Health, StageHealth
from tests import make

NOW = make.NOON
WELL = StageHealth(name="poller", stepped_at=NOW)


def health(*stages, **changes):
    return Health(**{"version": "1", "started_at": NOW, "stages": stages, **changes})


@pytest.mark.parametrize(
    ("stage", "ready"),
    [
        (WELL, True),
        (StageHealth(name="poller", stepped_at=NOW - LATE), True),
        (StageHealth(name="poller", stepped_at=NOW - LATE - timedelta(seconds=1)), False),
        (StageHealth(name="poller"), False),
        (StageHealth(name="poller", stepped_at=NOW, failing_since=NOW, because="OSError"), False),
    ],
)
def test_a_stage_is_ready_where_it_was_called_lately_and_does_not_fail(stage, ready):
    assert stage.is_ready(NOW) is ready


def test_one_stage_that_fails_makes_the_whole_unready():
    assert health(WELL).is_ready(NOW)
    assert not health(WELL, StageHealth(name="intake", failing_since=NOW, because="OSError")).is_ready(NOW)


def test_a_process_that_stops_is_not_ready():
    assert not health(WELL, stopping=True).is_ready(NOW)
