"""Blanks: what a statement may hold, and what may fill it."""

from __future__ import annotations

import pytest

from playbooks.blanks import MAX_TEMPLATE_CHARS, Blank, blanks_of, value_for


def blank(type: str) -> Blank:
    return Blank.model_validate({"type": type, "label": {"en": "What"}, "example": {"en": "this", "vi": "cái này"}})


def test_blanks_are_named_once_in_the_order_in_which_they_stand():
    assert blanks_of("{{ b }}, {{a}} and {{ b }} again") == ("b", "a")
    assert blanks_of("no blanks, 100 % words") == ()


@pytest.mark.parametrize(
    "template",
    ["{{ a|upper }}", "{{ a.b }}", "{{ a[0] }}", "{{ a() }}", "{{ 1 + 1 }}", "{{ 'a' }}", "{% if a %}x{% endif %}", "{% raw %}x", "{{ a", "{% include 'x' %}",
     "{{ a if b }}", "{{ " + "(" * 3000 + "a" + ")" * 3000 + " }}", "x" * (MAX_TEMPLATE_CHARS + 1)],
)  # fmt: skip
def test_anything_but_words_and_blanks_is_refused(template):
    with pytest.raises(ValueError):
        blanks_of(template)


@pytest.mark.parametrize(
    ("type", "value", "kept"),
    [
        ("text", "  ấm   siêu tốc\nAcme ", "ấm siêu tốc Acme"),
        ("text", "{{ brand }} {% x %}", "{{ brand }} {% x %}"),
        ("number", "1.200", "1.200"),
        ("number", "12,5", "12,5"),
        ("phone", "1800 1234", "1800 1234"),
        ("phone", "+84 (28) 3823-4567", "+84 (28) 3823-4567"),
        ("phone", "113", "113"),
        ("time", "21:30", "21:30"),
        ("time", "21h30", "21h30"),
        ("time", "9h", "9h"),
        ("date", "21/11/2026", "21/11/2026"),
        ("date", "2026-11-21", "2026-11-21"),
        ("url", "https://example.org/a?b=c", "https://example.org/a?b=c"),
    ],
)
def test_a_value_of_the_right_kind_is_tidied_and_kept(type, value, kept):
    assert value_for("it", blank(type), value) == kept


@pytest.mark.parametrize(
    ("type", "value"),
    [("text", ""), ("text", " \u200b "), ("text", "x" * 501), ("number", "many"), ("phone", "call us"), ("phone", "12"), ("phone", "1" * 16), ("time", "25:00"),
     ("time", "soon"), ("date", "32/01/2026"), ("url", "javascript:alert(1)"), ("url", "https://a b"), ("url", "ftp://example.org")],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(type, value):
    with pytest.raises(ValueError, match="it "):
        value_for("it", blank(type), value)


def test_an_example_comes_in_the_language_or_the_first_there_is():
    assert [blank("text").example_in(language) for language in ("vi", "en", "fr")] == ["cái này", "this", "this"]
