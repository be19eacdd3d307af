"""The heartbeat goes out where a probe arrived lately, names no secret, and says once that it fails."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from alerting.heartbeat import Heartbeat, beat_of
from alerting.settings import AlertingSettings
from core.errors import SourceError
from core.probe import PROBE, key_of, mention_at, said_at, signal_of
from store import probes
from tests import make

MINUTE = timedelta(minutes=1)


class Answer:
    def __init__(self, status):
        self.status = status


class Http:
    def __init__(self, status):
        self.status, self.asked = status, []

    async def fetch(self, url, **options):
        self.asked.append((url, options))
        return Answer(self.status)


async def test_it_beats_only_while_a_probe_of_the_last_five_minutes_has_arrived(database):
    beats = []

    async def beat():
        beats.append(True)

    heart = Heartbeat(make.store(database), beat, every=MINUTE)
    await heart.step(make.NOON)
    assert beats == [], "none has arrived yet"
    database.write_now(probes.arrived, make.NOON, make.NOON)
    assert await heart.step(make.NOON + 5 * MINUTE) == make.NOON + 6 * MINUTE
    assert len(beats) == 1
    await heart.step(make.NOON + 5 * MINUTE + timedelta(seconds=1))
    assert len(beats) == 1


async def test_an_older_probe_that_comes_late_proves_nothing(database):
    database.write_now(probes.arrived, make.NOON, make.NOON)
    database.write_now(probes.arrived, make.NOON - MINUTE, make.NOON + MINUTE)
    assert database.read_now(probes.last_arrived) == make.NOON


async def test_what_it_says_of_a_check_that_refuses_names_no_address():
    http = Http(404)
    with pytest.raises(SourceError) as refused:
        await beat_of(http, "https://hc.example/ping/s3cret")()
    assert "s3cret" not in str(refused.value)
    assert http.asked[0][1]["source"] == "heartbeat"


def test_its_address_is_shown_nowhere_and_its_interval_is_bearable():
    settings = AlertingSettings.model_validate({"heartbeat": {"url": "https://hc.example/ping/s3cret"}})
    assert "s3cret" not in repr(settings)
    for wrong in ({"url": "hc.example"}, {"url": "https://hc.example", "every": "1s"}, {"url": "https://hc.example", "every": "2h"}):
        with pytest.raises(ValidationError):
            AlertingSettings.model_validate({"heartbeat": wrong})


def test_a_message_of_a_probe_tells_when_it_was_said():
    mention = mention_at(make.NOON)
    assert (mention.source_id, said_at(key_of(signal_of(mention, make.NOON)))) == (PROBE, make.NOON)
    assert said_at("0" * 64) is None
