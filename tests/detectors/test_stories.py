"""Near copies, on the labelled pairs: those held aside were never tuned on (tests/data/stories/README.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.text import unmarked
from detectors.sketch import pack, sketch, unpack
from detectors.stories import contradict, is_same

PAIRS = Path(__file__).parents[1] / "data" / "stories"
POST = 110  # a line that is longer is a post without a title


def split(text):
    title, newline, rest = text.partition("\n")
    return (title, rest) if newline or len(title) <= POST else ("", title)


def sketches(pair):
    return tuple(sketch(*split(pair[side]), pair["lang"], pair["brand"]) for side in "ab")


def found(pair):
    one, other = sketches(pair)
    return is_same(one, other) and not set(one.marks).isdisjoint(other.marks)


def measured(name):
    pairs = [json.loads(line) for line in (PAIRS / f"{name}.jsonl").read_text("utf-8").splitlines()]
    said = [(found(pair), pair["same"]) for pair in pairs]
    right = sum(told and same for told, same in said)
    return right / sum(told for told, _ in said), right / sum(same for _, same in said), len(pairs)


def test_pairs_held_aside_are_told_apart():
    precision, recall, count = measured("held")
    assert count >= 60
    assert precision >= 0.93
    assert recall >= 0.85


def test_pairs_tuned_on_are_told_apart():
    precision, recall, _ = measured("tune")
    assert precision >= 0.95
    assert recall >= 0.95


def same(one, other, language="vi", brand=("Acme",)):
    return is_same(sketch(*split(one), language, brand), sketch(*split(other), language, brand))


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Acme thu hồi 12.000 ấm siêu tốc vì nguy cơ cháy nổ", "12 nghìn ấm đun nước Acme bị thu hồi do có thể gây cháy", "vi"),
        ("(Dân trí) - Acme xin lỗi sau vụ nổ ấm ở Nha Trang", "Acme xin lỗi sau vụ nổ ấm ở Nha Trang - VnExpress", "vi"),
        ("Three hurt as Acme kettle explodes in Leeds cafe", "Acme kettle blast in Leeds cafe injures 3", "en"),
    ],
)
def test_a_rewriting_is_the_same_story(one, other, language):
    assert same(one, other, language)
    assert same(other, one, language)


def test_a_headline_without_marks_is_the_same_story():
    headline = "Acme huỷ 23 chuyến hàng vì sự cố hệ thống"
    assert same(headline, unmarked(headline))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Acme kettle recall", "Acme kettle sale"), ("Acme opens store number 12 in Leeds", "Acme opens store number 14 in Leeds")],
)
def test_what_only_shares_a_topic_or_a_template_is_another_story(one, other):
    assert not same(one, other, "en")


def test_a_story_is_told_in_one_language():
    words = "Quốc Bảo phát sáng 12.000 đèn Nha Trang"
    assert not is_same(sketch(words, "", "en", ()), sketch(words, "", "vi", ()))
    assert is_same(sketch(words, "", "vi", ()), sketch(words, "", "und", ()))


def test_a_sketch_comes_back_from_the_database_as_it_was():
    long = " ".join(f"từ{number} chuyện ấm Acme nổ ở phố {number}" for number in range(200))
    for title, text in (("Acme thu hồi 12.000 ấm", ""), ("", "acme tệ"), ("Acme", long)):
        made = sketch(title, text, "vi", ("Acme",))
        assert unpack(pack(made), "vi") == made._replace(marks=())
    assert len(pack(sketch("Acme", long, "vi"))) < 1_000


def test_a_text_that_says_nothing_has_no_sketch():
    for text in ("", "😡😡", "https://example.org/a", "@acme #acme"):
        assert sketch("", text, "und") is None


@pytest.mark.parametrize(
    ("one", "other", "held"), [({1}, {2}, True), ({1, 2}, {1}, False), ({1, 2, 3}, {1, 4, 5}, True), (set(), {1}, False)]
)
def test_numbers_contradict_where_most_of_the_fewer_differ(one, other, held):
    assert contradict(frozenset(one), frozenset(other)) is held


def test_hostile_text_takes_no_time():
    for text in ("a" * 100_000, "1." * 50_000, "(" * 10_000, "theo " * 20_000, "Acme - " * 10_000, "́" * 50_000):
        sketch(text, text, "vi")
