"""Matching: the closest playbook wins, and says why."""

from __future__ import annotations

import itertools

import pytest

from core.messages import render
from playbooks.match import Facts, match


@pytest.fixture
def shelf(make_playbook):
    def one(id: str, **triggers):
        return make_playbook(id=id, triggers=triggers, default=id == "default")

    return [
        one("default"),
        one("fire", risks=["injury"]),
        one("fire-in-a-spike", risks=["injury"], kinds=["volume_spike"]),
        one("recall", risks=["recall"], topics=["brand"]),
        one("spike", kinds=["volume_spike"]),
        one("grave", severity_from="critical"),
    ]


@pytest.mark.parametrize(
    ("facts", "id", "because"),
    [
        (Facts(severity="watch"), "default", "because no other playbook fits, the default is used"),
        (Facts(severity="minor", kinds=("volume_spike",)), "spike", "because the signal is a volume spike"),
        (Facts(severity="critical"), "grave", "because the severity is critical or above"),
        (Facts(severity="critical", kinds=("volume_spike",)), "spike", "because the signal is a volume spike"),
        (Facts(severity="minor", risks=("injury",)), "fire", "because of injury or danger"),
        (
            Facts(severity="minor", risks=("injury",), kinds=("volume_spike",)),
            "fire-in-a-spike",
            "because of injury or danger and because the signal is a volume spike",
        ),
        (
            Facts(severity="minor", risks=("recall", "injury"), topic_kind="brand", kinds=("volume_spike",)),
            "recall",
            "because of recall and because the topic is a brand",
        ),
        (
            Facts(severity="minor", risks=("recall",), topic_kind="competitor"),
            "default",
            "because no other playbook fits, the default is used",
        ),
        (Facts(severity="minor", risks=("recall",)), "default", "because no other playbook fits, the default is used"),
    ],
)
def test_the_closest_playbook_is_found_with_its_reason(shelf, facts, id, because):
    playbook, words = match(shelf, facts)
    assert (playbook.id, render(words, "en")) == (id, because)


@pytest.mark.parametrize(
    ("facts", "id"),
    [
        (Facts(severity="minor", risks=("ambassador",)), "star"),
        (Facts(severity="minor", kinds=("ambassador_turned",)), "star"),
        (Facts(severity="minor", risks=("legal",), kinds=("ambassador_turned",)), "star"),
        (Facts(severity="minor", risks=("recall",), kinds=("ambassador_turned",)), "recall"),
        (Facts(severity="minor", kinds=("volume_spike",)), "default"),
    ],
)
def test_a_kind_of_signal_may_stand_in_for_a_risk(make_playbook, facts, id):
    star = make_playbook(id="star", triggers={"risks": ["ambassador"], "or_kinds": ["ambassador_turned"]})
    recall = make_playbook(id="recall", triggers={"risks": ["recall"]})
    default = make_playbook(id="default", default=True, triggers={})
    assert match([star, recall, default], facts)[0].id == id


def test_the_order_of_the_shelf_does_not_matter(shelf):
    facts = Facts(severity="critical", risks=("injury",), kinds=("volume_spike",))
    assert {match(order, facts)[0].id for order in itertools.permutations(shelf)} == {"fire-in-a-spike"}


def test_equals_are_taken_by_their_id(make_playbook):
    twins = [make_playbook(id="zebra"), make_playbook(id="ant")]
    assert match(twins, Facts(severity="watch", risks=("recall",)))[0].id == "ant"


def test_where_nothing_fits_and_nothing_is_the_default_there_is_none(playbook):
    assert match([playbook], Facts(severity="critical")) is None
    assert match([], Facts(severity="critical")) is None
