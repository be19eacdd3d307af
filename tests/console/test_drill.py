"""The drill: a scripted crisis through the real stages, the same to the letter each time, and nothing of it leaves the house."""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from console.drill import DAY, Played, config_of, gravest, perform, play
from core.errors import NotFound
from core.records import Incident, Words
from playbooks.drill import load_drill
from tests import make


def shortened():
    """The shipped drill with an hour of quiet before it in place of a fortnight, and its first quarter."""
    drill = load_drill("recall")
    return drill.model_copy(
        update={
            "background": drill.background.model_copy(update={"length": timedelta(hours=1)}),
            "injects": tuple(inject for inject in drill.injects if inject.at_min <= 15),
            "expected": tuple(deed for deed in drill.expected if deed.at_min <= 20 and deed.do != "resolve"),
        }
    )


@dataclass
class Plays:
    first: Played
    again: Played
    other_seed: Played
    left_behind: set[str]


@pytest.fixture(scope="module")
def plays(tmp_path_factory):
    """Three plays, shared by the tests: each takes a second or two."""
    here = tmp_path_factory.mktemp("here")
    before = Path.cwd()
    os.chdir(here)
    try:
        first, again, other = (asyncio.run(perform(shortened(), seed=seed, language="en")) for seed in (7, 7, 8))
    finally:
        os.chdir(before)
    return Plays(first, again, other, {str(path) for path in Path(here).rglob("*")})


def test_the_crisis_is_found_paged_and_taken(plays):
    assert plays.first.incident.severity == "critical"
    assert plays.first.incident.acknowledged_by == "lan"
    assert plays.first.incidents == 1
    assert plays.first.sent
    assert plays.first.refused == ()


def test_the_same_seed_gives_the_same_to_the_letter(plays):
    assert plays.first.timeline == plays.again.timeline
    assert plays.first.review == plays.again.review
    assert [(at, who, message.body.replace(message.link or "-", "")) for at, who, _, message in plays.first.sent] == [
        (at, who, message.body.replace(message.link or "-", "")) for at, who, _, message in plays.again.sent
    ]


def test_another_seed_gives_another_crisis(plays):
    assert plays.other_seed.timeline != plays.first.timeline


def test_every_message_says_that_it_is_a_drill(plays):
    for _, person, _, message in plays.first.sent:
        mark = "DRILL" if message.language == "en" else "DIỄN TẬP"
        assert message.drill, person
        assert mark in message.subject
        assert mark in message.body
        assert mark in message.short


def test_the_review_says_that_it_is_a_drill(plays):
    assert "DRILL - NOT REAL" in plays.first.review
    assert plays.first.incident.world == "drill"


def test_nothing_leaves_the_house(plays):
    """Every message went to the list behind the wall, and said so; no file was left where it was played."""
    assert {channel for _, _, channel, _ in plays.first.sent} == {"log"}
    assert plays.left_behind == set()


def test_the_clock_is_virtual(plays):
    assert {at.date() for at, _, _, _ in plays.first.sent} == {DAY}


@pytest.mark.slow
async def test_the_shipped_drill_ends_well_within_a_minute():
    began = time.process_time()  # what the machine does besides is not ours
    played = await play("recall")
    assert time.process_time() - began < 60
    assert played.incident.status == "resolved"
    assert played.refused == ()
    assert "DIỄN TẬP" in played.review


async def test_a_drill_that_does_not_exist_is_told():
    with pytest.raises(NotFound):
        await play("earthquake")


def test_the_installation_of_a_drill_has_channels_that_reach_nobody():
    config = config_of(load_drill("recall"), "vi")
    assert {channel.kind for person in config.alerting.people for channel in person.channels} == {"log"}
    assert config.name == "DRILL"


def test_the_gravest_incident_is_the_one_that_is_told():
    def incident(id, severity, minutes=0):
        at = make.NOON + timedelta(minutes=minutes)
        return Incident(id=id, key=str(id), kind="x", words=Words(key="x"), severity=severity, opened_at=at, last_signal_at=at)

    assert gravest([]) is None
    assert gravest([incident(1, "minor"), incident(2, "major", 5), incident(3, "major", 3)]).id == 3
