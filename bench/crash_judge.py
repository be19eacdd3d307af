"""What `bench.crash` finds when all is at rest: what was offered beside what is stored, counted and told."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.crash_town import FIRST, Copy, Town, teams_of

MOST_COPIES: Final = 2
WAITING: Final = (
    "SELECT count(*) FROM mentions WHERE enriched_at IS NULL AND source_id LIKE 'forum-%'",  # the monitor's own probes come and go
    "SELECT count(*) FROM signals WHERE taken_at IS NULL AND kind <> 'probe'",
    "SELECT count(*) FROM notifications WHERE state IN ('planned', 'claimed') AND kind <> 'test' AND (kind <> 'digest' OR unixepoch(due_at) < unixepoch() + 61)",
    "SELECT count(*) FROM incidents WHERE status = 'open' AND next_step_at IS NOT NULL AND topic_id IS NOT NULL",  # not the monitor's own ailments
)


class Verdict(NamedTuple):
    """The figures of one run; `ok` where every promise was kept."""

    mentions: int
    lost_mentions: int
    miscounted: int
    pages: int
    lost_pages: int
    lies: int  # sent, says the database, and nothing came
    repeats: int
    most_copies: int
    unflagged: int
    damaged: int

    @property
    def ok(self) -> bool:
        """Whether nothing was lost, nothing counted twice, nothing came thrice, and every repeat said so."""
        wrong = self.lost_mentions, self.miscounted, self.lost_pages, self.lies, self.unflagged, self.damaged
        return not any(wrong) and self.most_copies <= MOST_COPIES


def ask(database: Path, sql: str, *values: object) -> list[Any]:
    """Rows of the monitor's database; none where it has none yet."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=5)) as connection:
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def at_rest(database: Path, town: Town) -> bool:
    """Whether everything was stored, understood, taken, sent and escalated."""
    stored = ask(database, "SELECT count(*) FROM mentions WHERE source_id LIKE 'forum-%'")
    return bool(stored) and stored[0][0] >= len(town.offered()) and not any(ask(database, sql)[0][0] for sql in WAITING)


def told(database: Path, town: Town) -> list[tuple[int, str]]:
    """Open incidents that everybody on the first step has heard of, each with one of them."""
    heard = _heard(town.copies())
    opened = ask(
        database,
        "SELECT DISTINCT i.id, n.person FROM incidents i JOIN notifications n ON n.incident_id = i.id WHERE i.status = 'open' AND n.step = 0",
    )
    unheard = {number for number, person in opened if (person, number) not in heard}
    return [(number, person) for number, person in opened if number not in unheard]


def judge(database: Path, town: Town, brands: Sequence[str]) -> Verdict:
    """Count what is wrong."""
    stored = {name for (name,) in ask(database, "SELECT native_id FROM mentions WHERE source_id LIKE 'forum-%'")}
    live = ask(database, "SELECT count(*) FROM mentions WHERE source_id LIKE 'forum-%' AND arrival <> 'backfill'")[0][0]
    counted = [ask(database, "SELECT coalesce(sum(mentions), 0) FROM buckets WHERE width = ?", width)[0][0] for width in (60, 3600)]
    copies = town.copies()
    return Verdict(
        mentions=len(stored),
        lost_mentions=len(set(town.offered()) - stored),
        miscounted=sum(abs(live - number) for number in counted),
        pages=len(town.burning) * len(FIRST),
        lost_pages=_lost(database, town, brands, copies),
        lies=_lies(database, copies),
        **_repeats(copies),
        damaged=int(ask(database, "PRAGMA integrity_check")[0][0] != "ok"),
    )


def _lost(database: Path, town: Town, brands: Sequence[str], copies: Sequence[Copy]) -> int:
    """How often somebody on the first step never heard of a brand that burns, neither by a page nor in a digest that came or is planned."""
    incidents: dict[str, set[int]] = defaultdict(set)
    for number, topic in ask(database, "SELECT id, topic_id FROM incidents"):
        incidents[topic].add(number)
    held = ask(
        database, "SELECT n.person, n.incident_id FROM notifications n JOIN notifications d ON d.id = n.digest_id WHERE d.state = 'planned'"
    )
    heard = _heard(copies) | {(person, number) for person, number in held}
    called = {brand: [f"{name}-{team}" for name in FIRST] for team, cared_for in teams_of(brands).items() for brand in cared_for}
    return sum(1 for brand in town.burning for person in called[brand] if not any((person, number) in heard for number in incidents[brand]))


def _lies(database: Path, copies: Sequence[Copy]) -> int:
    heard = _heard(copies)
    sent = ask(
        database, "SELECT DISTINCT person, incident_id FROM notifications WHERE state = 'sent' AND channel <> 'log' AND incident_id > 0"
    )
    return sum(1 for pair in sent if tuple(pair) not in heard)


def _heard(copies: Sequence[Copy]) -> set[tuple[str, int]]:
    return {(copy.person, number) for copy in copies for number in copy.incidents}


def _repeats(copies: Sequence[Copy]) -> dict[str, int]:
    by_key: dict[str, list[bool]] = defaultdict(list)
    for copy in copies:
        by_key[copy.key].append(copy.says_repeat)
    return {
        "repeats": sum(len(said) - 1 for said in by_key.values()),
        "most_copies": max(map(len, by_key.values()), default=0),
        "unflagged": sum(said[1:].count(False) for said in by_key.values()),
    }
