import asyncio

import pytest

from console.lag import KEPT, LoopLag


@pytest.mark.parametrize(
    ("readings", "p99", "worst"),
    [([], 0.0, 0.0), ([0.2], 0.2, 0.2), ([0.001] * 99 + [0.4], 0.4, 0.4), ([0.001] * 199 + [0.4], 0.001, 0.4), ([-0.1], 0.0, 0.0)],
)
def test_one_reading_in_a_hundred_may_be_late(readings, p99, worst):
    lag = LoopLag()
    for late_s in readings:
        lag.note(late_s)
    assert (lag.p99_s, lag.worst_s) == (p99, worst)


def test_what_lies_further_back_is_forgotten():
    lag = LoopLag()
    lag.note(9.0)
    for _ in range(KEPT):
        lag.note(0.0)
    assert lag.worst_s == 0.0


class Loop:
    """A loop whose time a test tells."""

    def __init__(self):
        self.now, self.due = 0.0, []

    def time(self):
        return self.now

    def call_later(self, delay, call, *args):
        self.due.append((self.now + delay, call, args))
        return asyncio.TimerHandle(self.now + delay, call, args, self)

    def _timer_handle_cancelled(self, handle):
        self.due.clear()

    def turn(self, *, late_s):
        when, call, args = self.due.pop(0)
        self.now = when + late_s
        call(*args)

    def get_debug(self):
        return False


def test_a_loop_that_is_held_up_is_late(monkeypatch):
    loop, lag = Loop(), LoopLag()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    lag.start()
    loop.turn(late_s=0.0)
    loop.turn(late_s=0.25)
    assert lag.worst_s == pytest.approx(0.25)
    lag.stop()
    lag.stop()


async def test_it_measures_a_real_loop_and_leaves_nothing_behind():
    lag = LoopLag()
    lag.start()
    lag.start()
    lag.stop()
    assert lag.p99_s == 0.0
