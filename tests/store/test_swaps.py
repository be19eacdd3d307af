"""What somebody asks waits until it is answered, once, or its duty has passed."""

from datetime import timedelta

from core.on_call import Swap
from store import swaps
from tests import make

ASKED = Swap(
    rotation_id="line", asked_by="lan", person="minh", starts_at=make.NOON, ends_at=make.NOON + timedelta(days=1), asked_at=make.NOON
)


def test_a_swap_is_answered_once(database):
    made = database.write_now(swaps.add, ASKED)
    assert database.read_now(swaps.get, made + 1) is None
    assert [one.id for one in database.read_now(swaps.unanswered, make.NOON, "minh")] == [made]
    assert database.read_now(swaps.unanswered, make.NOON, "lan") == []
    assert database.write_now(swaps.answer, made, make.NOON, agreed=True, override_id=7)
    assert not database.write_now(swaps.answer, made, make.NOON, agreed=False)
    found = database.read_now(swaps.get, made)
    assert (found.agreed, found.override_id, found.answered_at) == (True, 7, make.NOON)
    assert database.read_now(swaps.unanswered, make.NOON) == []


def test_one_whose_duty_has_passed_waits_no_more(database):
    database.write_now(swaps.add, ASKED)
    assert database.read_now(swaps.unanswered, make.NOON + timedelta(days=1)) == []
