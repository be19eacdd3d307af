"""What a message is made of right before it goes out: which channel it suits, and what it stands below."""

from alerting.base import Limits
from alerting.events import Acknowledged
from tests import make
from tests.alerting.desk import Desk, Phone


async def test_a_telephone_rings_for_pages_alone(database):
    desk = Desk(database, limits=Limits(rings=True))
    await desk.hear(make.signal())
    await desk.forward()
    await desk.respond(Acknowledged(by="ben", via="reply"))
    await desk.forward()
    assert [message.kind for message in desk.phone("ana").got] == ["page"]
    assert [one.error for one in desk.notifications if one.kind == "update"] == ["why.rings_for_pages"]


async def test_a_second_page_stands_below_the_first(database):
    desk = Desk(database, policies=[{"id": "default", "steps": [{"notify": ["ana"]}], "repeat": 2, "again_after": "15m"}])
    desk.phones = {"ana": Phone(keeps_handles=True)}
    await desk.hear(make.signal())
    await desk.forward()
    await desk.forward(minutes=15)
    assert [message.thread_ref for message in desk.phone("ana").got] == [None, {"message": 1}]
