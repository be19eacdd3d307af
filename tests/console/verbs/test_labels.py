from datetime import timedelta

import pytest

from core.records import Enrichment, Sentiment, TopicMatch
from store import audit, enrichments, labels, mentions, watches
from tests import make
from tests.console.conftest import Room

MODEL = Sentiment(negative=0.7, neutral=0.2, positive=0.1, confident=True)


def mention(room: Room) -> int:
    (mention_id,) = room.use(mentions.add, [make.mention("Acme", at=room.now)]).new
    topic = TopicMatch(topic_id="acme", version="1", terms=("acme",))
    said = Enrichment(mention_id=mention_id, language="vi", topics=(topic,), sentiment=MODEL)
    room.use(enrichments.save, said, counts_at=room.now, story_id=None)
    return int(mention_id)


def test_an_incident_is_labelled_with_a_reason(room: Room) -> None:
    room.incident()
    said = room.tocsin("label", "#1", "false", "--reason", "our own\ncampaign", "--as", "ana")
    assert (said.status, said.err, said.out) == (0, "", "Noted: incident #1 was a false alarm.\n")
    assert [(each.label, each.comment) for each in room.use(labels.of_incident, 1)] == [("false", "our own\ncampaign")]
    assert room.use(audit.first_broken) is None


def test_a_mention_is_labelled_twice_and_the_newest_counts(room: Room) -> None:
    number = mention(room)
    for label in ("negative", "neutral", "irrelevant"):
        said = room.tocsin("label", number, label, "--mention", "--as", "ben", after=timedelta(minutes=1))
        assert (said.status, said.err) == (0, "")
    found = room.use(enrichments.get, [number])[number]
    assert (found.sentiment.label, found.topics) == ("neutral", ())


def test_the_answer_promises_learning_from_feelings_alone(room: Room) -> None:
    number = mention(room)
    felt, about = (room.tocsin("label", number, label, "--mention", "--as", "ben").out for label in ("negative", "irrelevant"))
    assert felt == f"Noted: mention #{number} is negative. It helps to read what comes next.\n"
    assert about == f"Noted: mention #{number} is not about us.\n"


@pytest.mark.parametrize(
    ("typed", "mend", "status"),
    [
        (("1", "false"), "--reason", 2),
        (("1", "negative", "--reason", "x"), "--mention", 2),
        (("1", "real", "--mention"), "negative, neutral, positive", 2),
        (("1", "bad"), "invalid choice", 2),
        (("77", "real", "--reason", "x"), "no incident 77", 1),
        (("77", "neutral", "--mention"), "no mention 77", 1),
        (("9" * 30, "neutral", "--mention"), "invalid number", 2),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_line(room: Room, typed: tuple[str, ...], mend: str, status: int) -> None:
    room.incident()
    said = room.tocsin("label", *typed, "--as", "ana")
    assert (said.status, said.out, said.err.count("\n")) == (status, "", 1)
    assert mend in said.err


def test_what_was_learnt_is_listed_by_topic(room: Room) -> None:
    said = room.tocsin("labels")
    assert (said.status, said.out) == (0, "")
    assert "Nothing was learnt" in said.err
    room.use(watches.ensure, {"acme": "1", "rival": "1"}, room.now)
    figures = {"at": room.now.isoformat(), "labels": 40, "loss_before": 0.66, "loss_after": 0.41, "threshold": 0.7}
    assert room.use(watches.correct, "acme", "aaaa", figures)
    assert not room.use(watches.correct, "acme", "aaaa", figures)
    assert not room.use(watches.correct, "rival", "", None)
    assert room.tocsin("labels", "--json").json == [{"topic_id": "acme", **figures, "since": None}]
    assert room.tocsin("labels").out.splitlines()[1].split() == ["acme", "40", "0.66", "0.41", "0.70"]


def test_a_false_alarm_has_a_reason_of_the_short_list_or_of_one_s_own(room: Room) -> None:
    room.incident()
    for reason in ("irrelevant", "a film of that name"):
        assert room.tocsin("label", 1, "false", "--reason", reason, "--as", "ana").status == 0
    assert room.tocsin("label", 1, "real", "--as", "ana").status == 0
    kept = [(each.label, each.reason, each.comment) for each in room.use(labels.of_incident, 1)]
    assert kept == [("false", "off_topic", None), ("false", None, "a film of that name"), ("real", None, None)]
    told = [each["text"] for each in room.tocsin("incident", 1, "--json").json["timeline"] if each["kind"] == "labelled"]
    assert told == [
        "Ana says that it was a false alarm: off topic",
        "Ana says that it was a false alarm: a film of that name",
        "Ana says that it was real",
    ]


def test_an_incident_that_nobody_told_of_is_recorded_once_and_pages_nobody(room: Room) -> None:
    typed = ("missed", "--at", "3h", "--topic", "acme", "--because", "a video of the kettle", "--as", "ana")
    said = room.tocsin(*typed)
    assert (said.status, said.err) == (0, "")
    assert "incident #1" in said.out
    assert room.tocsin(*typed).out == "It stands there already, as incident #1.\n"
    (kept,) = room.tocsin("incidents", "--json").json
    assert (kept["kind"], kept["status"], kept["topic_id"], kept["severity"]) == ("missed", "resolved", "acme", "major")
    assert kept["opened_at"] == (room.now - timedelta(hours=3)).isoformat()
    assert kept["title"] == "Acme: a video of the kettle (told by Ana; no detector saw it)"
    assert [each.label for each in room.use(labels.of_incident, 1)] == ["real"]
    assert "no detector saw it" in room.tocsin("review", 1).out
    assert room.use(audit.first_broken) is None


def test_what_was_seen_then_is_not_missed_unless_it_was_another_thing(room: Room) -> None:
    room.incident()
    typed = ("missed", "--at", "10m", "--topic", "acme", "--as", "ana")
    said = room.tocsin(*typed, after=timedelta(minutes=30))
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "incident #1" in said.err
    assert room.tocsin(*typed, "--anyway").out.startswith("Noted as incident #2")


@pytest.mark.parametrize(
    ("at", "topic", "mend", "status"),
    [("2030-01-01 10:00", "acme", "still to come", 1), ("1h", "acmee", "configured are: acme", 2), ("soon", "acme", "no time", 2)],
)
def test_what_cannot_have_been_missed_is_told(room: Room, at: str, topic: str, mend: str, status: int) -> None:
    said = room.tocsin("missed", "--at", at, "--topic", topic, "--as", "ana")
    assert (said.status, said.err.count("\n")) == (status, 1)
    assert mend in said.err
