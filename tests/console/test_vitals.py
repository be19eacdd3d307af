from datetime import timedelta

from console.health import Health, StageHealth
from console.vitals import disk_free, vitals_of
from tests.make import NOON

HOUR = timedelta(hours=1)


def test_stages_that_fail_for_minutes_or_stand_still_are_named():
    stages = (
        StageHealth(name="well", stepped_at=NOON),
        StageHealth(name="slipped", stepped_at=NOON, failing_since=NOON - timedelta(minutes=1)),
        StageHealth(name="fails", stepped_at=NOON - HOUR, failing_since=NOON - timedelta(minutes=3)),
        StageHealth(name="stands", stepped_at=NOON - timedelta(minutes=6)),
        StageHealth(name="never began"),
    )
    health = Health(version="1", started_at=NOON - HOUR, stages=stages, lag_p99_s=0.2, skew_s=-1.0)
    seen = vitals_of(health, "postgresql://x", NOON)
    assert (seen.stages, seen.lag_s, seen.skew_s, seen.disk_free) == (("fails", "stands", "never began"), 0.2, -1.0, None)


def test_a_process_that_has_just_begun_is_given_time():
    health = Health(version="1", started_at=NOON, stages=(StageHealth(name="poller"),))
    assert vitals_of(health, "postgresql://x", NOON).stages == ()


def test_the_disk_is_that_of_the_database(tmp_path):
    share = disk_free(f"sqlite:///{tmp_path}/tocsin.db")
    assert share is not None
    assert 0.0 <= share <= 1.0
    assert disk_free(f"sqlite:///{tmp_path}/not/there/tocsin.db") is None
