from store import notifications
from tests.console.conftest import Room

PEOPLE = [
    {
        "id": "lan",
        "name": "Lan",
        "channels": [{"kind": "log"}, {"kind": "webhook", "url": "http://127.0.0.1:9/", "secret": "whsec_" + "QUFB" * 8}],
    },
    {"id": "minh", "name": "Minh", "channels": [{"kind": "log"}]},
]


def test_a_test_message_is_sent_and_its_receipt_printed(room: Room) -> None:
    room.configure(alerting={"people": PEOPLE})
    said = room.tocsin("test-notify", "minh")
    assert said.status == 0, said.err
    assert "Minh" in said.out
    (sent,) = room.use(notifications.of_incident, None)
    assert (sent.kind, sent.person, sent.state) == ("test", "minh", "sent")


def test_a_channel_names_everybody_who_has_it(room: Room) -> None:
    room.configure(alerting={"people": PEOPLE})
    said = room.tocsin("test-notify", "log")
    assert said.status == 0
    assert len(said.out.splitlines()) == 2


def test_a_failure_tells_the_reason_and_is_not_tried_again(room: Room) -> None:
    room.configure(alerting={"people": PEOPLE})
    said = room.tocsin("test-notify", "lan/webhook")
    assert said.status == 1
    assert "webhook" in said.out
    assert {one.state for one in room.use(notifications.of_incident, None)} <= {"cancelled", "failed"}


def test_nobody_of_that_name_is_wrong_usage(room: Room) -> None:
    said = room.tocsin("test-notify", "zoe")
    assert said.status == 2
    assert "ana" in said.err
