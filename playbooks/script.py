"""A drill's script: which post appears when, and who does what when. Pure: drill, seed and start alone decide."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from playbooks.drill import Action, Drill, Event, Inject, Post

_NIGHT: Final = range(6)  # local hours; people post less then
_NIGHT_SHARE: Final = 0.2  # of the day's rate
_JITTER_S: Final = 25  # by how much a seed moves a post; injects stand further apart than they change places


def script(drill: Drill, seed: int | None, start: datetime) -> tuple[Event, ...]:
    """All events of a drill in the order in which they happen, the quiet days before `start` first.

    Args:
        drill: what is played.
        seed: varies the background, the moments by seconds, and who shares what; None takes the drill's own.
        start: minute 0 (aware). Nothing else of the time is known here.
    """
    if start.tzinfo is None:
        raise ValueError("a drill starts at an aware datetime")
    dice = random.Random(drill.seed if seed is None else seed)  # noqa: S311 - a story, not a secret
    events: list[Event] = [*_background(drill, start, dice), *_crisis(drill, start, dice), *_actions(drill, start)]
    return tuple(sorted(events, key=lambda event: event.at))  # the sort is stable: equal moments keep the file's order


def ends_at(drill: Drill, start: datetime) -> datetime:
    """When the last post or action is over."""
    minutes = [inject.at_min + inject.repost_within.total_seconds() / 60 for inject in drill.injects]
    return start + timedelta(minutes=max([*minutes, *(expected.at_min for expected in drill.expected)]))


def _background(drill: Drill, start: datetime, dice: random.Random) -> Iterator[Post]:
    """A Poisson stream, thinned at night, from `length` before the start until the drill is over."""
    quiet, zone = drill.background, ZoneInfo(drill.timezone)
    if quiet.per_hour == 0:
        return
    at, end, number = start - quiet.length, ends_at(drill, start), 0
    while True:
        at += timedelta(seconds=round(dice.expovariate(quiet.per_hour) * 3600))
        if at >= end:
            return
        if at.astimezone(zone).hour in _NIGHT and dice.random() > _NIGHT_SHARE:
            continue
        number += 1
        yield Post(
            at=at,
            source_id=quiet.source,
            native_id=f"quiet-{number}",
            author=f"{dice.choice(drill.crowd)}.{dice.randrange(10, 100)}",
            text=dice.choice(quiet.texts),
            quiet=True,
        )


def _crisis(drill: Drill, start: datetime, dice: random.Random) -> Iterator[Post]:
    for number, inject in enumerate(drill.injects, 1):
        at = start + timedelta(seconds=round(inject.at_min * 60 + dice.uniform(0, _JITTER_S)))
        post = Post(
            at=at,
            source_id=inject.source,
            native_id=f"post-{number}",
            author=inject.author,
            text=inject.text,
            title=inject.title,
            lang=inject.lang,
            followers=inject.followers,
        )
        yield post
        yield from _reposts(post, inject, drill, dice)


def _reposts(post: Post, inject: Inject, drill: Drill, dice: random.Random) -> Iterator[Post]:
    names = dice.sample(drill.crowd, min(inject.reposts, len(drill.crowd)))
    for number in range(inject.reposts):
        name = names[number] if number < len(names) else f"{dice.choice(drill.crowd)}.{number}"
        wait = 30 + dice.betavariate(1, 2) * (inject.repost_within.total_seconds() - 30)  # most share early
        yield Post(
            at=post.at + timedelta(seconds=round(wait)),
            source_id=post.source_id,
            native_id=f"{post.native_id}-share-{number + 1}",
            author=name,
            text=post.text,
            title=post.title,
            lang=post.lang,
            kind="repost",
            repost_of=post.native_id,
        )


def _actions(drill: Drill, start: datetime) -> Iterator[Action]:
    for expected in drill.expected:
        yield Action(
            at=start + timedelta(minutes=expected.at_min),
            person=expected.person,
            do=expected.do,
            text=expected.text,
            step=expected.step,
            severity=expected.severity,
            values=dict(expected.values),
        )
