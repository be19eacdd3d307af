"""Who is known, by account and by name; what is our own."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from core.records import Author
from detectors.registry import Campaign, Known, Registry
from tests import make


def registry(*entries, **options):
    return Registry(entries, **options)


def _by(key, handle, name, source):
    return replace(make.mention(source=source), author=Author(key=key, handle=handle, name=name))


NGOC = Known(
    id="ngoc", name="Ngọc", role="vip", accounts=("facebook:ngoc.vlog", "mastodon.social/@ngoc", "@ngocvlog"), names=("Ngọc Vlog",)
)


@pytest.mark.parametrize(
    ("mention", "found"),
    [
        (_by("mastodon.social/@ngoc", "ngoc", None, "fedi"), True),
        (_by("Mastodon.Social/@NGOC", None, None, "fedi"), True),
        (_by("other.example/@ngoc", "ngoc", None, "fedi"), False),
        (_by("graph.facebook.com/77", "ngoc.vlog", None, "wall"), True),
        (_by("page/77", "ngoc.vlog", None, "fanpage"), True),
        (_by("tiktok.com/77", "ngoc.vlog", None, "clips"), False),
        (_by("anywhere/1", "@NgocVlog", None, "x"), True),
        (_by("anywhere/1", None, "ngọc  vlog", "x"), True),
        (_by("anywhere/1", None, "Ngọc Vlog fake", "x"), False),
        (_by("anywhere/1", None, None, "x"), False),
    ],
)
def test_a_person_is_known_by_account_or_by_name(mention, found):
    known = registry(NGOC, kinds={"fanpage": "facebook_page"}).find(mention)
    assert (known == NGOC) is found


def test_an_account_goes_before_a_name():
    other = Known(id="fan", name="Fan", role="troll", accounts=("forum/fan",))
    assert registry(NGOC, other).find(_by("forum/fan", "fan", "Ngọc Vlog", "forum")) == other


def test_who_is_not_named_is_not_known():
    assert registry(NGOC).find(replace(make.mention(), author=None)) is None
    assert registry().find(make.mention()) is None


@pytest.mark.parametrize(
    ("text", "own"),
    [("mua ngay #Acme1111", True), ("mua ngay acme1111", False), ("Ngày hội Acme vui", True), ("ngay hoi acme vui", False), ("", False)],
)
def test_a_campaign_is_told_by_its_marks(text, own):
    campaign = Campaign(marks=("#acme1111", "ngày hội Acme"), since=date(2026, 11, 20), until=date(2026, 11, 21), zone="Asia/Ho_Chi_Minh")
    assert registry(campaigns=[campaign]).is_own(make.mention(text or "x"), None) is own


def test_only_our_own_people_are_ours():
    for role, own in (("staff", True), ("ambassador", False), ("partner", False), ("vip", False), ("troll", False)):
        assert registry().is_own(make.mention(), Known(id="x", name="X", role=role)) is own
    assert registry().is_own(make.mention(kind="own"), None)
