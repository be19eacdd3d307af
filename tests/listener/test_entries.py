"""How a hostile field becomes one of ours."""

from __future__ import annotations

import pytest

from listener.entries import MAX_ID_CHARS, author_name, is_repost, language_code, native_id, words


def test_an_entry_is_known_by_its_id_else_its_link_else_its_words() -> None:
    assert native_id(" tag:1 ", "https://a.example/1", "t", "x") == "tag:1"
    assert native_id("", "https://A.example/1?utm_source=x", "t", "x") == "https://a.example/1"
    assert native_id(None, None, "t", "x") == native_id(7, None, "t", "x") != native_id(None, None, "t", "y")
    long = "x" * (MAX_ID_CHARS + 1)
    assert len(native_id(long, None, "", "")) == 32
    assert native_id(long, None, "", "") != native_id("y" * (MAX_ID_CHARS + 1), None, "", "")


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("<b>Ấm</b> &amp; chén", "Ấm & chén"),
        ("5 < 7 and x > y", "5 < 7 and x > y"),
        ("&lt;script&gt;", "<script>"),
        ("<script>alert(1)</script>", ""),
        ("a\x00b", "ab"),
        (None, ""),
        (["x"], ""),
    ],
)
def test_a_field_becomes_words(field: object, shown: str) -> None:
    assert words(field) == shown


def test_a_title_stays_on_one_line() -> None:
    assert words("<p>a</p>b", 100) == "a b"
    assert len(words("x" * 500, 100)) == 100


@pytest.mark.parametrize(
    ("claim", "code"), [("vi", "vi"), ("vi-VN", "vi"), (" EN_us ", "en"), ("Vietnamese!", None), ("v", None), (None, None), (3, None)]
)
def test_a_language_is_its_code(claim: object, code: str | None) -> None:
    assert language_code(claim) == code


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Lan", "Lan"),
        ("lan@example.org (Lan Phạm)", "Lan Phạm"),
        ("lan@example.org", None),
        ("<b>Lan</b>", "Lan"),
        ("", None),
        (None, None),
        ({}, None),
    ],
)
def test_an_author_is_named_without_the_mail_address(author: object, name: str | None) -> None:
    assert author_name(author) == name


def test_a_repost_says_so_itself() -> None:
    assert is_repost("", "RT @lan: ấm nổ")
    assert is_repost("RT @lan: ấm nổ", "")
    assert not is_repost("", "start @lan")
