"""Fields of queries: facts of the mention rather than words in it."""

from __future__ import annotations

import pytest

from core.query import parse
from core.records import Author
from detectors.enrichment.doc import Notes
from detectors.enrichment.fields import holds
from detectors.enrichment.records import Heard

LAN = Author(key="mastodon.social/@lan.n", handle="lan.n@mastodon.social", name="Lan Nguyễn 🌸")


def said(query: str, *, text: str = "", language: str = "vi", sure: bool = True, **told: object) -> str:
    (field,) = parse(query).fields
    noted = Notes(text, [], heard=Heard(**told), language=language, language_is_sure=sure)
    return {True: "surely", False: "weakly", None: "no"}[holds(field, noted)]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("author:lan.n", "surely"),
        ("author:@Lan.N", "surely"),
        ("author:lan.n@mastodon.social", "surely"),
        ("author:mastodon.social/@lan.n", "surely"),
        ("author:lan*", "surely"),
        ("author:lan", "surely"),  # a word of the name
        ('author:"Lan Nguyễn"', "surely"),
        ('author:"lan nguyen"', "surely"),
        ('author:"Nguyễn Lan"', "no"),
        ("author:@nguyễn", "no"),
        ("author:@lan", "no"),
        ("author:ngọc", "no"),
    ],
)
def test_an_author_is_a_handle_or_words_of_a_name(query: str, answer: str):
    assert said(query, author=LAN) == answer


def test_a_name_typed_without_marks_is_a_weak_hit():
    assert said('author:"Lan Nguyễn"', author=Author(key="x/1", name="Lan Nguyen")) == "weakly"
    assert said("author:lan") == "no"


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://tinhte.vn/thread/1", "surely"),
        ("https://www.TinhTe.vn:443/thread", "surely"),
        ("https://photo.tinhte.vn/x", "surely"),
        ("https://xtinhte.vn/x", "no"),
        ("https://tinhte.vn.evil.example/x", "no"),
        ("not an address", "no"),
        ("https://[broken", "no"),
        (None, "no"),
    ],
)
def test_a_site_is_a_host_with_all_below_it(url: str | None, answer: str):
    assert said("site:tinhte.vn", url=url) == answer


def test_a_site_may_be_written_in_its_own_letters():
    wire = "tênmiền.vn".encode("idna").decode()
    assert said("site:tênmiền.vn", url=f"https://{wire}/x") == said("site:tênmiền.vn", url="https://tênmiền.vn/x") == "surely"


def test_a_language_of_which_nobody_is_sure_is_a_weak_hit():
    assert (said("lang:vi"), said("lang:vi", sure=False), said("lang:en")) == ("surely", "weakly", "no")


def test_sources_are_named_by_id_with_wildcards_or_by_kind():
    told = {"source_id": "Forum-12", "source_kind": "rss"}
    assert [said(query, **told) for query in ("source:forum-12", "source:forum-*", "source:forum", "kind:rss", "kind:reddit", "kind:face*")] == [
        "surely", "surely", "no", "surely", "no", "no",
    ]  # fmt: skip


def test_a_repost_is_told_from_an_original():
    assert said("class:repost", is_repost=True) == said("class:original") == "surely"
    assert said("class:original", is_repost=True) == said("class:repost") == "no"


@pytest.mark.parametrize(
    ("text", "link", "question"),
    [
        ("xem https://acme.example/a?b=1", "surely", "no"),
        ("xem www.acme.vn", "surely", "no"),
        ("nổ thật không?", "no", "surely"),
        ("thật hả?!", "no", "surely"),
        ("", "no", "no"),
    ],
)
def test_a_text_has_a_link_or_a_question(text: str, link: str, question: str):
    assert (said("has:link", text=text), said("has:question", text=text)) == (link, question)
