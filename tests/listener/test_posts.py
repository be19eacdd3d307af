"""What of a page is new, told from what the last look left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.records import Engagement
from listener.posts import Memory, Post, Reading, news, pack

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


def page(*posts: Post, marks: tuple[str, ...] = ()) -> Reading:
    return Reading(posts=posts, total=len(marks or posts), marks=marks)


def post(number: int, text: str = "nổ", **told: Any) -> Post:
    return Post(native_id=str(number), text=text, **told)


def mark(number: int) -> str:
    return f"{number:016x}"


def texts(reading: Reading, memory: Memory) -> list[str]:
    return [each.text for each in news(reading, memory).posts]


def test_one_new_among_forty_is_one() -> None:
    forty = [post(number) for number in range(40)]
    memory = Memory(pack(news(page(*forty), Memory()).traces))
    assert [each.native_id for each in news(page(post(40), *forty[:39]), memory).posts] == ["40"]


def test_an_entry_that_stands_as_it_stood_need_not_be_read_again() -> None:
    first = news(page(post(1), post(2), marks=(mark(1), mark(2))), Memory())
    memory = Memory(pack(first.traces))
    assert set(memory.standing) == {mark(1), mark(2)}
    second = news(page(post(3), marks=(mark(3), mark(1), mark(2))), memory)  # the reader left out what it knew
    assert [each.native_id for each in second.posts] == ["3"]
    third = Memory(pack(second.traces))
    assert set(third.standing) == {mark(1), mark(2), mark(3)}
    assert news(page(post(1, url="https://a.example/moved"), marks=(mark(9), mark(2), mark(3))), third).posts == ()


def test_a_changed_text_and_a_moved_counter_are_handed_on_again() -> None:
    before = page(post(1), post(2, engagement=Engagement(replies=3)))
    memory = Memory(pack(news(before, Memory()).traces))
    assert texts(before, memory) == []
    assert texts(page(post(1, "nổ to"), post(2, engagement=Engagement(replies=4))), memory) == ["nổ to", "nổ"]


def test_a_new_link_alone_is_nothing() -> None:
    memory = Memory(pack(news(page(post(1, url="https://a.example/x")), Memory()).traces))
    assert texts(page(post(1, url="https://b.example/y")), memory) == []


def test_an_entry_in_two_wordings_does_not_go_to_and_fro() -> None:
    one, other = post(1, "A"), post(1, "B")
    first = news(page(one, other), Memory())
    assert [each.text for each in first.posts] == ["A"]
    memory = Memory(pack(first.traces))
    assert texts(page(one, other), memory) == texts(page(other, one), memory) == []


def test_of_two_wordings_the_newest_counts() -> None:
    old, new = post(1, "cũ", published_at=NOON), post(1, "mới", published_at=NOON, edited_at=NOON.replace(hour=6))
    assert texts(page(old, new), Memory()) == texts(page(new, old), Memory()) == ["mới"]


def test_what_was_taken_back_is_handed_on_again() -> None:
    memory = Memory(pack(news(page(post(1, "A")), Memory()).traces))
    edited = Memory(pack(news(page(post(1, "B")), memory).traces))
    assert texts(page(post(1, "A")), edited) == ["A"]


def test_entries_without_words_are_counted_each_time_and_not_remembered() -> None:
    found = news(page(post(1, ""), post(2), marks=(mark(1), mark(2))), Memory())
    assert (found.wordless, len(found.posts), len(found.traces)) == (1, 1, 1)


def test_a_page_of_which_nothing_is_left_was_replaced_faster_than_we_look() -> None:
    def traces(start: int, count: int, text: str = "a") -> Any:
        return news(page(*(post(number, text) for number in range(start, start + count))), Memory()).traces

    memory = Memory(pack(traces(0, 20)))
    assert memory.has_nothing_of(traces(100, 20))
    assert not memory.has_nothing_of(traces(19, 20))
    assert not memory.has_nothing_of(traces(0, 20, "b")), "all edited is not all gone"
    assert not memory.has_nothing_of(()), "an empty page tells nothing"
    assert not Memory().has_nothing_of(traces(0, 20)), "nor does the first look"
    assert not Memory(pack(traces(0, 3))).has_nothing_of(traces(100, 3)), "a page of three turns over by itself"


def test_a_page_is_all_new_only_where_nothing_of_it_is_known() -> None:
    memory = Memory(pack(news(page(post(1)), Memory()).traces))
    assert news(page(post(2), post(3)), memory).is_all_new
    assert not news(page(post(2), post(1)), memory).is_all_new
    assert not news(page(), memory).is_all_new


def test_a_memory_that_cannot_be_read_is_empty() -> None:
    for packed in ("", "?", "AAAA", "x" * 1_000, "Ấm"):
        assert news(page(post(1)), Memory(packed)).posts
    assert len(pack(news(page(*(post(number) for number in range(40))), Memory()).traces)) == 40 * 32
