"""How heavy the pager weighs on whom: pages, nights and weekends per person, from what was really sent. Pure.

A page is one (incident, step, round) to one person, on however many channels. Night is the person's quiet hours, or 22:00 to 07:00; night and
weekend are on the person's own clock. A night counts once, however often it rang.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import field

from alerting.hours import is_awake
from alerting.policy import Roster
from core.records import Notification, Record

SATURDAY: Final = 5
NOON: Final = timedelta(hours=12)
UNFAIR: Final = 2.0  # times an even share, from which on it is said
ENOUGH: Final = 4  # pages; fewer say nothing of fairness


class PersonLoad(Record, frozen=True, kw_only=True, gc=False):
    """What one person was woken by. `night` and `weekend` are pages, `nights` how many nights had one; `weeks` is ISO week ("2026-W47") -> pages.

    `times_even` is their share of all pages, in shares of an even split among everybody on the roster; None where there were too few to say.
    """

    person: str
    pages: int = 0
    night: int = 0
    nights: int = 0
    weekend: int = 0
    weeks: dict[str, int] = field(default_factory=dict)
    times_even: float | None = None

    @property
    def is_unfair(self) -> bool:
        """Whether it is at least twice an even share."""
        return self.times_even is not None and self.times_even >= UNFAIR


def load(sent: Iterable[Notification], roster: Roster) -> list[PersonLoad]:
    """The load of everybody on the roster, and of whoever was paged and has left; the heaviest first.

    Args:
        sent: pages that went out, in any order; other kinds are left out.
        roster: who there is, and on which clock they live.
    """
    pages: dict[str, dict[tuple[int | None, int, int], datetime]] = {person.id: {} for person in roster.settings.people}
    for one in sent:
        if one.kind == "page" and one.sent_at is not None:
            rang = pages.setdefault(one.person, {})
            place = (one.incident_id, one.step, one.round)
            rang[place] = min(one.sent_at, rang.get(place, one.sent_at))
    total, people = sum(map(len, pages.values())), max(1, len(pages))
    found = [_of(person, sorted(rang.values()), roster, total, people) for person, rang in pages.items()]
    return sorted(found, key=lambda each: (-each.pages, -each.night, each.person))


def _of(person: str, rang: list[datetime], roster: Roster, total: int, people: int) -> PersonLoad:
    known = roster.people.get(person)
    zone = ZoneInfo((known.timezone if known else None) or "UTC")
    local = [at.astimezone(zone) for at in rang]
    dark = [at for at in local if known is not None and not is_awake(known, at)]
    return PersonLoad(
        person=person,
        pages=len(local),
        night=len(dark),
        nights=len({(at - NOON).date() for at in dark}),
        weekend=sum(at.weekday() >= SATURDAY for at in local),
        weeks=dict(Counter("{}-W{:02}".format(*at.isocalendar()[:2]) for at in local)),
        times_even=round(len(local) * people / total, 2) if total >= ENOUGH else None,
    )
