"""A text as the phrases that it holds."""

from __future__ import annotations

from detectors.phrases import is_listed, keys, named, phrases, raw_words, spelling, words


def held(text: str) -> set[str]:
    found = words(text)
    return {" ".join(key) for key, _ in phrases(found, frozenset(word.key for word in found if word.key[-1].isalnum()))}


def test_neighbouring_words_are_phrases_up_to_a_stop():
    assert held("ấm cháy, khét") == {"am", "chay", "khet", "am chay"}
    assert held("a b c d") == {"a", "b", "c", "d", "a b", "b c", "c d", "a b c", "b c d"}
    assert held("Bà Trần Thị Hoa") >= {"ba tran thi hoa"}, "a name may be of four words"


def test_tags_and_handles_stand_by_themselves_and_addresses_nowhere():
    assert held("xem #ẤmCháy @lan.acme đi") == {"xem", "#amchay", "@lanacme", "di"}
    assert held("gửi lan@acme.vn https://evil.example/a?b=c nhé") == {"gui", "nhe"}


def test_where_words_stand_is_told_in_the_text_itself():
    text = "Xong. Ấm  cháy http://x.vn/abc rồi"
    assert [text[word.start : word.end] for word in words(text) if word.raw.isalpha()] == ["Xong", "Ấm", "cháy", "rồi"]
    assert [word.raw for word in words(text) if word.opens and word.raw.isalpha()] == ["Xong", "Ấm"]


def test_the_quick_way_finds_the_same_words():
    for text in ("Ấm cháy!", "#a @b.c x-y don't", "mail me@x.vn\nwww.x.vn", ""):
        plain = [word.key for word in words(text) if word.raw != "/"]
        assert [key for key in keys(raw_words(text)) if key != "/"] == plain


def test_given_phrases_are_found_and_spelled_as_they_stand():
    raw = raw_words("Chi nhánh Lê Lợi, Lê Lợi")
    assert list(named(keys(raw), {"le": [("le", "loi")]})) == [(("le", "loi"), 2), (("le", "loi"), 5)]
    assert spelling(raw[2:4]) == ("lê", "lợi")


def test_a_listed_word_may_be_typed_without_its_marks_but_not_with_others():
    assert is_listed("idle", "và")
    assert is_listed("idle", "va")
    assert not is_listed("idle", "vả")
