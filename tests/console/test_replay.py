"""Recorded mentions through the real stages: the same in gives the same out, and nothing of the installation is touched."""

import os
from datetime import timedelta

import pytest

from console.config import parse
from console.replay import replay
from core.errors import Refused
from tests import make

FIRE = "Acme kettle caught fire and burned my son"


def recorded(texts, *, every=timedelta(minutes=1), start=make.NOON):
    return [
        make.mention(text, at=start + number * every, native_id=f"n{number}", author=f"author{number}") for number, text in enumerate(texts)
    ]


@pytest.fixture
def config(tmp_path):
    """An installation whose own database must not come to be."""
    return parse(make.config(store={"database": f"sqlite:///{tmp_path}/live/tocsin.db"}))


async def test_what_would_have_been_noticed_and_who_would_have_been_called(config):
    outcome = await replay(config, recorded([FIRE, "Acme kettle, hot water at last"]))
    (incident,) = outcome.incidents
    assert incident["topic_id"] == "acme"
    assert incident["opened_at"] == "2026-11-21T05:00:00+00:00", "when it was heard"
    assert [piece["text"] for piece in incident["evidence"]] == [FIRE]
    assert outcome.pages[0]["person"] == "ana"
    assert outcome.pages[0]["incident_id"] == incident["id"]
    assert outcome.mentions == 2


async def test_a_calm_recording_opens_nothing(config):
    outcome = await replay(config, recorded(["my Acme kettle boils"] * 5, every=timedelta(hours=1)))
    assert (outcome.incidents, outcome.pages) == ([], [])


async def test_the_same_recording_gives_the_same_in_any_order(config):
    said = recorded([FIRE, "Acme burned me too", "boycott Acme"])
    assert (await replay(config, said)).as_json() == (await replay(config, said[::-1])).as_json()


async def test_nothing_of_the_installation_is_touched(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    await replay(config, recorded([FIRE]))
    assert os.listdir() == []  # noqa: PTH208 - of the directory in which it was played


async def test_a_recording_with_nothing_in_it_is_refused(config):
    with pytest.raises(Refused, match="nothing to play"):
        await replay(config, [])


async def test_progress_is_told_up_to_the_end(config):
    told = []
    await replay(config, recorded(["Acme"] * 3), progress=lambda done, total: told.append((done, total)))
    assert told == [(3, 3)]


async def test_the_forecast_says_where_the_history_is_too_thin(config):
    outcome = (await replay(config, recorded([FIRE]))).as_json()
    assert outcome["forecast"]["too_thin"]
    assert set(outcome) >= {"incidents", "pages", "forecast", "mentions", "from", "until"}
    assert (outcome["from"], outcome["until"]) == ("2026-11-21T05:00:00+00:00", "2026-11-21T07:00:00+00:00")


async def test_pages_of_a_saturday_night_are_counted_as_such(config):
    night = make.NOON.replace(hour=16)  # eleven at night in Hà Nội, a Saturday
    outcome = await replay(config, recorded([FIRE], start=night))
    assert outcome.forecast["night"] == len(outcome.pages)
    assert outcome.forecast["weekend"] == len(outcome.pages)
    assert outcome.forecast["nights"] == 1
