"""The sieve of firehoses."""

from __future__ import annotations

import unicodedata

import pytest

from listener.words import Sieve


@pytest.mark.parametrize(
    ("word", "text", "through"),
    [
        ("acme", "ACME nổ", True),
        ("acme", "xem @acme_vn", True),
        ("duong", "đường phố", True),
        ("duong", "DƯƠNG", True),
        ("đường", "duong", False),
        ("đường", "dương", False),
        ("đường", "ĐƯỜNG 3/2", True),
        ("đường", unicodedata.normalize("NFD", "đường"), True),
        (unicodedata.normalize("NFD", "đường"), "đường", True),
        ("hòa phát", "HOÀ  PHÁT", True),
        ("hoa phat", "Hoà\nPhát", True),
        ("acme", "acne", False),
    ],
)
def test_a_word_is_found_as_people_write_it(word: str, text: str, through: bool) -> None:
    assert Sieve([word]).passes(text) is through


def test_any_word_in_any_text_is_enough_and_no_word_lets_all_through() -> None:
    assert Sieve(["ấm", "acme"]).passes("nothing", "an Acme")
    assert Sieve([]).passes("")
    assert not Sieve(["acme"]).passes("")
