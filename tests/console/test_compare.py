"""Two configurations over one history: matched by topic and time, judged by what people said."""

from datetime import UTC, datetime, timedelta

from console.compare import Fact, compare, judge, pairs

AT = datetime(2026, 9, 7, tzinfo=UTC)


def incident(number, hours, topic="acme", severity="major"):
    return {
        "id": number,
        "topic_id": topic,
        "opened_at": (AT + timedelta(hours=hours)).isoformat(),
        "severity": severity,
        "title": f"#{number}",
    }


def played(*incidents, per_week=1.0):
    figures = {"night": 1, "nights": 1, "weekend": 0, "precision": None, "recall": None, "lead": {"median_min": None}}
    return {"incidents": list(incidents), "forecast": {"pages_per_week": per_week, "pages_per_person_week": {"lan": per_week}, **figures}}


def test_incidents_are_the_same_by_topic_and_time():
    ours, theirs = [incident(1, 0), incident(2, 10)], [incident(7, 1), incident(8, 10, topic="tea")]
    assert [(a and a["id"], b and b["id"]) for a, b in pairs(ours, theirs)] == [(1, 7), (2, None), (None, 8)]


def test_the_nearest_one_is_it():
    assert [(a["id"], b and b["id"]) for a, b in pairs([incident(1, 0)], [incident(7, 1.5), incident(8, 0.5)]) if a] == [(1, 8)]


def test_what_changes_is_told_side_by_side():
    changes = compare(played(incident(1, 0), incident(2, 30)), played(incident(5, 0, severity="critical"), per_week=0.5))
    assert [one["id"] for one in changes["only_a"]] == [2]
    assert changes["only_b"] == []
    assert [(one["from"], one["to"], one["rises"]) for one in changes["severity"]] == [("major", "critical", True)]
    assert changes["pages_per_person_week"] == {"lan": [1.0, 0.5]}


def test_precision_is_of_what_was_judged_and_recall_of_what_was_real():
    facts = [
        Fact(1, "acme", AT, real=True),
        Fact(2, "acme", AT + timedelta(days=1), real=False),
        Fact(3, "acme", AT + timedelta(days=2), real=True),
    ]
    judged, right = judge([incident(10, 1), incident(11, 24), incident(12, 100)], facts)
    assert judged == {10: True, 11: False}
    assert (right["precision"]["hits"], right["precision"]["of"]) == (1, 2)
    assert (right["recall"]["hits"], right["recall"]["of"]) == (1, 2)


def test_without_labels_nothing_is_known():
    assert judge([incident(1, 0)], []) == ({}, {"precision": None, "recall": None, "labels": 0})
