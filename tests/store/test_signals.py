from datetime import timedelta

from msgspec.structs import replace

from core.records import Words
from store import signals
from tests import make

MINUTE = timedelta(minutes=1)


def test_a_signal_comes_back_as_it_was(database):
    signal = make.signal(
        evidence=(3, 1, 2),
        frozen={"window": {"counts": [1, 2, 3], "thin": False}, "ấm": 0.1},
        words=Words(key="signal.volume_spike", args={"topic": "Ấm", "observed": 12}),
        expected=1.5,
        place_id="hue",
    )
    (signal_id,) = database.write_now(signals.add, [signal])
    assert database.read_now(signals.get, [signal_id]) == [replace(signal, id=signal_id)]


def test_the_same_finding_twice_adds_nothing(database):
    first = database.write_now(signals.add, [make.signal(), make.signal(kind="volume_spike")])
    assert len(first) == 2
    assert database.write_now(signals.add, [make.signal(observed=9.0)]) == []
    assert len(database.write_now(signals.add, [make.signal(), make.signal(at=make.NOON + MINUTE)])) == 1
    assert database.write_now(signals.add, []) == []


def test_a_signal_is_taken_once(database, now):
    (signal_id,) = database.write_now(signals.add, [make.signal()])
    assert database.read_now(signals.to_take, 10) == [signal_id]
    assert database.read_now(signals.is_waiting, signal_id)
    assert database.write_now(signals.take, signal_id, now, incident_id=None, silence_id=4)
    assert not database.write_now(signals.take, signal_id, now)
    assert database.read_now(signals.to_take, 10) == []
    assert not database.read_now(signals.is_waiting, signal_id)


def test_attempts_are_counted(database):
    (signal_id,) = database.write_now(signals.add, [make.signal()])
    assert [database.write_now(signals.push_forward, signal_id) for _ in range(2)] == [1, 2]


def test_an_incidents_signals_come_in_the_order_of_their_minutes(database, now):
    late, early = database.write_now(signals.add, [make.signal(at=now)]) + database.write_now(signals.add, [make.signal(at=now - MINUTE)])
    for signal_id in (late, early):
        database.write_now(signals.take, signal_id, now, incident_id=7)
    assert [signal.id for signal in database.read_now(signals.of_incident, 7)] == [early, late]
    assert database.read_now(signals.of_incident, 8) == []


def test_what_was_told_of_the_same_risk_is_known(database, now):
    signal = make.signal()
    (signal_id,) = database.write_now(signals.add, [signal])
    database.write_now(signals.take, signal_id, now, incident_id=7)
    told = lambda other, since: database.read_now(signals.told_since, 7, other, since)  # noqa: E731
    assert told(signal, now - MINUTE)
    assert not told(signal, now)
    assert not told(make.signal(risk="fire"), now - MINUTE)
    assert not told(make.signal(risk=None), now - MINUTE)
    assert not told(make.signal(kind="volume_spike"), now - MINUTE)


def test_a_signal_without_a_risk_is_compared_by_its_kind(database, now):
    (signal_id,) = database.write_now(signals.add, [make.signal(risk=None)])
    database.write_now(signals.take, signal_id, now, incident_id=7)
    assert database.read_now(signals.told_since, 7, make.signal(risk=None), now - MINUTE)


def test_the_newest_of_a_kind_is_found(database, now):
    assert database.read_now(signals.latest, "single_risk", "topic:acme") is None
    database.write_now(signals.add, [make.signal(at=now), make.signal(at=now - MINUTE), make.signal(at=now + MINUTE, topic="other")])
    assert database.read_now(signals.latest, "single_risk", "topic:acme").bucket_start == now


def test_which_kinds_an_incident_was_given_of_late(database, now):
    for minutes, kind in ((0, "volume_spike"), (1, "volume_spike"), (2, "negative_surge"), (-90, "slow_burn")):
        (signal_id,) = database.write_now(signals.add, [make.signal(at=now + minutes * MINUTE, kind=kind)])
        database.write_now(signals.take, signal_id, now, incident_id=7)
    database.write_now(signals.add, [make.signal(kind="single_risk")])
    assert database.read_now(signals.kinds_on, 7, now - 60 * MINUTE) == {"volume_spike", "negative_surge"}


def test_which_topics_have_a_signal_of_their_own(database, now):
    topics = ("acme", "rival", "isp")
    database.write_now(
        signals.add,
        [make.signal(at=now - hours * 60 * MINUTE, kind="volume_spike", topic=name) for name, hours in zip(topics, (0, 1, 3), strict=True)],
    )
    found = database.read_now(signals.topics_with, ["volume_spike"], ["rival", "isp"], now - 120 * MINUTE, now)
    assert found == {"rival"}
