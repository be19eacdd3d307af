"""A listing walked newest first: nothing twice, nothing lost, whatever breaks off in between."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Author, Engagement, Mention
from core.text import mention_key
from listener.walk import GONE, Heard, Known, Seen, Walk, digest, finished, turn

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def mention(number: int, **fields: object) -> Mention:
    known = {"key": mention_key("x", "", str(number)), "source_id": "s", "native_id": str(number), "seen_at": NOW, "text": f"nổ {number}"}
    return Mention(**known | fields)  # type: ignore[arg-type]


def heard(number: int, **fields: object) -> Heard:
    return Heard(native_id=str(number), order=number, mention=mention(number, **fields))


def look(place: list[int], walk: Walk, *, size: int = 10, limit: int = 40, pages: int | None = None) -> tuple[list[int], Walk]:
    """Walk a place whose entries are numbers; `pages` breaks it off."""
    found: list[int] = []
    newest, asked = sorted(place, reverse=True), 0
    while pages is None or asked < pages:
        below = [number for number in newest if walk.after is None or number < int(walk.after)]
        after = str(below[size - 1]) if len(below) > size else None
        judged = turn(walk, [heard(number) for number in below[:size]], after, limit=limit)
        found += [int(one.native_id) for one in judged.news]
        walk, asked = judged.walk, asked + 1
        if judged.ended:
            break
    return found, walk


@given(
    steps=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    kills=st.lists(st.integers(0, 4), min_size=6, max_size=6),
    size=st.integers(1, 15),
)
def test_every_entry_is_heard_once_however_the_looks_are_broken_off(steps: list[int], kills: list[int], size: int) -> None:
    place: list[int] = []
    walk, every = Walk(), list[int]()
    for step, kill in zip(steps, kills, strict=False):
        place += range(len(place) + 1, len(place) + 1 + step)
        if kill:
            found, walk = look(place, walk, size=size, pages=kill)
            every += found
        found, walk = look(place, walk, size=size)
        every += found
        if walk.mark != len(place):  # a walk that was broken off ended below what came since
            found, walk = look(place, walk, size=size)
            every += found
    assert sorted(every) == place
    assert look(place, walk, size=size)[0] == []


def test_an_entry_let_through_late_is_heard_where_the_memory_reaches() -> None:
    _, walk = look([1, 2, 4, 5], Walk())
    assert look([1, 2, 3, 4, 5], walk)[0] == [3]


def test_what_was_forgotten_is_no_news_again() -> None:
    place = list(range(1, 101))
    found, walk = look(place, Walk(), limit=15)
    assert (len(found), len(walk.seen)) == (100, 15)
    judged = turn(walk, [heard(number) for number in range(100, 60, -1)], None, limit=15)
    assert judged.news == ()


def test_a_walk_given_up_begins_anew_at_the_top() -> None:
    walk = Walk(mark=5, top=90, after="40", walked=50)
    assert finished(walk, limit=10) == Walk(mark=90)


@pytest.mark.parametrize(
    ("fields", "is_news"),
    [
        ({}, False),
        ({"text": "nổ to"}, True),
        ({"title": "a"}, True),
        ({"kind": "own"}, True),
        ({"author": Author(key="b")}, True),
        ({"engagement": Engagement(likes=5)}, True),
        ({"engagement": Engagement(likes=104)}, True),
    ],
)
def test_a_changed_mention_is_news(fields: dict[str, object], is_news: bool) -> None:
    seen = Seen({}, limit=9)
    seen.news([heard(1)])
    assert bool(seen.news([heard(1, **fields)])) is is_news


def test_a_counter_that_hardly_moved_is_none() -> None:
    def of(likes: int) -> str:
        return digest(mention(1, engagement=Engagement(likes=likes)))

    assert of(1_000) == of(1_004) != of(1_150)
    assert of(3) != of(4)
    assert of(0) != digest(mention(1))


def test_what_is_gone_is_told_once_and_is_news_when_it_returns() -> None:
    seen = Seen({"1": Known("abc", 1)}, limit=9)
    assert (seen.gone(["1", "2"]), seen.gone(["1"])) == (["1"], [])
    assert seen.between(0, 9) == []
    assert seen.kept()["1"].digest == GONE
    assert len(seen.news([heard(1)], mark=5, floor=3)) == 1
