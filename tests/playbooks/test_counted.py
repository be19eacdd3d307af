"""Mentions, stories and authors are told as three numbers."""

from __future__ import annotations

import pytest

from core.messages import translator
from playbooks.counted import counted, named, negative_share, numbers_of
from tests import make


def frozen(**changes):
    return make.signal(frozen={"counted": {"mentions": 40, "stories": 12, "authors": 31, **changes}})


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "Counted: 40 mentions, 12 stories and 31 authors"), ("vi", "Đếm được: 40 lượt nhắc, 12 câu chuyện và 31 người đăng")],
)
def test_three_numbers_are_told_in_the_readers_language(language, says):
    assert counted(translator(language), frozen()) == says


def test_authors_whom_nobody_names_are_unknown_and_not_zero():
    assert "unknown authors" in counted(translator("en"), frozen(authors=None))
    assert numbers_of(frozen(authors=None)) == {"mentions": 40, "stories": 12, "authors": None}


@pytest.mark.parametrize(
    "signal", [None, make.signal(), make.signal(frozen={"counted": {"mentions": 0}}), make.signal(frozen={"counted": 7})]
)
def test_nothing_counted_is_nothing_told(signal):
    assert (numbers_of(signal), counted(translator("en"), signal)) == (None, "")


def test_a_known_author_is_told_with_the_role():
    assert named(translator("vi"), "ngoc.vlog", "ambassador") == "ngoc.vlog (đại sứ)"
    assert named(translator("en"), None, "vip") == "? (VIP)"
    assert named(translator("en"), "lan", None) == "lan"


def test_the_share_that_is_negative_is_told_where_it_was_counted():
    assert counted(translator("en"), frozen(negative=30)).endswith("31 authors; 75% negative")
    assert [negative_share(each) for each in (frozen(negative=30), frozen(negative=0), frozen(), None, make.signal())] == [
        0.75,
        0.0,
        None,
        None,
        None,
    ]
