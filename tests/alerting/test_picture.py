"""The chart below an alert: the day so far, told in words too, and never in a page's way."""

from datetime import timedelta

import pytest

from alerting import dispatch
from alerting.base import Limits
from alerting.picture import curve_of, told
from playbooks.chart import draw
from store import series, sources
from store.series import Count
from tests import make
from tests.alerting.desk import Desk


@pytest.fixture
async def desk(database):
    """An incident of Acme, spoken of twelve times within the hour; the forum was heard for two hours."""
    desk = Desk(database, limits=Limits(pictures=True))
    await desk.hear(make.signal())
    spoken = [
        Count(topic_id="acme", at=int(desk.now.timestamp()) - 60 * n, source_id="forum", kind="original", arrival="live", negative=1)
        for n in range(1, 13)
    ]
    database.write_now(series.add, spoken)
    database.write_now(sources.heard, "forum", desk.now - timedelta(hours=2), desk.now)
    return desk


def curve(desk, language="vi"):
    return desk.database.read_now(curve_of, desk.incident, desk.now, language, "Asia/Ho_Chi_Minh")


async def test_the_last_day_by_half_hours_and_what_was_not_heard(desk):
    drawn = curve(desk)
    assert len(drawn.bars) == 48
    assert sum(bar.mentions or 0 for bar in drawn.bars) == 12
    assert drawn.bars[0].mentions is None
    assert [mark.label for mark in drawn.marks] == ["mở #1"]


async def test_it_is_told_in_words_for_who_cannot_see_it(desk):
    assert "Tổng 12; cao nhất 12 lượt lúc 11:30, trong đó 12 tiêu cực." in told(curve(desk), "vi")


async def test_a_handful_of_mentions_is_no_picture(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    assert curve(desk) is None


async def test_a_channel_that_takes_pictures_gets_it_with_the_page(desk):
    draw(curve(desk, "en"))  # it is drawn by then: a busy machine takes longer than a page waits
    await desk.forward()
    (message,) = desk.phone("ana").got
    assert message.picture.startswith(b"\x89PNG")
    assert message.picture_says


@pytest.mark.parametrize("trouble", [ImportError("no matplotlib"), RuntimeError("a font is gone"), TimeoutError()])
async def test_no_page_waits_for_its_picture(desk, monkeypatch, trouble):
    def draw(curve):
        raise trouble

    monkeypatch.setattr(dispatch, "draw", draw)
    await desk.forward()
    (message,) = desk.phone("ana").got
    assert message.picture is None
