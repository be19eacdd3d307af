"""Nothing that a stranger wrote is alive in what we send."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.inert import inert, shorten, utf16_units

LIVE = re.compile(
    r"https?:|://|[@<>`＜＞]|[^\s.…][.。．｡․﹒][^\W\d_]|\]\(|&#|&\w+;|[\x00-\x1f\u202a-\u202e\u200b]|(?<![\w/])/[a-z0-9_]|\\\\\w",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>@everyone</b> https://evil.example/login", "‹b›＠everyone‹∕b› hxxps[:]//evil[.]example/login"),
        ("<!channel> <https://evil.com|https://bank.com>", "‹!channel› ‹hxxps[:]//evil[.]com|hxxps[:]//bank[.]com›"),
        ("[bank](https://evil.com)", "[bank] (hxxps[:]//evil[.]com)"),
        ("JavaScript :alert(1)", "JavaScript[:]alert(1)"),
        ("&lt;script&gt; &#64;here", "＆lt;script＆gt; ＆#64;here"),
        ("evil。com và evil．com", "evil[.]com và evil[.]com"),
        ("http://1.2.3.4/x", "hxxp[:]//1[.]2[.]3[.]4/x"),
        ("@\u202eeveryone @\u200bhere", "＠everyone ＠here"),
        ("a\r\nSubject: b\x00\x07\tc", "a Subject: b c"),
        ("1.500.000.000 đồng, 9.5 điểm, sáng nay lúc 9.30", "1.500.000.000 đồng, 9.5 điểm, sáng nay lúc 9.30"),
        ("Ấm Acme nổ, con tôi bỏng tay. Tệ quá!", "Ấm Acme nổ, con tôi bỏng tay. Tệ quá!"),
        ("gõ /ack 12 hoặc (/nhan), 24/7, và/hoặc", "gõ ∕ack 12 hoặc (∕nhan), 24/7, và/hoặc"),
        ("x̸.com i❤.ws evil-.example evil․example", "x̸[.]com i❤[.]ws evil-[.]example evil[.]example"),
        (r"\\\\evil\share C:\\x", "＼＼evil\\share C:＼＼x"),
        ("&#64everyone H&M &lt R&D", "＆#64everyone H&M ＆lt R&D"),
        ("＜!channel＞", "‹!channel›"),
        ("Hôm nay... mai. Nổ.", "Hôm nay... mai. Nổ."),
        ("", ""),
    ],
)
def test_links_pings_and_tags_are_shown_and_dead(text: str, expected: str) -> None:
    assert inert(text) == expected


PARTS = [
    "@",
    "<",
    ">",
    "http",
    "https",
    "://",
    ":",
    ".",
    "com",
    "evil",
    "1",
    " ",
    "\n",
    "&",
    ";",
    "#64",
    "](",
    "`",
    "\u202e",
    "/",
    "\\\\",
    "❤",
    "javascript",
    "ế",
    "👩‍👧",
]


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join) | st.text(max_size=80))
def test_nothing_lives_and_saying_it_twice_changes_nothing(text: str) -> None:
    said = inert(text)
    assert not LIVE.search(said)
    assert inert(said) == said


@given(st.text(max_size=300), st.integers(1, 60))
def test_it_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert len(inert(text, limit)) <= limit
    assert len(shorten(text, limit)) <= limit


def test_a_cut_keeps_a_family_together() -> None:
    assert shorten("a👩‍👩‍👧 và nữa", 4) == "a…"


@given(st.text(max_size=300) | st.text("ế👨‍👩‍👧‍👦🇻🇳a", max_size=80), st.integers(1, 60))
def test_it_is_never_longer_than_asked_as_the_channel_counts(text: str, limit: int) -> None:
    said = shorten(text, limit, utf16_units)
    assert utf16_units(said) <= limit
    assert utf16_units(said) == len(said.encode("utf-16-le", "surrogatepass")) // 2
    assert said == text or said.endswith("…")


def test_a_cut_by_units_keeps_a_family_together_too() -> None:
    assert shorten("a👩‍👩‍👧 và nữa", 8, utf16_units) == "a…"
    assert shorten("a👩‍👩‍👧 và nữa", 10, utf16_units) == "a👩‍👩‍👧…"
