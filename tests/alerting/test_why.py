"""Every message says why it went out, and every one that did not says why not."""

import pytest

from alerting.events import Acknowledged
from alerting.why import why
from core.errors import DeliveryFailed
from core.messages import translator
from tests import make
from tests.alerting.desk import Desk

say = translator("en")


@pytest.fixture
async def desk(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    return desk


def lines(desk):
    return [say.render(told) for told in why(desk.notifications, desk.database.read_now(desk.roster))]


async def test_a_page_that_went_out(desk):
    await desk.forward()
    (line,) = lines(desk)
    assert line.endswith("Page to Ana by phone: the incident has opened. Sent (r1 ok).")


async def test_one_that_failed_tells_the_services_own_words(desk):
    desk.phone("ana").answers = [DeliveryFailed("no such address", permanent=True)]
    await desk.forward()
    assert lines(desk)[0].endswith("Not sent: no such address.")


async def test_one_that_an_acknowledgement_ended(desk):
    await desk.respond(Acknowledged(by="ben", via="command"))
    await desk.forward()
    assert "Not sent any more" in lines(desk)[0]


def test_whatever_can_become_of_a_notification_has_its_words():
    from typing import get_args

    from core.records import NotificationKind, NotificationState

    for language in ("vi", "en"):
        known = translator(language).knows
        assert all(known(f"why.{state}") for state in get_args(NotificationState))
        assert all(known(f"notification_kind.{kind}") for kind in get_args(NotificationKind))
