import doctest
from datetime import UTC, datetime

import pytest

from detectors import shares
from detectors.buckets import Buckets
from detectors.shares import Share, absorb

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def learnt(mentions, negative, **more):
    rows = Buckets.of(MONDAY, mentions, confident_negative=negative, **more)
    return absorb(Share(), rows, rows.confident_negative, rows.mentions)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(shares).failed == 0


def test_a_share_is_learnt_and_becomes_more_certain():
    share = learnt([1] * 1440 * 3, ([1, 0, 0, 0] * 360) * 3)
    assert share.usual == pytest.approx(0.25, abs=0.01)
    assert share.weight == shares.MOST_WEIGHT
    assert Share().weight == shares.PRIOR_WEIGHT


def test_one_wholly_negative_hour_does_not_become_usual():
    calm = [1, 0, 0, 0, 0] * 12 * 48
    share = learnt([1] * (60 * 49), calm + [1] * 60)
    assert share.usual < learnt([1] * (60 * 49), calm + [1, 0, 0, 0, 0] * 12).usual + 0.01


def test_minutes_in_which_we_did_not_listen_teach_nothing():
    assert learnt([1] * 120, [1] * 120, unknown=[1] * 120) == Share()


def test_learning_in_pieces_is_learning_at_once():
    mentions, negative = [2, 1, 0] * 20 * 30, [1, 0, 0] * 20 * 30
    rows = Buckets.of(MONDAY, mentions, confident_negative=negative)
    share = Share()
    for first in range(0, len(rows), 180):
        piece = rows.rows(first, first + 180)
        share = absorb(share, piece, piece.confident_negative, piece.mentions)
    assert share == absorb(Share(), rows, rows.confident_negative, rows.mentions)
