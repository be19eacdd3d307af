"""What is an echo of an open incident, and what is news of its own."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from alerting.inhibition import as_silence, inhibitor
from alerting.muting_settings import INHIBIT, InhibitSettings
from core.records import Incident, Words
from tests import make


def told(**values):
    return {key: frozenset((value,) if isinstance(value, str) else value) for key, value in values.items()}


def incident(number, kind, severity="minor", **about):
    made = Incident(
        id=number, key=f"k{number}", kind=kind, words=Words(key="x"), severity=severity, opened_at=make.NOON, last_signal_at=make.NOON
    )
    return made, told(kind=kind, **about)


def cause(about, severity, *open_incidents, rules=INHIBIT, but=()):
    known = {one.id: words for one, words in open_incidents}
    found = inhibitor(rules, about, severity, lambda: [one for one, _ in open_incidents], lambda one: known[one.id], but=but)
    return None if found is None else (found[0].id, found[1].id)


BLIND = incident(1, "source_blind", source=("forum", "paper"))
CABLE = incident(2, "volume_spike", "major", topic="internet", topic_kind="industry", industry="isp")


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (told(kind="outside_count", source="forum"), ("blind-source", 1)),
        (told(kind="gone_quiet", topic="care", source="paper"), ("blind-source", 1)),
        (told(kind="gone_quiet", topic="care", source="another"), None),
        (told(kind="gone_quiet", topic="care"), None),  # nobody knows where it is spoken of: unknown is equal to nothing
        (told(kind="volume_spike", source="forum"), None),
        (told(kind="volume_spike", topic_kind="competitor", industry="isp"), ("industry", 2)),
        (told(kind="volume_spike", topic_kind="competitor", industry="bank"), None),
        (told(kind="volume_spike", topic_kind="brand", industry="isp"), None),
    ],
)
def test_what_is_shipped_mutes_the_echoes_and_nothing_of_ours(about, expected):
    assert cause(about, "major", BLIND, CABLE) == expected


def test_an_industry_that_is_only_watched_mutes_nobody():
    about = told(kind="volume_spike", topic_kind="competitor", industry="isp")
    assert cause(about, "minor", incident(3, "volume_spike", "watch", topic_kind="industry", industry="isp")) is None


def test_an_echo_mutes_nobody_itself():
    about = told(kind="volume_spike", topic_kind="industry", industry="isp")
    assert cause(about, "minor", CABLE, but={2}) is None


def test_nothing_is_read_where_no_rule_has_it_as_its_target():
    def read():
        raise AssertionError("read")

    assert inhibitor(INHIBIT, told(kind="single_risk"), "major", read, lambda _: {}) is None


def test_an_inhibition_has_an_end_whatever_happens():
    made = as_silence(INHIBIT[0], BLIND[0], make.NOON)
    assert (made.kind, made.ends_at, made.data) == ("inhibition", make.NOON + timedelta(days=30), {"rule": "blind-source", "incident": 1})


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": {}, "target": {"kind": "gone_quiet"}, "equal": ["source"]},
        {"source": {"kind": "source_blind"}, "target": {}, "equal": ["source"]},
        {"source": {"kind": "source_blind"}, "target": {"kind": "gone_quiet"}, "equal": []},
        {"source": {"kind": "source_blind"}, "target": {"kind": "gone_quiet"}, "equal": ["colour"]},
    ],
)
def test_a_rule_that_would_mute_the_whole_house_is_refused(wrong):
    with pytest.raises(ValidationError):
        InhibitSettings.model_validate({"id": "x", **wrong})
