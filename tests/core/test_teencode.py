"""Teencode: the query is spelled in the short forms that people type."""

from __future__ import annotations

import time

import pytest

from core.teencode import MAX_SPELLINGS, edition, rows, spellings
from core.tokens import bare, tokens


def reads(asked: str, found: str, before: str = "", after: str = "") -> bool | None:
    """The best answer of all spellings that are the same without marks."""
    forms = found.split()
    answers = [each.agrees(forms, before, after) for each in spellings(tuple(asked.split())) if each.plain == tuple(map(bare, forms))]
    return True if True in answers else False if False in answers else None


@pytest.mark.parametrize(
    ("asked", "found", "answer"),
    [
        ("không nhận được hàng", "ko nhận dc hàng", True),
        ("không nhận được hàng", "ko nhan đc hàng", False),
        ("không nhận được hàng", "k nhận được hàng", False),
        ("khong nhan duoc hang", "ko nhận dc hàng", True),
        ("không", "khum", True),
        ("không", "hồng", None),
        ("khống", "ko", None),
        ("nhân viên acme", "nv acme", True),
        ("mọi người", "mn", False),
        ("vợ chuyển khoản", "vợ ck", None),
        ("đã chuyển khoản", "đã ck", False),
        ("quý khách hàng", "quý kh", False),
        ("kett*", "kettle", None),
    ],
)
def test_a_word_is_read_in_its_short_forms(asked: str, found: str, answer: bool | None):
    assert reads(asked, found) is answer


def test_what_stands_beside_a_short_form_decides():
    assert reads("chuyển khoản", "ck", before="tiền") is False
    assert reads("chuyển khoản", "ck", after="vk") is None
    assert reads("không", "kh", before="quý") is None
    assert reads("khách hàng", "kh") is None


def test_a_name_has_one_spelling():
    assert [each.forms for each in spellings(("acme",))] == [("acme",)]


def test_spellings_are_bounded_and_the_full_one_comes_first():
    started = time.process_time()
    found = spellings(("không", "được") * 50)
    assert len(found) == MAX_SPELLINGS
    assert found[0].forms == ("không", "được") * 50
    assert time.process_time() - started < 0.5


def test_the_lexicon_can_be_read_and_has_a_version():
    assert len(edition()) == 8
    for row in rows():
        assert row.surely or row.perhaps, row
        assert not set(row.surely) & set(row.perhaps), row
        assert all(len(tokens(short)) == 1 for short in (*row.surely, *row.perhaps)), row
        assert row.word not in (*row.surely, *row.perhaps), row
