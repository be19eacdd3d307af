"""Which stage a crisis is in, from where it is heard and how fast."""

from __future__ import annotations

import pytest

from alerting.events import Resolved, StageTurned
from alerting.stage import Course, Effect, stage_of
from core.records import Words
from tests.make import NOON

LOUD = (2, 40, 30)
GONE = (2, 40, 3, 1)


def course(*hourly: int, known: bool = True, reply: Effect | None = None, **carriers: str) -> Course:
    return Course(hourly=hourly, known=known, carriers=tuple(carriers.items()), reply=reply)


def reply(before: tuple[int, int], after: tuple[int, int]) -> Effect:
    return Effect(at=NOON, before=before[0], negative_before=before[1], after=after[0], negative_after=after[1])


@pytest.mark.parametrize(
    ("stage", "seen", "expected", "because"),
    [
        ("smouldering", course(*LOUD, forum="forum"), None, None),
        ("smouldering", course(*LOUD, paper="press"), "outbreak", "press_joined"),
        ("smouldering", course(*LOUD, ministry="regulator"), "outbreak", "press_joined"),
        ("smouldering", course(*LOUD, paper="press", beat="page"), "spread", "pages_carry"),
        ("outbreak", course(*LOUD, beat="page"), "spread", "pages_carry"),
        ("spread", course(*LOUD, beat="page", paper="press"), None, None),
        ("smouldering", course(*LOUD, reply=reply((20, 8), (40, 28))), "outbreak", "reply_made_it_worse"),
        ("smouldering", course(*LOUD, reply=reply((20, 8), (40, 18))), None, None),
        ("smouldering", course(*LOUD, reply=reply((3, 0), (4, 4))), None, None),  # too few to tell
        ("outbreak", course(*GONE), "cooling", "fell"),
        ("outbreak", course(*GONE, known=False), None, None),  # a source was not heard: no quiet hour
        ("outbreak", course(2, 40, 30, 1), None, None),  # one quiet hour is none
        ("smouldering", course(0, 0, 0, 0), None, None),  # nothing was counted: nothing fell
        ("cooling", course(2, 40, 3, 1), None, None),
        ("cooling", course(2, 40, 3, 25), "flare-up", "came_back"),
        ("cooling", course(1, 4, 1, 3), None, None),  # three in an hour are no comeback
        ("flare-up", course(2, 40, 3, 25, 2, 1), "cooling", "fell"),
        ("flare-up", course(2, 40, 3, 25, 20), None, None),
    ],
)
def test_the_stage_follows_from_where_it_is_heard_and_how_fast(stage, seen, expected, because) -> None:
    turned = stage_of(stage, seen)
    assert (turned.stage if turned else None) == expected
    assert (turned.because.key if turned else None) == (because and f"stage_because.{because}")


def test_each_turn_is_a_line_with_its_reason_and_no_rise_of_severity(stage) -> None:
    stage.do(stage.signal("minor"))
    turned = StageTurned(stage="outbreak", because=Words(key="stage_because.press_joined", args={"sources": ["vnexpress"]}))
    decision = stage.do(turned)
    assert (stage.live().stage, stage.live().severity, decision.notifications) == ("outbreak", "minor", ())
    assert decision.timeline[0].words.args["because"]["args"] == {"sources": ["vnexpress"]}
    assert stage.do(turned).timeline == ()
    stage.do(Resolved(by="lan", reason="fixed"))
    assert stage.do(replace_stage("spread")).timeline == ()


def replace_stage(stage) -> StageTurned:
    return StageTurned(stage=stage, because=Words(key="stage_because.pages_carry", args={"sources": ["beat"]}))
