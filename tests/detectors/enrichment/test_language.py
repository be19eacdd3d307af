"""Language of short, mixed, unmarked and empty text."""

from __future__ import annotations

import pytest

from detectors.enrichment import language
from detectors.enrichment.doc import blank, notes

assert language


def tell(text: str, hint: str | None = None) -> tuple[str, bool]:
    nlp = blank()
    nlp.add_pipe("tocsin_language")
    doc = nlp.make_doc(text)
    notes(doc).hint = hint
    noted = notes(nlp(doc))
    return noted.language, noted.language_is_sure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ấm đun nước bị rò điện", "vi"),
        ("am dun nuoc bi ro dien roi moi nguoi oi", "vi"),
        ("app sập", "vi"),
        ("k vô dc app luôn", "vi"),
        ("shop lua dao nha ae", "vi"),
        ("Sản phẩm legit, recommend mọi người", "vi"),
        ("Hà Nội is a lovely city for a short trip", "en"),
        ("The kettle caught fire this morning", "en"),
        ("La bouilloire a pris feu ce matin", "fr"),
        ("Der Wasserkocher hat heute Morgen gebrannt", "de"),
        ("今朝やかんが燃えました", "ja"),
        ("هذا المنتج سيئ جدا", "ar"),
        ("", "und"),
        ("🔥🔥🔥", "und"),
        ("!!! ...", "und"),
    ],
)
def test_the_language_is_told(text: str, expected: str):
    assert tell(text)[0] == expected


def test_the_claim_of_the_source_counts_only_where_the_words_do_not_tell():
    assert tell("ok", hint="vi-VN") == ("vi", False)
    assert tell("The kettle caught fire this morning", hint="vi") == ("en", True)
    assert tell("🔥", hint="xx-nonsense") == ("und", False)
