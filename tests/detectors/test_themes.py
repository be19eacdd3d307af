"""What a burst is about: new against the topic's past, near copies once, marks or not."""

from __future__ import annotations

import time

from core.bursts import Theme, words_of
from detectors.themes import MOST, Themes, surprise, themes
from store.voices import Voice

PAST = [Voice(10_000 + n, "forum", "original", 10_000 + n, 10_000 + n, text=f"ấm Acme đẹp, mua {n} cái") for n in range(60)]


def voices(*texts: str, story: int | None = None) -> list[Voice]:
    """One person and one story each, unless one story is told."""
    return [Voice(n, "forum", "original", n, story or n, text=text) for n, text in enumerate(texts, start=1)]


def told(found: Themes, burst: list[Voice]) -> dict[str, int]:
    """Each theme as it stands in the texts, with its people."""
    text = {voice.mention_id: words_of(voice.title, voice.text) for voice in burst}
    return {text[theme.where[0][0]][theme.where[0][1] : theme.where[0][2]]: theme.voices for theme in found.found}


FIRE = voices(
    "Ấm Acme nhà mình: đang đun thì ấm cháy",
    "trời ơi ấm cháy đen luôn, Acme",
    "am chay khi dang dun nuoc, acme oi",
    "Mình cũng bị ấm cháy, Acme phải thu hồi",
    "đã báo Acme là ấm cháy",
    "ấm chạy tốt mà, Acme",
)


def test_marks_or_none_are_the_same_phrase_shown_as_most_people_spell_it():
    found = themes(FIRE, PAST, brand=["Acme"])
    assert told(found, FIRE) == {"ấm cháy": 5}, "ấm chạy is another phrase"
    assert (found.voices, found.past_voices, found.found[0].before) == (6, 60, 0)


def test_near_copies_and_one_person_count_once():
    copies = voices(*["ấm cháy khét lẹt"] * 9, story=1)
    assert themes(copies, PAST).found == ()
    one_person = [Voice(n, "forum", "original", 1, n, text=f"ấm cháy lần thứ {n}") for n in range(9)]
    assert themes(one_person, PAST).found == ()


def test_where_nobody_is_named_each_mention_is_one_more_person():
    nameless = [Voice(n, "feed", "original", None, n, text=f"{n} ấm cháy") for n in range(6)]
    assert told(themes(nameless, PAST), nameless) == {"ấm cháy": 6}


def test_what_was_said_before_is_not_new():
    usual = voices(*[f"ấm Acme đẹp quá {word}" for word in "abcdef"])
    assert themes(usual, PAST, brand=["Acme"]).found == ()


def test_what_was_said_before_in_other_marks_was_not_said():
    before = [Voice(n, "forum", "original", n, n, text="ấm chạy êm") for n in range(100, 160)]
    (found,) = (theme for theme in themes(FIRE[:5], before, brand=["Acme"]).found if theme.voices == 5)
    assert found.before == 0


def test_with_too_little_past_the_most_said_is_given_and_before_is_unknown():
    found = themes(FIRE[:5], PAST[:3], brand=["Acme"])
    assert told(found, FIRE) == {"ấm cháy": 5}
    assert [theme.before for theme in found.found] == [None]


def test_a_part_of_a_longer_phrase_is_not_told_beside_it():
    burst = voices(*[f"{who} the kettle caught fire again" for who in ("ann:", "bob:", "cat:", "dan:", "eve:")])
    assert list(told(themes(burst, PAST), burst)) == ["kettle caught fire"]


def test_a_denial_keeps_its_no():
    burst = voices(*[f"{who}: Acme không hoàn tiền" for who in ("an", "ba", "cu", "do", "em")])
    assert list(told(themes(burst, PAST, brand=["Acme"]), burst)) == ["không hoàn tiền"]


def test_nothing_runs_across_a_stop_or_out_of_an_address():
    burst = voices(*[f"{who} xong. Cháy https://evil.example/bếp/khói" for who in ("an", "ba", "cu", "do", "em")])
    assert not {"xong. Cháy", "khói", "bếp"} & set(told(themes(burst, PAST), burst))


def test_empty_broken_and_endless_texts_give_nothing():
    odd = voices("", "   ", "\n\n", "🔥🔥🔥", "@", "#", "@" * 3_000, "a@" * 1_500, "." * 3_000, "x" * 3_000, "\ud800")
    started = time.process_time()
    assert themes(odd, odd).found == ()
    assert themes([], []) == Themes((), 0, 0)
    assert time.process_time() - started < 1


def test_the_same_burst_gives_the_same_themes_and_never_too_many():
    words = [f"{one}{two}" for one in "bcdghklm" for two in ("ao", "en", "im", "ung")]
    burst = voices(*[" . ".join(words) + f" {number}" for number in range(40)])
    found = themes(burst, PAST).found
    assert len(found) == MOST
    assert found == themes(list(burst), list(PAST)).found
    assert all(isinstance(theme, Theme) for theme in found)


def test_surprise_grows_with_what_is_new_and_is_none_where_nothing_is():
    assert surprise(9, 30, 0, 300) > surprise(6, 30, 0, 300) > surprise(6, 30, 6, 300) > 0
    assert abs(surprise(3, 30, 30, 300)) < 1e-9
    assert surprise(0, 30, 30, 300) < 0
