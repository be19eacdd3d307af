"""A chart shows what was said, what was not heard, and when what happened; the same curve gives the same picture."""

from datetime import timedelta

import pytest

from playbooks.chart import Bar, Curve, Mark, draw
from tests.make import NOON

pytest.importorskip("matplotlib")


def curve(*bars, **changes):
    values = {
        "title": "Ấm Acme: lượt nhắc $x$",
        "bars": bars
        or tuple(Bar(start=NOON + timedelta(minutes=30 * number), mentions=number, negative=number // 2) for number in range(8)),
        "width_s": 1800.0,
        "zone": "Asia/Ho_Chi_Minh",
        "mentions_label": "lượt nhắc",
        "negative_label": "tiêu cực",
        "unheard_label": "không nghe được",
    }
    return Curve(**(values | changes))


def test_it_is_a_picture_small_enough_for_a_phone():
    picture = draw(curve(marks=(Mark(at=NOON + timedelta(hours=1), label="mở #12"),)))
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 100_000


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_same_curve_gives_the_same_bytes(form):
    assert draw.__wrapped__(curve(), form) == draw.__wrapped__(curve(), form)


def test_what_was_not_heard_is_no_zero():
    silent = draw(curve(Bar(start=NOON, mentions=3), Bar(start=NOON + timedelta(minutes=30), mentions=0)))
    deaf = draw(curve(Bar(start=NOON, mentions=3), Bar(start=NOON + timedelta(minutes=30), mentions=None)))
    assert silent != deaf
