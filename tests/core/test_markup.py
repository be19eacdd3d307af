"""Markup cut at its tags says what the parser says."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import markup
from core.markup import plain_text
from core.tidy import tidy

WORDS = st.sampled_from(
    [
        "ấm",
        " đun ",
        "a",
        "\n",
        "  ",
        "1 < 2",
        "&amp;",
        "&nbsp;",
        "&#8217;",
        "&lt;b&gt;",
        "&copy",
        "AT&T",
        "&foo;",
        "&#0;",
        "x\xa0y",
        "e\u0301",
        "\u200b",
        "😡",
        '"',
    ]
)
INLINE = st.sampled_from(["b", "i", "a", "span", "em", "font", "x-y"])
HOLDERS = st.sampled_from(["div", "blockquote", "section", "figure", "article"])
ATTRIBUTES = st.sampled_from(["", " class='x'", ' href="http://a.example/?b=1&amp;c=2"', ' title="a &gt; b"', " a=b", " hidden", "\n"])
VOID = st.sampled_from(
    [
        "<br>",
        "<br/>",
        "<br />",
        "<img src='x'>",
        "<img class='emoji' alt='😀'>",
        "<!-- <p> -->",
        "<script>a<b</script>",
        "<iframe src='x'></iframe>",
    ]
)


def element(names: st.SearchStrategy[str], inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda name, attributes, text: f"<{name}{attributes}>{text}</{name}>", names, ATTRIBUTES, inside)


def several(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(parts, max_size=4).map("".join)


PHRASES = several(st.one_of(WORDS, WORDS, VOID, element(INLINE, several(WORDS))))
LISTS = several(element(st.just("li"), PHRASES)).map("<ul>{}</ul>".format)
TABLES = several(element(st.just("td"), PHRASES)).map("<table><tbody><tr>{}</tr></tbody></table>".format)
BLOCKS = several(st.one_of(element(st.sampled_from(["p", "h2", "pre"]), PHRASES), LISTS, TABLES, WORDS))
PAGES = several(st.one_of(BLOCKS, element(HOLDERS, BLOCKS), element(HOLDERS, element(HOLDERS, BLOCKS))))
ANYTHING = st.text(alphabet="<>/!-&;#=\"' \nabpđ1\u200b", max_size=60)


def by_parser(html: str) -> str:
    return tidy(markup._by_parser(html))


@settings(deadline=None, derandomize=True, max_examples=120)
@given(PAGES)
def test_regular_markup_says_what_the_parser_says(html: str) -> None:
    assert plain_text(html) == by_parser(html)


@settings(deadline=None, derandomize=True, max_examples=120)
@given(st.one_of(ANYTHING, st.tuples(PAGES, ANYTHING, PAGES).map("".join)))
def test_irregular_markup_says_the_same_words(html: str) -> None:
    assert re.sub(r"\s+", " ", plain_text(html)) == re.sub(r"\s+", " ", by_parser(html))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a</br>b", "a\nb"),
        ("<a href='x'><img src='y'></a></br>Chị Hạnh", "Chị Hạnh"),
        ("<P>A</P><P>b</P>", "A\n\nb"),
        ("<p>một<p>hai", "một\n\nhai"),
        ("<svg><title>x</title><path d='M0 0'/></svg>a", "a"),
        ("a<!-- <script> -->b", "ab"),
        ("<script>'</p>'</script>a", "a"),
        ("a <b title='1 > 0'>b</b>", "a b"),
        ("x &#8203;&zwnj;y", "x y"),
        ("a&#10;b", "a b"),
        ("<custom-tag>a</custom-tag>", "a"),
        ("I <3 you", "I <3 you"),
    ],
)
def test_what_people_write_is_read(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_most_of_what_feeds_send_needs_no_parser() -> None:
    html = '<p>Ấm <a href="https://a.example/?x=1&amp;y=2">Acme</a>&nbsp;bốc khói.</p>\n<ul>\n<li>một</li>\n<li>hai</li>\n</ul><iframe src="v"></iframe>'
    assert markup._at_its_tags(html) is not None


@pytest.mark.parametrize(
    "hostile",
    [
        "<!--" * 50_000,
        "<script>" * 30_000,
        "</script>" + "<script>" * 30_000,
        "<a '" * 50_000,
        '<a "' * 50_000 + ">",
        "<p>" * 60_000,
        "<svg>" * 40_000,
    ],
)
def test_hostile_markup_costs_bounded_time(hostile: str) -> None:
    began = time.process_time()
    plain_text(hostile)
    plain_text("<p>a</p>" + hostile + "</script>-->")
    assert time.process_time() - began < 4.0
