"""What a writer says himself, without what he quotes."""

from __future__ import annotations

import pytest

from listener.quotes import own_words


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>Ấm <b>nổ</b></p>", "Ấm nổ"),
        ("chữ trơn & <3", "chữ trơn & <3"),
        ("<blockquote><p>nổ</p></blockquote><p>Shop xin lỗi</p>", "Shop xin lỗi"),
        ('<aside class="quote no-group"><div class="title">An:</div><blockquote>nổ</blockquote></aside>Shop xin lỗi', "Shop xin lỗi"),
        ("<blockquote><p>chỉ có trích dẫn</p></blockquote>", "chỉ có trích dẫn"),
        ('<p>Xem <img class="emoji" alt=":fire:"></p>', "Xem :fire:"),
        ('<a class="lightbox"><img alt="am"><div class="meta">am.png 1200×800 50 KB</div></a>', ""),
        ('<p class="x">Một</p><blockquote>a</blockquote>đuôi<p>Hai</p>', "Một\nđuôi\nHai"),
        ("<p>a<span>một</span><blockquote>b</blockquote>hai", "amột\nhai"),
        ("một<aside class='quote'>b</aside>hai", "một hai"),
        ("", ""),
    ],
)
def test_own_words_stay_and_quotations_go(markup: str, words: str) -> None:
    assert own_words(markup) == words


def test_markup_too_deep_for_a_tree_still_gives_its_words() -> None:
    assert own_words('<div class="a">' * 5_000 + "nổ") == "nổ"
    assert own_words("<blockquote>" * 80_000 + "nổ") == "nổ"


def test_what_is_no_text_does_no_harm() -> None:
    assert own_words("nổ <p class=x>to\ud800 \x00").startswith("nổ")
