"""What is named in a burst is told as what it is, or as a phrase where in doubt."""

from __future__ import annotations

import pytest

from core.bursts import words_of
from detectors.entities import Name, known_names
from detectors.themes import themes
from store.voices import Voice

PAST = [Voice(10_000 + n, "forum", "original", 10_000 + n, 10_000 + n, text=f"ấm Acme đẹp, mua {n} cái") for n in range(60)]


def kinds(texts: list[str], *names: Name) -> dict[str, str]:
    burst = [Voice(n, "forum", "original", n, n, text=text) for n, text in enumerate(texts, start=1)]
    found = themes(burst, PAST, brand=["Acme"], names=names)
    text = {voice.mention_id: words_of(voice.title, voice.text) for voice in burst}
    return {text[theme.where[0][0]][theme.where[0][1] : theme.where[0][2]]: theme.kind for theme in found.found}


@pytest.mark.parametrize(
    ("said", "names", "kind"),
    [
        ("máy X2 nóng ran", [Name("product", "X2")], ("X2", "product")),
        ("ở chi nhánh Lê Lợi", [Name("place", "chi nhánh Lê Lợi")], ("chi nhánh Lê Lợi", "place")),
        ("gọi chị @lan.acme", [Name("person", "@lan.acme")], ("@lan.acme", "person")),
        ("tẩy chay #acmetetoi", [], ("#acmetetoi", "hashtag")),
        ("nghe ông Nguyễn Văn Bình nói", [], ("Nguyễn Văn Bình", "person")),
        ("ở đường Nguyễn Thị Minh Khai", [], ("Nguyễn Thị Minh Khai", "name")),
        ("hàng của Bách Hoá Xanh", [], ("Bách Hoá Xanh", "name")),
    ],
)
def test_what_is_named_is_told_as_what_it_is(said, names, kind):
    verbs = ("thấy", "kể", "nghe", "đọc", "xem", "tin", "chê")
    burst = [f"{who} {verb} {said}" for who, verb in zip("abcdefg", verbs, strict=True)]
    assert kind in kinds(burst, *names).items()


def test_capitals_of_a_headline_name_nobody():
    burst = [f"{who} Bếp Nhà Cháy Đen" for who in ("AN", "BA", "CU", "DO", "EM")]
    assert set(kinds(burst).values()) == {"phrase"}


def test_of_two_names_with_one_spelling_the_first_tells_the_kind():
    assert known_names([Name("product", "Quận 1"), Name("place", "quan 1"), Name("place", " ")]) == {("quan", "1"): "product"}
