"""What one mention raises by itself: told once, of the brand where it names the brand, and judged by who says it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from core.records import Author, Risk, TopicMatch
from detectors.enrich import Topic
from detectors.enrichment.records import Heard, Understood
from detectors.people import Person
from detectors.registry import Known, Registry
from detectors.signals import ambassador_in_trouble, ambassador_turned, single_risk
from store.database import Database
from tests import make
from tests.detectors.test_enrich import HOUR, Desk, Words

NGOC = Person(id="ngoc", name="Ngọc Vlog", role="ambassador", topic_id="acme", brand="Acme")
TOPICS = {
    "acme": Topic(id="acme", name="Acme", kind="brand", version="1"),
    "person:ngoc": Topic(id="person:ngoc", name="Ngọc Vlog", kind="person", version="1", person=NGOC),
}
KNOWN = Registry([Known(id="ngoc", name="Ngọc Vlog", role="ambassador", accounts=("@ngoc",))])


class Names(Words):
    """As `Words`, and "ngoc" is somebody of ours; a fire is said of whoever is named."""

    def _understood(self, text: Heard) -> Understood:
        said = super()._understood(text)
        found = (TopicMatch(topic_id="person:ngoc", version="1", terms=("ngoc",)),) if "ngoc" in text.text else ()
        grave = (Risk(family="fire", level=1, term="fire"),) if "fire" in text.text else ()
        return replace(said, topics=(*said.topics, *found), risks=grave)


@pytest.fixture
def desk(database: Database, now: Any) -> Desk:
    desk = Desk(database, now)
    trouble, turned = (module.Detector(module.Options()) for module in (ambassador_in_trouble, ambassador_turned))
    given = {"brand_context": {}, "generation": 3, "registry": KNOWN}
    judged = {
        "detectors": {"single_risk": single_risk.Detector(single_risk.Options())},
        "people": {"ambassador_in_trouble": trouble},
        "voices": {"ambassador_turned": turned},
    }
    desk.enricher = type(desk.enricher)(desk.store, Names(), TOPICS, **given, **judged)
    return desk


def by_ngoc(text: str, **changes: Any) -> Any:
    return replace(make.mention(text, **changes), author=Author(key="facebook/ngoc", handle="ngoc"))


async def test_a_grave_risk_said_of_a_person_is_told_of_their_brand_and_names_them(desk, now):
    await desk.say(make.mention("ngoc plays with fire"))
    await desk.settle(now)
    (signal,) = desk.signals()
    assert (signal.kind, signal.topic_id, signal.subject) == ("ambassador_in_trouble", "acme", "topic:acme/fire#person:ngoc")
    assert (signal.words.args["topic"], signal.words.args["person"]) == ("Acme", "Ngọc Vlog")
    assert signal.frozen["heard_in"] == "person:ngoc"


async def test_what_names_the_brand_too_is_told_once(desk, now):
    await desk.say(make.mention("acme and ngoc are on fire"))
    await desk.settle(now)
    assert [signal.kind for signal in desk.signals()] == ["single_risk"]


async def test_a_post_of_hers_against_the_brand_is_told_without_any_risk(desk, now):
    await desk.say(by_ngoc("I hate acme"), make.mention("I hate acme too"))
    await desk.settle(now)
    (signal,) = desk.signals()
    assert (signal.kind, signal.subject, signal.evidence) == ("ambassador_turned", "topic:acme#person:ngoc", (1,))


async def test_a_post_of_hers_about_something_else_raises_nothing(desk, now):
    await desk.say(by_ngoc("I hate mondays"), by_ngoc("what a day with acme"), by_ngoc("I hate how ngoc sings"))
    await desk.settle(now)
    assert desk.signals() == []


async def test_an_edit_that_turns_the_tone_is_told(desk, now):
    post = by_ngoc("my new acme kettle")
    await desk.say(post)
    await desk.settle(now)
    await desk.say(replace(post, text="I hate my new acme kettle", edited_at=now + HOUR, seen_at=now + HOUR), announce=False)
    await desk.settle(now + HOUR)
    assert [signal.kind for signal in desk.signals()] == ["ambassador_turned"]
    await desk.say(replace(post, text="I hate my new acme kettle!", edited_at=now + HOUR, seen_at=now + 2 * HOUR), announce=False)
    await desk.settle(now + 2 * HOUR)
    assert len(desk.signals()) == 1
