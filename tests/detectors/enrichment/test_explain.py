"""Why a text matches a query, or does not: what an operator reads who wonders."""

from __future__ import annotations

import pytest

from core.messages import translator
from core.records import Author
from detectors.enrichment.explain import MAX_NAMED, Explanation, explain
from detectors.enrichment.records import Heard

say = translator("en")


def remarks(found: Explanation) -> dict[str, tuple[str, tuple[str, ...], str]]:
    return {part.part: (part.holds, part.quotes, part.remark.key if part.remark else "") for part in found.parts}


@pytest.mark.parametrize(
    ("query", "text", "verdict", "key", "what"),
    [
        ("acme OR #acme", "Acme nổ", "surely", "query.matches", ["acme"]),
        ("NOT acme", "khác", "surely", "query.matches_nothing", []),
        ('"lừa đảo" acme', "acme lừa dao", "weakly", "query.only_weak", ['"lừa đảo"']),
        ("acme NOT hoạt", "acme hoat hinh", "weakly", "query.perhaps_taken_out", ["hoạt"]),
        ("acme nổ", "acme", "no", "query.missing", "nổ"),
        ("acme (nổ OR cháy)", "acme", "no", "query.missing_any", ["nổ", "cháy"]),
        ("acme NOT phim", "phim Acme", "no", "query.taken_out", "phim"),
    ],
)
def test_what_decided_is_told(query: str, text: str, verdict: str, key: str, what: object):
    found = explain(query, Heard(text=text))
    assert (found.verdict, found.because[0].key, found.because[0].args["what"]) == (verdict, key, what)


def test_a_text_in_another_language_is_told():
    found = explain("acme", Heard(text="acme is a wonderful company to work for"), languages=("vi",))
    assert found.verdict == "no"
    assert found.because[0].args == {"language": "en", "languages": ["vi"]}
    assert found.parts[0].holds == "surely"


@pytest.mark.parametrize(
    ("query", "text", "part", "told"),
    [
        ("đường", "họ dương", "đường", ("no", ("dương",), "query.other_marks")),
        ("đường", "con duong", "đường", ("weakly", ("duong",), "query.unmarked")),
        ("không", "k biết", "không", ("weakly", ("k",), "query.short")),
        ("#acme", "acme", "#acme", ("no", ("acme",), "query.other_kind")),
        ("title:acme", "acme", "title:acme", ("no", ("acme",), "query.not_in_title")),
        ("acme NEAR/1 ấm", "ấm rất là siêu acme", "acme NEAR/1 ấm", ("no", ("acme", "ấm"), "query.too_far")),
        ("lang:vi", "acme", "lang:vi", ("weakly", (), "query.unsure")),
        ("kett*", "hai kettles", "kett*", ("surely", ("kettles",), "")),
        ("acme", "khác", "acme", ("no", (), "")),
    ],
)
def test_each_part_is_told_with_what_stands_there(query: str, text: str, part: str, told: tuple[str, tuple[str, ...], str]):
    assert remarks(explain(query, Heard(text=text, lang="vi")))[part] == told


def test_a_field_is_a_part():
    found = explain("author:lan acme", Heard(text="acme", author=Author(key="x/lan", handle="lan")))
    assert remarks(found)["author:lan"] == ("surely", (), "")


def test_an_alternative_that_nearly_holds_is_told_too():
    found = explain("đường OR (acme NOT phim)", Heard(text="phim acme"))
    assert [words.key for words in found.because] == ["query.missing_any", "query.taken_out"]


def test_a_large_query_is_told_in_few_words():
    query = " OR ".join(f"w{n}" for n in range(900))
    found = explain(query, Heard(text="x " * 5_000))
    assert len(found.because[0].args["what"]) == MAX_NAMED + 1
    assert found.because[0].args["what"][-1] == "… (+890)"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_sentence_can_be_said(language: str):
    keys = [
        "matches",
        "matches_nothing",
        "only_weak",
        "perhaps_taken_out",
        "missing",
        "missing_any",
        "taken_out",
        "taken_out_by",
        "language",
        "unmarked",
        "short",
    ]
    keys += ["other_marks", "other_kind", "not_in_title", "too_far", "unsure"]
    assert [key for key in keys if not translator(language).knows(f"query.{key}")] == []
