"""Names and nicknames of people of ours, and findings that name them."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime

import pytest

from core.query import parse
from core.records import Words
from detectors import people
from detectors.base import Finding
from detectors.people import Person, about_person, is_common, person_queries

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(people).failed == 0


@pytest.mark.parametrize("name", ["Ngọc", "chị Ngọc", "ca sĩ Lan", "Anna", "Mr Tuấn", "BINZ", "anh"])
def test_a_name_that_many_bear(name):
    assert is_common(name)


@pytest.mark.parametrize("name", ["Sơn Tùng", "Nguyễn Thị Ngọc", "Ngọc Vlog", "PewPew", "J97", "Taylor Swift"])
def test_a_name_of_their_own(name):
    assert not is_common(name)


def test_every_query_can_be_read_whatever_the_names_are():
    surely, common = person_queries(
        ['Lê "Bống" An', "NOT", "a OR b", "😀", "@ngoc", "x" * 80, *(f"Người {n}" for n in range(300))], ["fb:12345"]
    )
    assert 45 < len(parse(surely).terms) <= people.MOST_NAMES
    assert parse(common).terms
    assert person_queries([], ["facebook:100012345"]) == ("", "")


def test_a_finding_names_the_person_and_the_brand():
    finding = Finding(
        kind="ambassador_in_trouble",
        bucket_start=NOON,
        window_start=NOON,
        window_end=NOON,
        scale_s=60,
        observed=9.0,
        expected=None,
        low=None,
        high=None,
        score=0.9,
        words=Words(key="x", args={"topic": "person:ngoc"}),
    )
    person = Person(id="ngoc", name="Ngọc Vlog", role="ambassador", topic_id="acme", brand="Acme")
    told = about_person(finding, person, heard_in="person:ngoc", beside=0.25)
    assert told.words.args == {"topic": "Acme", "person": "Ngọc Vlog"}
    assert (told.about, told.frozen["heard_in"]) == ("person:ngoc", "person:ngoc")
    assert told.frozen["person"] == {"id": "ngoc", "name": "Ngọc Vlog", "role": "ambassador", "beside": 0.25}
