"""Language of short, mixed, unmarked and empty text."""

from __future__ import annotations

import pytest

from detectors.enrichment import language
from detectors.enrichment.doc import blank, notes

assert language

nlp = blank()
nlp.add_pipe("tocsin_language")


def tell(text: str, hint: str | None = None) -> tuple[str, bool]:
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
        ("order của mình delay rồi mà customer service no reply luôn", "vi"),
        ("app lag vl, crash hoài", "vi"),
        ("Team ơi deadline mai submit report, please check mail giúp mình", "vi"),
        ("shop oi con size m ko", "vi"),
        ("I love phở and bánh mì when in Hội An", "en"),
        ("I can go no more", "en"),
        ("Les écologistes à Paris, invités à la maison", "fr"),
        ("kenapa pesanan saya belum sampai", "id"),
        ("mera order abhi tak nahi aaya", "hi"),
        ("यह उत्पाद बहुत खराब है", "hi"),
        ("hindi pa rin dumarating ang order ko", "tl"),
        ("Чайник загорелся утром", "ru"),
        ("Чайник зайнявся, її не врятували", "uk"),
        ("产品很差", "zh"),
        ("제품이 너무 나빠요", "ko"),
        ("กาต้มน้ำไฟไหม้", "th"),
        ("#Ich #raff #nicht #wie #sehr", "de"),
        ("12345", "und"),
        ("0901 234 567 https://example.org/duong/dan", "und"),
        ("@acme @rival", "und"),
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
