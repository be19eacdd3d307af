import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from core import clock as module
from core.clock import RealClock, VirtualClock

START = datetime(2026, 11, 21, 3, tzinfo=UTC)


class Machine:
    """A machine whose wall clock somebody sets, and whose steady clock goes on."""

    def __init__(self, monkeypatch):
        self.steady_s, self.jumped = 1_000.0, timedelta(0)
        machine = self

        class Wall(datetime):
            @classmethod
            def now(cls, tz=None):
                return (START + timedelta(seconds=machine.steady_s - 1_000) + machine.jumped).astimezone(tz)

        monkeypatch.setattr(module, "datetime", Wall)
        monkeypatch.setattr(module, "_steady_s", lambda: machine.steady_s)


@pytest.mark.parametrize("jump", [timedelta(hours=2), timedelta(hours=-2), timedelta(hours=-1)])
def test_a_wall_clock_that_jumps_is_met_slowly_and_time_never_goes_back(monkeypatch, jump):
    machine = Machine(monkeypatch)
    clock = RealClock()
    machine.jumped = jump
    assert (clock.now(), clock.skew()) == (START, jump)
    machine.steady_s += 900  # a quarter of an hour
    passed = clock.now() - START
    assert timedelta(minutes=13) < passed < timedelta(minutes=17)
    times = []
    for _ in range(24 * 60):
        machine.steady_s += 60
        times.append(clock.now())
    assert times == sorted(times)
    assert clock.skew() == timedelta(0)


def test_hundredths_of_a_second_are_met_at_once(monkeypatch):
    machine = Machine(monkeypatch)
    clock = RealClock()
    machine.jumped, machine.steady_s = timedelta(milliseconds=20), machine.steady_s + 1
    assert clock.now() == START + timedelta(seconds=1.02)


def test_the_real_clock_tells_an_aware_time_that_never_goes_back():
    clock = RealClock()
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)
    assert times[0].tzinfo is UTC
    assert abs(times[0] - datetime.now(UTC)) < timedelta(seconds=5)
    assert abs(clock.skew()) < timedelta(seconds=5)


async def test_the_real_clock_does_not_wait_for_what_is_past():
    clock = RealClock()
    begun = time.monotonic()
    await clock.sleep_until(clock.now() - timedelta(hours=1))
    assert time.monotonic() - begun < 1


async def test_the_real_clock_wakes_no_sooner_than_asked():
    clock = RealClock()
    at = clock.now() + timedelta(milliseconds=20)
    await clock.sleep_until(at)
    assert clock.now() >= at - timedelta(milliseconds=1)


async def test_virtual_time_passes_only_when_told_and_never_back():
    clock = VirtualClock(START)
    assert clock.now() == START
    clock.advance_to(START + timedelta(hours=1))
    clock.advance_to(START)
    assert clock.now() == START + timedelta(hours=1)
    await clock.sleep_until(START + timedelta(days=300))
    assert clock.now() == START + timedelta(days=300)


def test_virtual_time_is_told_in_utc():
    clock = VirtualClock(START.astimezone(timezone(timedelta(hours=7))))
    assert (clock.now(), clock.now().tzinfo) == (START, UTC)


def test_a_virtual_clock_needs_a_zone():
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2026, 11, 21))
