"""When a source was heard, as time passes: never before it was."""

from datetime import UTC, datetime, timedelta

from console.ears import Ears

AT = datetime(2026, 9, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def heard(ears):
    return {
        name: [(round((a - AT.timestamp()) / 60), round((b - AT.timestamp()) / 60)) for a, b in found if b > a]
        for name, found in ears.heard().items()
    }


def test_a_source_that_is_asked_was_heard_up_to_its_last_look():
    ears = Ears({"rss": [(AT, AT + 60 * MINUTE)]}, {"rss": 10 * MINUTE}, lambda *_: None)
    ears.listen(AT + 25 * MINUTE)
    assert heard(ears) == {"rss": [(0, 20)]}


def test_a_look_that_brought_something_sets_the_pace_anew():
    ears = Ears({"rss": [(AT, AT + 60 * MINUTE)]}, {"rss": 10 * MINUTE}, lambda *_: None)
    ears.brought("rss", AT + 13 * MINUTE, 1)
    ears.listen(AT + 22 * MINUTE)
    assert heard(ears) == {"rss": [(0, 13)]}
    ears.listen(AT + 23 * MINUTE)
    assert heard(ears) == {"rss": [(0, 23)]}


def test_an_outage_is_heard_on_neither_side():
    ears = Ears({"rss": [(AT, AT + 20 * MINUTE), (AT + 40 * MINUTE, AT + 90 * MINUTE)]}, {"rss": 10 * MINUTE}, lambda *_: None)
    ears.listen(AT + 55 * MINUTE)
    assert heard(ears) == {"rss": [(0, 20), (40, 50)]}


def test_what_tells_of_itself_is_heard_all_along():
    told = []
    ears = Ears({"hook": [(AT, AT + 60 * MINUTE)]}, {}, lambda *what: told.append(what))
    for minutes in (7, 9, 90):
        ears.listen(AT + minutes * MINUTE)
    assert heard(ears) == {"hook": [(0, 60)]}
    assert [name for name, _, _ in told] == ["hook"] * 3
