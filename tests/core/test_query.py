"""The query language: what a query means, and that every bad one is refused in one clear line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import query_fields
from core.errors import QueryError
from core.query import MAX_DEPTH, MAX_LENGTH, MAX_NEAR, MAX_TERMS, MAX_WORDS, Field, Near, Term, parse

A, B, C, D = (Term((letter,)) for letter in "abcd")


def matches(query: str, letters: str) -> bool:
    return parse(query).matches({Term((letter,)) for letter in letters})


def test_the_example_of_the_interface_reads_as_meant():
    query = parse('"Acme" OR #acme OR (ấm NEAR/5 acme) NOT "acme cartoon"')
    acme, cartoon = Term(("acme",)), Term(("acme", "cartoon"))
    near = Near(Term(("ấm",)), acme, 5)
    assert query.terms == (acme, Term(("acme",), "hashtag"), Term(("ấm",)), cartoon)
    assert query.nears == (near,)
    assert query.wanted == set(query.terms) - {cartoon}
    assert query.matches({acme})
    assert query.matches({Term(("acme",), "hashtag")})
    assert query.matches({near})
    assert not query.matches({Term(("ấm",))})
    assert not query.matches({acme, cartoon})


@pytest.mark.parametrize(
    ("query", "yes", "no"),
    [
        ("a b", ["ab"], ["a", "b", ""]),
        ("a OR b c", ["a", "bc"], ["b", "c"]),
        ("a b OR c", ["ab", "c"], ["a"]),
        ("a NOT b", ["a", "ac"], ["ab", "b"]),
        ("a OR b NOT c", ["a", "b"], ["ac", "bc"]),
        ("a OR (b NOT c)", ["a", "ac", "b"], ["bc"]),
        ("a OR b AND NOT c", ["a", "ac", "b"], ["bc"]),
        ("a NOT b OR c", ["a", "c", "bc"], ["ab", ""]),
        ("a NOT b c", ["ac"], ["a", "abc"]),
        ("a NOT b AND c", ["ac"], ["a", "abc"]),
        ("a NOT b NOT c", ["a"], ["ab", "ac"]),
        ("a NOT b AND NOT c", ["a"], ["ab", "ac"]),
        ("a NOT (b OR c)", ["a"], ["ab", "ac"]),
        ("NOT a", ["", "b"], ["a"]),
        ("a OR NOT b", ["", "ab"], ["b"]),
        ("(a)(b)", ["ab"], ["a"]),
    ],
)
def test_operators_bind_as_documented(query: str, yes: list[str], no: list[str]):
    assert [letters for letters in yes + no if matches(query, letters)] == yes


def test_words_are_normalised_and_marks_are_kept():
    assert parse("HOÀ").terms == parse("hòa").terms == (Term(("hòa",)),)
    assert parse("đường").terms != parse("duong").terms
    assert parse('"Ấm Siêu-Tốc"').terms == (Term(("ấm", "siêu", "tốc")),)
    assert parse("“ấm đun”").terms == (Term(("ấm", "đun")),)


def test_words_that_only_look_like_operators_are_words():
    assert [str(term) for term in parse("NOTE OR android and or").terms] == ["note", "android", "and", "or"]


def test_hashtags_and_handles_keep_their_kind():
    assert parse("#Acme @acme.vn").terms == (Term(("acme",), "hashtag"), Term(("acme", "vn"), "handle"))


@pytest.mark.parametrize(
    ("query", "said", "column"),
    [
        ("", "empty", None),
        ("   ", "empty", None),
        ("(a", "not closed", 1),
        ("a)", "never opened", 2),
        ('a "b', "quotation mark is not closed", 3),
        ("a OR", "ends where a term is expected", 4),
        ("OR a", "did not expect OR", 1),
        ("a NOT NOT b", "did not expect NOT", 7),
        ("a NEAR/5 (b OR c)", "did not expect", 10),
        ("a NEAR/3 b NEAR/3 c", "NEAR/n stands between two terms", 12),
        ("NEAR/5 a", "NEAR/n stands between two terms", 1),
        ("a NEAR/500 b", "NEAR/100 is the widest", 3),
        ("a author:", "author: is followed by its value", 3),
        ("title:(a OR b)", "title: is followed by its value", 1),
        ("a language:vi", "did you mean lang:?", 3),
        ("a auther:lan", "did you mean author:?", 3),
        ("a lang:vietnamese", "lang: takes two letters", 3),
        ("a site:https://tinhte.vn/thread", "site: takes a host", 3),
        ("a has:picture", "has: is one of link, question", 3),
        ("a class:wire", "class: is one of original, repost", 3),
        ("a source:*", "needs at least 2 letters", 3),
        ("a NEAR/3 author:lan", "did not expect author:lan here", 10),
        ("a\nk*", "needs at least 2 letters", 3),
        ('a "acme * kettle"', "needs at least 2 letters", 3),
        ("^a.*b$", "looks like a regular expression", 1),
        ("a [a-z]+", "looks like a regular expression", 3),
        (r"a \d{4}", "looks like a regular expression", 3),
        ("a !!!", "no word in !!!", 3),
        ("a #", "did not expect #", 3),
        ("(" * (MAX_DEPTH + 150), "more than 50 deep", MAX_DEPTH + 1),
        ("a" * (MAX_LENGTH + 1), "20,000 is the most", MAX_LENGTH + 1),
        (" ".join(f"w{n}" for n in range(MAX_TERMS + 1)), "1,000 is the most", 4891),
        (" ".join(f"w{n} OR b NOT" for n in range(600)) + " c", "take turns too often", None),
        (r"(a+)+$ [^b]*", "looks like a regular expression", 5),
        ('"' + "a " * 101 + '"', "at most 100 words", 1),
    ],
)
def test_a_bad_query_is_refused_with_its_place(query: str, said: str, column: int | None):
    with pytest.raises(QueryError, match=re.escape(said)) as refused:
        parse(query)
    assert refused.value.column == column


def test_the_largest_query_is_read():
    assert len(parse(" OR ".join(f"w{n}" for n in range(MAX_TERMS))).terms) == MAX_TERMS
    assert parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH).matches({A})


# The naive evaluator: a random tree carries both its text and its meaning as a plain function.
Meaning = Callable[[frozenset[str]], bool]
Tree = tuple[str, Meaning]


def _leaf(letter: str) -> Tree:
    return letter, lambda found: letter in found


def _grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    def join(operator: str, left: Tree, right: Tree) -> Tree:
        means: dict[str, Meaning] = {
            " AND ": lambda found: left[1](found) and right[1](found),
            " ": lambda found: left[1](found) and right[1](found),
            " OR ": lambda found: left[1](found) or right[1](found),
            " NOT ": lambda found: left[1](found) and not right[1](found),
            " AND NOT ": lambda found: left[1](found) and not right[1](found),
            " OR NOT ": lambda found: left[1](found) or not right[1](found),
        }
        return f"({left[0]}{operator}{right[0]})", means[operator]

    return st.builds(join, st.sampled_from([" AND ", " ", " OR ", " NOT ", " AND NOT ", " OR NOT "]), inner, inner) | st.builds(
        lambda tree: (f"(NOT {tree[0]})", lambda found: not tree[1](found)), inner
    )


@given(st.recursive(st.sampled_from("abcd").map(_leaf), _grown, max_leaves=12), st.frozensets(st.sampled_from("abcd")))
def test_a_query_means_what_the_naive_evaluator_says(tree: Tree, found: frozenset[str]):
    assert parse(tree[0]).matches({Term((letter,)) for letter in found}) is tree[1](found)


@given(st.text(max_size=60) | st.text(alphabet='ab ()"#@*:/NEARODT5', max_size=60))
def test_any_text_is_a_query_or_is_refused(text: str):
    with contextlib.suppress(QueryError):  # any other error is a bug
        parse(text)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("a b OR c", "(a AND b) OR c"),
        (
            '"Acme Kettle" OR #acme OR (ấm NEAR/5 acme) NOT "acme cartoon"',
            '("acme kettle" OR #acme OR ấm NEAR/5 acme) AND NOT "acme cartoon"',
        ),
        ("a AND NOT (b OR c)", "a AND NOT (b OR c)"),
        ("@acme", "@acme"),
        ('title:"Ấm Acme" NOT author:"Lan N" kett*', 'title:"ấm acme" AND NOT author:"lan n" AND kett*'),
    ],
)
def test_a_query_is_told_as_it_was_understood(typed, understood):
    assert str(parse(typed)) == understood
    assert str(parse(understood)) == understood


@pytest.mark.parametrize(
    ("query", "necessary"),
    [
        ("Đường", {" duong "}),
        ('"ấm siêu tốc"', {" am sieu toc "}),
        ("#Acme OR ấm", {" acme ", " am "}),
        ("ấm kettle", {" kettle "}),
        ("(a OR kettle) AND acme", {" acme "}),
        ("acme NOT hoạt", {" acme "}),
        ("ấm NEAR/3 acme", {" acme "}),
        ("kett*", {" kett"}),
        ("*phone", {"phone "}),
        ('"acme kett* pro"', {" acme kett"}),
        ("title:acme source:forum-*", {" acme "}),
        ('"nhân viên acme"', {" nhan vien acme ", " nv acme "}),
        ("author:lan", None),
        ("acme OR author:lan", None),
        ("NOT acme", None),
        ("acme OR NOT phim", None),
        ("NOT (acme AND NOT phim)", None),
        ("NOT (NOT acme OR NOT phim)", {" acme "}),
    ],
)
def test_a_query_tells_what_must_stand_in_a_text_that_matches(query: str, necessary: set[str] | None):
    assert parse(query).literals() == necessary


def test_fields_are_read_with_their_values():
    query = parse(
        'Author:@Lan site:https://www.tinhte.vn/ lang:VI source:forum-* kind:rss class:repost has:link title:"Ấm acme" author:"Lan Nguyễn"'
    )
    assert [str(field) for field in query.fields] == [
        "author:@lan", "site:tinhte.vn", "lang:vi", "source:forum-*", "kind:rss", "class:repost", "has:link", 'author:"lan nguyễn"',
    ]  # fmt: skip
    assert query.terms == (Term(("ấm", "acme"), in_title=True),)
    assert query.matches({*query.fields, *query.terms})
    assert not query.matches({*query.fields})


def test_fields_that_speak_for_a_match_are_wanted():
    query = parse("acme author:lan NOT source:blog")
    assert query.wanted == {Term(("acme",)), Field("author", "lan")}


def test_wildcards_stay_in_the_forms():
    assert parse("Kett* #acm* @*fan").terms == (Term(("kett*",)), Term(("acm*",), "hashtag"), Term(("*fan",), "handle"))


@pytest.mark.parametrize("word", ["C++", "AT&T", "Disney+", "16:9", "Re:Zero", "sao?", "a.b", "😀:", "100%"])
def test_words_with_signs_are_words(word: str):
    assert len(parse(word).terms) == 1


def test_the_documentation_names_every_field_and_limit():
    page = (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")
    assert [name for name in query_fields.NAMES if f"`{name}:" not in page] == []
    assert [value for value in query_fields.HAS if f"`has:{value}`" not in page] == []
    assert [value for value in query_fields.CLASSES if f"`class:{value}`" not in page] == []
    assert [limit for limit in (MAX_LENGTH, MAX_TERMS, MAX_DEPTH, MAX_NEAR, MAX_WORDS) if f"{limit:,} " not in page] == []
