"""Two incidents that are one, and one that is two: nothing is lost, nobody is paged twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from alerting import regroup
from alerting.events import Acknowledged, Reopened, SeveritySet
from alerting.labelling import FALSE_ALARMS
from core.errors import NotFound, Refused, StaleVersion
from core.records import Incident
from store import evidence, incidents, labels, mentions, notifications, signals, steps
from tests import make
from tests.alerting.desk import Desk


@pytest.fixture
async def desk(database):
    built = Desk(database)
    await built.hear(told(built, "recall"))
    await built.hear(told(built, "outage", minutes=1))
    assert [one.key.split("|")[1] for one in built.incidents] == ["harm", "outage"]
    return built


def told(desk: Desk, risk: str, *, minutes: float = 0, level: int = 1, evidence: int = 2, **changes):
    """A signal of a cause of its own, with mentions that decided."""
    found = [make.mention(f"Acme {risk} {number}") for number in range(evidence)]
    ids = desk.database.write_now(mentions.add, found).new
    at = make.NOON + timedelta(minutes=minutes)
    return make.signal(at=at, risk=risk, subject=f"topic:acme/{risk}/{minutes}", evidence=tuple(ids), frozen={"level": level}, **changes)


def merge(desk: Desk, one: int, into: int, by: str = "ana"):
    def work(tx):
        return regroup.merge(tx, one, into, by=by, now=desk.now, roster=desk.roster(tx), channel="cli")

    return desk.database.write_now(work)


def split(desk: Desk, one: int, *ids: int):
    def work(tx):
        return regroup.split(tx, one, ids, by="ana", now=desk.now, roster=desk.roster(tx), channel="cli")

    return desk.database.write_now(work)


def of(desk: Desk, number: int) -> Incident:
    return desk.incidents[number - 1]


def pieces(desk: Desk, number: int) -> list[int]:
    return [piece.mention_id for piece in desk.database.read_now(evidence.of_incident, number)]


def planned(desk: Desk, number: int, kind: str = "page") -> list[str]:
    return [one.person for one in desk.database.read_now(notifications.of_incident, number) if one.kind == kind and one.state == "planned"]


async def test_what_is_merged_away_is_closed_silent_and_readable_from_the_other(desk) -> None:
    both = pieces(desk, 1) + pieces(desk, 2)
    assert merge(desk, 2, 1).key == "answer.merged"
    away = of(desk, 2)
    assert (away.status, away.close_reason, away.merged_into, away.next_step_at) == ("resolved", "merged", 1, None)
    assert planned(desk, 2) == []
    assert pieces(desk, 1) == both
    assert [one.id for one in desk.database.read_now(incidents.merged_from, 1)] == [2]
    assert desk.kinds(2)[-1] == "merged"
    assert desk.kinds(1)[-1] == "took_in"
    assert desk.database.read_now(labels.of_incident, 2) == []  # merging says nothing of whether it was one
    assert "merged" not in FALSE_ALARMS


async def test_later_signals_of_its_key_go_to_the_target_however_often_that_was_merged(desk) -> None:
    await desk.hear(told(desk, "fraud", minutes=2))
    merge(desk, 2, 1)
    merge(desk, 1, 3)
    await desk.hear(told(desk, "outage", minutes=30))
    assert len(desk.incidents) == 3
    assert of(desk, 3).last_signal_at == make.NOON + timedelta(minutes=30)
    assert of(desk, 3).key.split("|")[1] == "fraud"  # it keeps its own name


async def test_days_later_too(desk) -> None:
    merge(desk, 2, 1)
    desk.now += timedelta(days=3)
    await desk.hear(told(desk, "outage", minutes=60 * 72))
    assert len(desk.incidents) == 2


async def test_nobody_is_paged_twice_for_one_thing(desk) -> None:
    await desk.forward(seconds=1)
    before = len(desk.phone("ana").got)
    merge(desk, 2, 1)
    await desk.forward(seconds=1)
    assert [message.kind for message in desk.phone("ana").got[before:]] == []  # she did it herself
    assert planned(desk, 1) == []


async def test_who_had_it_has_both(desk) -> None:
    await desk.respond(Acknowledged(by="ben", via="link"), 2)
    merge(desk, 2, 1)
    assert (of(desk, 1).status, of(desk, 1).acknowledged_by) == ("acknowledged", "ben")
    assert planned(desk, 1) == []


async def test_the_graver_one_makes_the_other_graver_and_pages_only_what_nobody_was_called_for(desk) -> None:
    await desk.respond(SeveritySet(by="ana", severity="critical", because="a child was hurt"), 2)  # that pages already
    pages = len(planned(desk, 1))
    merge(desk, 2, 1)
    assert of(desk, 1).severity == "critical"
    assert "severity_raised" in desk.kinds(1)
    assert len(planned(desk, 1)) == pages


@pytest.mark.parametrize(("one", "into", "error"), [(1, 1, Refused), (1, 9, NotFound), (9, 1, NotFound)])
async def test_what_makes_no_sense_is_refused_and_changes_nothing(desk, one, into, error) -> None:
    before = desk.incidents
    with pytest.raises(error):
        merge(desk, one, into)
    assert desk.incidents == before


async def test_a_closed_one_is_not_merged_and_one_that_was_merged_away_can_be_opened_again(desk) -> None:
    merge(desk, 2, 1)
    with pytest.raises(Refused, match="closed"):
        merge(desk, 1, 2)
    await desk.respond(Reopened(by="ana", reason="it was another thing after all"), 2)
    assert (of(desk, 2).status, of(desk, 2).merged_into) == ("open", None)
    await desk.hear(told(desk, "outage", minutes=40))
    assert of(desk, 2).last_signal_at == make.NOON + timedelta(minutes=40)


async def test_two_who_merge_at_once_lose_nothing(desk) -> None:
    """Each into the other: one merge holds, the other is refused."""
    outcomes: list[object] = []
    go = threading.Barrier(2)

    def work(one: int, into: int) -> None:
        go.wait()
        try:
            outcomes.append(merge(desk, one, into))
        except (Refused, StaleVersion) as error:
            outcomes.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    still = [one for one in desk.incidents if one.is_open]
    assert len(still) == 1
    assert sum(isinstance(one, Refused) for one in outcomes) == 1
    assert len(pieces(desk, still[0].id)) == 4


async def test_a_part_is_split_off_with_its_evidence_and_its_checklist_and_pages_nobody_again(desk) -> None:
    first, second = pieces(desk, 1)
    made, answer = split(desk, 1, second)
    assert answer.key == "answer.split"
    assert (pieces(desk, 1), pieces(desk, made)) == ([first], [second])
    part, whole = of(desk, made), of(desk, 1)
    assert part.key == f"{whole.key}+{second}"
    assert (part.severity, part.status, part.next_step_at) == (whole.severity, whole.status, whole.next_step_at)
    assert planned(desk, made) == []
    assert desk.kinds(made)[0] == "opened"
    assert desk.kinds(1)[-1] == "split"
    own = [state.step_id for state in desk.database.read_now(steps.of_incident, made)]
    assert own == [state.step_id for state in desk.database.read_now(steps.of_incident, 1)]


async def test_signals_go_on_to_the_one_it_was_split_off_from(desk) -> None:
    made, _ = split(desk, 1, pieces(desk, 1)[1])
    await desk.hear(told(desk, "recall", minutes=20))
    assert of(desk, 1).last_signal_at > of(desk, made).last_signal_at
    assert len(desk.database.read_now(signals.of_incident, made)) == 0


@pytest.mark.parametrize("which", ["none", "all", "stranger"])
async def test_a_split_that_leaves_nothing_or_takes_nothing_is_refused(desk, which) -> None:
    ids = {"none": [], "all": pieces(desk, 1), "stranger": [pieces(desk, 2)[0]]}[which]
    with pytest.raises(Refused):
        split(desk, 1, *ids)
    assert len(desk.incidents) == 2
