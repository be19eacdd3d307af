"""What was posted is shown, and does nothing."""

from __future__ import annotations

import pytest

from playbooks.markdown import escape, inline, link, quoted, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ấm Acme cháy!", "ấm Acme cháy!"),
        ("*bold* _it_ `code` ~~x~~ [a](b)", r"\*bold\* \_it\_ \`code\` \~\~x\~\~ \[a\](b)"),
        ("<script>alert(1)</script> &amp;", "&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;"),
        ("# big\n- item\n+ item\n1. one\n12) two\n===", "\\# big\n\\- item\n\\+ item\n1\\. one\n12\\) two\n\\==="),
        ("see https://evil.example and www.evil.example", r"see https\://evil.example and www\.evil.example"),
        ("a | b", r"a \| b"),
        ("@everyone", r"\@everyone"),
        ("c:\\new", "c:\\\\new"),
    ],
)
def test_markup_in_a_text_is_shown_as_it_was_typed(text, shown):
    assert escape(text) == shown


def test_an_inline_text_has_no_line_break():
    assert inline("a\n\n# b\t c") == r"a \# b c"


def test_a_quotation_cannot_leave_itself():
    assert quoted("first\n\nsecond") == "> first\n>\n> second"
    assert all(line.startswith(">") for line in quoted("a\rb\u2028c\x0bd\x85e").splitlines())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a", "[post](<https://example.org/a>)"),
        ("https://example.org/a>(b) c\n", "[post](<https://example.org/a%3E%28b%29%20c%0A>)"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://", ""),
        ("https://[broken", ""),
        (None, ""),
    ],
)
def test_only_addresses_of_the_web_become_links(url, shown):
    assert link("post", url) == shown


def test_a_table_has_a_line_for_each_row():
    assert table(["a", "b"], [["1", "2\n3"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 3 |"
