from datetime import UTC, datetime, timedelta, timezone
from typing import get_type_hints

import msgspec
import pytest

from core import records, silences, sources
from core.records import Author, Engagement, Incident, Mention, Record, Sentiment, Words, severity_rank

NAIVE = datetime(2026, 11, 21)
NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
SPOKEN = {**vars(records), **vars(silences), **vars(sources)}
KINDS = [each for each in SPOKEN.values() if isinstance(each, type) and issubclass(each, Record) and each is not Record]
TIMES = [(kind, name) for kind in KINDS for name, hint in get_type_hints(kind).items() if "datetime" in str(hint)]


def filled(kind, **changes):
    """A record of this kind; what is required holds any value at all, for msgspec does not check it."""
    values = {field.name: NOON if "datetime" in str(field.type) else "x" for field in msgspec.structs.fields(kind) if field.required}
    return kind(**{**values, **changes})


def test_there_are_records_with_times_to_test():
    assert len(TIMES) > 20
    assert {kind.__name__ for kind, _ in TIMES} >= {
        "Mention",
        "Signal",
        "Incident",
        "Notification",
        "TimelineEntry",
        "Silence",
        "SourceState",
    }


@pytest.mark.parametrize(("kind", "name"), TIMES, ids=lambda each: each if isinstance(each, str) else each.__name__)
def test_a_naive_datetime_is_refused(kind, name):
    with pytest.raises(ValueError, match=rf"{kind.__name__}\.{name} is a naive datetime"):
        filled(kind, **{name: NAIVE})
    assert getattr(filled(kind, **{name: NOON}), name) == NOON


def test_a_naive_datetime_is_refused_in_a_changed_copy_too():
    with pytest.raises(ValueError, match="naive"):
        msgspec.structs.replace(filled(Mention), published_at=NAIVE)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_record_does_not_change(kind):
    record = filled(kind)
    with pytest.raises(AttributeError):
        setattr(record, kind.__struct_fields__[0], "another")


@pytest.mark.parametrize(
    ("published", "counts"),
    [
        (None, NOON),
        (NOON - timedelta(hours=3), NOON - timedelta(hours=3)),
        (NOON + timedelta(seconds=1), NOON),
        (datetime(2099, 1, 1, tzinfo=UTC), NOON),
        ((NOON - timedelta(hours=1)).astimezone(timezone(timedelta(hours=7))), NOON - timedelta(hours=1)),
    ],
)
def test_a_mention_counts_when_it_was_published_never_later_than_seen(published, counts):
    assert filled(Mention, published_at=published).at == counts


@pytest.mark.parametrize(
    ("negative", "neutral", "positive", "label"),
    [
        (0.6, 0.3, 0.1, "negative"),
        (0.1, 0.6, 0.3, "neutral"),
        (0.1, 0.3, 0.6, "positive"),
        (0.4, 0.4, 0.2, "negative"),
        (0.2, 0.4, 0.4, "neutral"),
    ],
)
def test_the_label_is_the_most_probable_and_the_graver_of_equals(negative, neutral, positive, label):
    assert Sentiment(negative=negative, neutral=neutral, positive=positive, confident=False).label == label


def test_severities_rank_from_watch_to_critical():
    assert [severity_rank(each) for each in ("watch", "minor", "major", "critical")] == [0, 1, 2, 3]


@pytest.mark.parametrize(("status", "is_open"), [("open", True), ("acknowledged", True), ("resolved", False), ("reviewed", False)])
def test_an_incident_is_open_until_it_is_resolved(status, is_open):
    assert filled(Incident, status=status).is_open is is_open


def test_what_nobody_told_is_unknown_and_not_zero():
    assert Engagement() == Engagement(likes=None, replies=None, reposts=None)
    assert Author(key="forum/an").followers is None
    assert filled(Mention).reach is None


def test_two_words_never_share_their_arguments():
    one, two = Words(key="a"), Words(key="a")
    one.args["x"] = 1
    assert two.args == {}
