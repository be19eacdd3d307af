import doctest
from datetime import UTC, datetime, timedelta

import numpy as np

from detectors import walk as walking
from detectors.base import State
from detectors.buckets import Buckets
from detectors.walk import walk

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Witness:
    """A detector that absorbs all settled rows and notes what it was shown."""

    version = "1"

    def __init__(self):
        self.shown = []

    def start(self):
        return State()

    def step(self, state, buckets):
        self.shown.append((buckets.start, len(buckets), buckets.settled))
        return State(settled_to=buckets.settled_to), None

    def rejudge(self, frozen):
        return 0.0


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(walking).failed == 0


def test_it_steps_where_something_happened():
    witness = Witness()
    list(walk(witness, Buckets.of(NOON, [0, 1, 0, 0, 2])))
    assert witness.shown == [(NOON, 2, 0), (NOON, 5, 0)]


def test_it_steps_after_every_row_if_asked():
    witness = Witness()
    list(walk(witness, Buckets.of(NOON, [0, 1, 0]), every_row=True))
    assert [length for _, length, _ in witness.shown] == [1, 2, 3]


def test_rows_older_than_the_lateness_are_settled_and_not_shown_again():
    witness = Witness()
    counts = np.zeros(200, dtype=int)
    counts[[150, 199]] = 1
    list(walk(witness, Buckets.of(NOON, counts)))
    assert witness.shown == [(NOON, 151, 31), (NOON + timedelta(minutes=31), 169, 49)]
