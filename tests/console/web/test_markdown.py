import re

import pytest

from console.web.markdown import html
from playbooks.markdown import escape, inline, link, quoted, table
from tests.console.web.place import HOSTILE

HOSTILE_TEXTS = [
    HOSTILE, "</blockquote><script>alert(1)</script>", "&lt;script&gt;", "&amp;lt;b&amp;gt;", "[x](javascript:alert(1))", "[x](<javascript:alert(1)>)",
    "**<b>**", "`<b>`", "a | b | c", "\\", "\\|", "*", "# no heading", "- no item", "> no quote", "| no | table |", "- [x] no check",
    "ấm Acme\n\n# vỡ", "x" * 5000 + "*" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_escaped_text_comes_out_as_it_was_written_and_does_nothing(text: str) -> None:
    for written in (escape(text), inline(text), quoted(text), table(["head"], [[inline(text)]]), f"- {inline(text)}", f"## {inline(text)}"):
        page = str(html(written))
        tags = set(re.findall(r"<(/?\w+)", page))
        assert tags <= {
            f"{end}{tag}"
            for tag in ("p", "br", "h2", "ul", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td")
            for end in ("", "/")
        }
        assert "javascript:" not in page or "href" not in page


def test_what_a_review_is_made_of_becomes_html() -> None:
    page = str(
        html(
            "# Title\n\nWords **strong** and *soft* `code`.\n\n- one\n- [x] done\n- [ ] open\n\n| A | B |\n| --- | --- |\n| 1 | x \\| y |\n",
            deeper=1,
        )
    )
    for piece in ("<h2>Title</h2>", "<strong>strong</strong>", "<em>soft</em>", "<code>code</code>", "<li>one</li>", "☑ done", "☐ open",
                  '<td data-label="A">1</td>', "x | y"):  # fmt: skip
        assert piece in page, piece


def test_a_quote_keeps_its_lines_and_its_source() -> None:
    page = str(html(f"{quoted('một' + chr(10) + 'hai')}\n>\n> {link('bài gốc', 'https://a.example/?a=1&b=<2>')}"))
    assert page.startswith("<blockquote><p>một<br>hai</p>")
    assert 'href="https://a.example/?a=1&amp;b=%3C2%3E" rel="noopener noreferrer nofollow"' in page


def test_an_address_that_is_none_of_the_web_becomes_words() -> None:
    assert str(html("[words](<javascript:alert(1)>)")) == "<p>words</p>"
