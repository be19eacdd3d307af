"""People of the registry as topics of their own: found by name, told of their brand, and in no list of topics."""

from __future__ import annotations

import pytest

from console.config import parse
from console.known import specs_of, topic_versions, watched
from console.people import people_specs, people_topics, people_versions, people_watched
from core.errors import ConfigError
from detectors.enrichment.pipeline import Heard, Pipeline
from tests import make

NGOC = {"id": "ngoc", "name": "Ngọc Vlog", "names": ["Ngọc"], "role": "ambassador", "accounts": ["facebook:ngoc.vlog"]}
RIVAL = {"id": "beta", "name": "Beta", "kind": "brand", "timezone": "Europe/Berlin"}


def config(*authors, **changes):
    return parse(make.config(authors=list(authors), **changes))


@pytest.fixture(scope="module")
def pipeline():
    known = config(NGOC)
    return Pipeline([*specs_of(known), *people_specs(known)])


def found(pipeline, text):
    return [(match.topic_id, match.weak) for match in pipeline.enrich([Heard(text=text)])[0].topics]


def test_a_person_is_found_by_name_nickname_and_handle(pipeline):
    assert found(pipeline, "Ngọc Vlog lừa đảo mọi người ơi") == [("person:ngoc", False)]
    assert found(pipeline, "hỏi @ngoc.vlog xem sao") == [("person:ngoc", False)]
    assert found(pipeline, "ngoc vlog bi gi vay") == [("person:ngoc", True)]


def test_a_name_that_many_bear_means_them_beside_the_brand_only_and_weakly(pipeline):
    assert found(pipeline, "chị Ngọc hàng xóm nhà mình tệ quá") == []
    assert found(pipeline, "Ngọc làm đại sứ Acme mà tệ quá") == [("acme", False), ("person:ngoc", True)]


def test_ambassadors_partners_and_vips_are_watched_and_nobody_else():
    roles = ("ambassador", "partner", "vip", "staff", "troll")
    known = config(*({"id": role, "role": role, "names": [f"Tên {role}"]} for role in roles))
    assert sorted(people_topics(known)) == ["person:ambassador", "person:partner", "person:vip"]


def test_they_stand_in_no_list_of_topics():
    known = config(NGOC)
    assert list(topic_versions(known)) == list(watched(known)) == [spec.id for spec in specs_of(known)] == ["acme"]


def test_what_is_told_of_them_is_the_brands_they_stand_for():
    topics = [{"id": "acme", "name": "Acme", "kind": "brand"}, RIVAL]
    first, second = (people_watched(config(author, topics=topics))["person:ngoc"] for author in (NGOC, {**NGOC, "topic": "beta"}))
    assert (first.person.topic_id, first.person.brand, first.zone) == ("acme", "Acme", "Asia/Ho_Chi_Minh")
    assert (second.person.topic_id, second.person.brand, second.zone) == ("beta", "Beta", "Europe/Berlin")
    (alone,) = people_topics(config(NGOC, topics=[])).values()
    assert (alone.person.topic_id, alone.person.brand) == ("person:ngoc", "Ngọc Vlog")


def test_a_brand_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match="unknown topic 'gamma'"):
        config({**NGOC, "topic": "gamma"})


def test_other_names_are_another_version():
    assert people_versions(config(NGOC)) != people_versions(config({**NGOC, "names": ["Bống"]}))


def test_where_nobody_asks_for_trouble_nobody_is_watched():
    known = config(NGOC, detectors={"signals": [{"kind": "volume_spike"}]})
    assert people_specs(known) == []
    assert people_topics(known) == people_watched(known) == {}
