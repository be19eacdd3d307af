"""Branches, people and campaigns from config.yaml, in the shapes that the detectors take."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from console.config import parse
from console.known import branches, names, registry, watched
from console.people import people_watched
from core.errors import ConfigError
from core.records import Author
from tests import make


def config(**changes):
    return parse(make.config(**changes))


def test_an_address_is_one_of_a_branchs_names():
    known = config(
        places=[{"id": "q1", "name": "Acme Quận 1", "aliases": ["chi nhánh Lê Lợi"], "address": "12 Lê Lợi"}, {"id": "q7", "name": "Q7"}]
    )
    assert [(one.id, one.names) for one in branches(known)] == [("q1", ("Acme Quận 1", "chi nhánh Lê Lợi", "12 Lê Lợi")), ("q7", ("Q7",))]


def test_people_and_campaigns_are_known():
    known = registry(
        config(
            authors=[{"id": "ngoc", "role": "ambassador", "accounts": ["facebook:ngoc.vlog", "@ngoc"], "reach": 120_000}],
            events=[
                {"name": "11/11", "from": "2026-11-20", "to": "2026-11-22", "marks": ["#acme1111"]},
                {"name": "Tết", "from": "2027-02-05", "to": "2027-02-12"},
            ],
        )
    )
    mention = replace(make.mention("vui quá #acme1111"), author=Author(key="x/1", handle="ngoc"))
    entry = known.find(mention)
    assert (entry.id, entry.name, entry.role, entry.reach) == ("ngoc", "ngoc", "ambassador", 120_000)
    assert known.is_own(mention, entry)


def test_what_is_expected_of_a_day_is_known_in_every_topic_and_of_people():
    told = config(
        language="en",
        topics=[
            {"id": "acme", "query": "acme", "timezone": "Europe/Berlin"},
            {"id": "tra", "query": "trà", "timezone": "Asia/Ho_Chi_Minh"},
        ],
        authors=[{"id": "ngoc", "role": "ambassador", "names": ["Ngọc Vlog"]}],
        events=[
            {"name": "11/11", "from": "2026-11-10", "to": "2026-11-12"},
            {"name": "Nghỉ", "from": "2026-11-12", "to": "2026-11-12", "expect": "less"},
        ],
    )
    acme, tra = watched(told)["acme"].calendar, watched(told)["tra"].calendar
    assert acme.names(date(2026, 11, 9), date(2026, 11, 12)) == ["11/11", "Nghỉ"]
    assert [acme.expects_less(date(2026, 11, day)) for day in (11, 12)] == [False, True]
    assert (acme.tet, tra.tet) == (False, True)
    assert [one.calendar.names(date(2026, 11, 10), date(2026, 11, 10)) for one in people_watched(told).values()] == [["11/11"]]


def test_what_a_burst_may_name_is_known_by_kind():
    known = config(
        topics=[{"id": "acme", "query": "acme", "products": ["X2"]}, {"id": "rival", "query": "rival"}],
        places=[{"id": "q1", "name": "Acme Quận 1", "aliases": ["chi nhánh Lê Lợi"]}],
        authors=[{"id": "ngoc", "name": "Ngọc", "role": "ambassador", "accounts": ["facebook:ngoc.vlog", "@ngoc"], "names": ["Ngọc Vlog"]}],
    )
    assert [tuple(one) for one in names(known, known.topics[0])] == [
        ("product", "X2"),
        ("place", "Acme Quận 1"),
        ("place", "chi nhánh Lê Lợi"),
        ("person", "Ngọc"),
        ("person", "Ngọc Vlog"),
        ("person", "@ngoc"),
    ]
    assert "X2" not in [one.name for one in watched(known)["rival"].names]


@pytest.mark.parametrize(
    ("authors", "says"),
    [
        ([{"id": "x", "role": "vip"}], "neither accounts nor names"),
        ([{"id": "x", "role": "boss", "names": ["X"]}], "role"),
        ([{"id": "x", "role": "vip", "accounts": ["ngoc"]}], "accounts"),
        ([{"id": "x", "role": "vip", "names": ["X"], "reach": -1}], "reach"),
        ([{"id": "x", "role": "vip", "names": ["X"]}] * 2, "author 'x' stands there twice"),
    ],
)
def test_a_mistake_is_told(authors, says):
    with pytest.raises(ConfigError, match=says):
        config(authors=authors)
