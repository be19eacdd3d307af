"""Reading lists that are shown newest first."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from core.records import Engagement, Mention
from core.text import mention_key
from listener.lanes import Found, Lane, changed, digest, forget, key_name, key_of, missing, read_cursor, read_page, write_cursor

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def entry(number: int, *, likes: int = 0) -> Found:
    key = mention_key("t", "t", str(number))
    mention = Mention(key=key, source_id="s", native_id=str(number), seen_at=NOW, text="a", engagement=Engagement(likes=likes))
    return Found(f"{number:06d}", str(number), mention)


def entries(*numbers: int) -> list[Found]:
    return [entry(number) for number in numbers]


def test_a_first_look_reads_one_page() -> None:
    lane = read_page(Lane(), entries(9, 8, 7), "older")
    assert (lane.mark, lane.after) == ("000009", "")


def test_a_list_that_was_empty_is_read_from_its_very_first_entry() -> None:
    lane = read_page(Lane(), [], None)
    assert read_page(lane, entries(9, 8), "older").after == "older"
    assert changed(lane, entries(1)) != ()


@given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 60))
def test_a_burst_of_any_size_is_heard_whole_and_once(before: int, per_page: int, burst: int) -> None:
    lane = read_page(Lane(), entries(*range(before, max(0, before - per_page), -1)), "older")
    newest, heard = before + burst, []
    upper = newest
    while True:
        page = entries(*range(upper, max(0, upper - per_page), -1))
        heard += [int(mention.native_id) for mention in changed(lane, page)]
        following = str(upper - per_page) if upper > per_page else None
        lane = read_cursor(write_cursor(read_page(lane, page, following)), Lane) or Lane()
        if not lane.after:
            break
        upper = int(lane.after)
    assert sorted(heard) == list(range(before + 1, newest + 1))
    assert lane.mark == f"{newest:06d}"


def test_what_did_not_change_is_not_yielded_again_and_what_did_is() -> None:
    lane = read_page(Lane(), entries(1, 2, 3), None)
    assert changed(lane, entries(1, 2, 3)) == ()
    assert [mention.native_id for mention in changed(lane, [entry(1), entry(2, likes=5), entry(4)])] == ["2", "4"]
    assert digest(entry(1).mention) != digest(entry(1, likes=1).mention)


def test_what_is_older_than_all_that_is_remembered_was_read_before() -> None:
    lane = read_page(Lane(), entries(*range(1, 200)), None)
    assert changed(lane, entries(50)) == ()


def test_a_latecomer_between_the_known_is_heard() -> None:
    lane = read_page(Lane(), entries(1, 2, 4), None)
    assert [mention.native_id for mention in changed(lane, entries(1, 2, 3, 4))] == ["3"]


def test_missing_is_what_should_stand_on_the_page() -> None:
    lane = read_page(Lane(), entries(1, 2, 3, 4, 5), None)
    gone = missing(lane, entries(2, 4))
    assert [was.name for was in gone.values()] == ["3"]
    assert sorted(was.name for was in missing(lane, entries(2, 4), above=True, below=True).values()) == ["1", "3", "5"]
    assert len(missing(lane, [], above=True, below=True)) == 5
    assert missing(lane, []) == {}
    assert missing(forget(lane, list(gone)), entries(2, 4)) == {}


def test_keys_go_into_cursors_and_back() -> None:
    key = mention_key("a", "b", "c")
    assert key_of(key_name(key)) == key
    assert [key_of(name) for name in ("", "a", "é", "AAAA")] == [None] * 4
    assert read_cursor("[" * 10_000, Lane) is None
