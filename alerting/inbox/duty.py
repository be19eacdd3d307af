"""What answers ask of duty: who is on call, a swap, taking somebody's place, agreeing to a swap."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from alerting import swaps
from alerting.inbox.command import Command
from alerting.policy import Roster
from core.records import Words
from store.database import Tx

DOOR: Final = "reply"
VERBS: Final = frozenset({"on_call", "swap", "cover", "agree", "disagree"})
_LONGEST_DAY: Final = 3  # words of a day: "thứ bảy này"


def carry_out(tx: Tx, command: Command, person: str, now: datetime, roster: Roster) -> Words:
    """Do it; returns the words of the answer."""
    if command.verb == "on_call":
        return _who(now, roster)
    if command.verb in ("agree", "disagree"):
        return swaps.answer(tx, command.incident_id, person, now, roster, agreed=command.verb == "agree", channel=DOOR)
    if len(command.people) != 1:
        names = [f"{roster.name(one)} ({one})" for one in command.people]
        return Words(key="reply.which_person", args={"names": names})
    if command.verb == "cover":
        return swaps.take_over(tx, person, command.people[0], now, roster, channel=DOOR)
    return swaps.ask(tx, person, command.people[0], now, roster, day=_day(command.text, person, now, roster), channel=DOOR)


def _who(now: datetime, roster: Roster) -> Words:
    """Each rotation and who has its duty now."""
    lines = []
    for rotation_id in roster.rotations:
        who = roster.on_call(rotation_id, now)
        lines.append(f"{rotation_id}: {'-' if who is None else roster.name(who)}")
    return Words(key="reply.on_call", args={"lines": "\n".join(lines) or "-"})


def _day(text: str, person: str, now: datetime, roster: Roster) -> date | None:
    """The day that is named among other words."""
    known = roster.people.get(person)
    today = now.astimezone(ZoneInfo((known and known.timezone) or "UTC")).date()
    words = text.split()
    for count in range(_LONGEST_DAY, 0, -1):
        for at in range(len(words) - count + 1):
            found = swaps.parse_day(" ".join(words[at : at + count]), today)
            if found is not None:
                return found
    return None
