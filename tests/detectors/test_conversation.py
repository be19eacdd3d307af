"""A conversation in memory: who is asked only when something may have moved it finds what it finds when it is asked every minute."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any, Final

import pytest

from core.records import Risk
from detectors.conversation import Conversation
from detectors.signals import amplification, guideline_breach, new_story, same_question
from detectors.talk import Said, Talk, Topic, ask
from tests.detectors.said import HOUR, MINUTE, TIERS
from tests.make import NOON

DETECTORS: Final[dict[str, Any]] = {
    module.KIND: module.Detector(module.Options(sensitivity="sensitive"))
    for module in (same_question, new_story, amplification, guideline_breach)
}
LINES: Final = (
    "app sập à mn?",
    "sao không vào được vậy ạ",
    "cho em hỏi giá ấm với",
    "đẹp quá",
    "hôm nay mình vừa thấy ấm Acme cháy khét ngay trong bếp nhà hàng xóm",
    "tao chém chết mày",
)


def _stream(minutes: int, chance: random.Random) -> list[tuple[datetime, Said]]:
    """What is said, each with when it is heard, in that order; some of it is heard late."""
    heard = []
    for number in range(1, minutes * 2):
        at = NOON + chance.uniform(0, minutes) * MINUTE
        line = chance.randrange(len(LINES))
        more: dict[str, Any] = {"risks": (Risk(family="threat", level=2, term="chém"),)} if line == len(LINES) - 1 else {}
        more |= {"kind": chance.choice(("original", "original", "repost", "own")), "followers": chance.choice((None, 30, 50_000))}
        said = Said(number, at, at, chance.choice(list(TIERS)), author=f"u{chance.randrange(40)}", text=LINES[line], story_id=line, **more)
        heard.append((at + chance.choice((0, 0, 0, 20)) * MINUTE, said))
    return sorted(heard, key=lambda each: each[0])


@pytest.mark.parametrize("kind", ["brand", "competitor"])
def test_whoever_is_asked_only_when_something_may_have_moved_it_finds_the_same(kind: Any) -> None:
    topic = Topic(id="acme", name="Acme", kind=kind, tiers=TIERS)
    conversation, said, found = Conversation(topic, DETECTORS), list[Said](), 0
    stream = _stream(150, random.Random(7))
    for minute in range(1, 400):
        end = NOON + minute * MINUTE
        while stream and stream[0][0] < end:
            conversation.say(stream[0][1])
            said.append(stream.pop(0)[1])
        if minute == 60:
            conversation.unsay(said.pop(3).mention_id)
        shown = [one for one in said if end - 3 * HOUR <= one.at < end]
        always = ask(DETECTORS, Talk(topic=topic, end=end, said=tuple(sorted(shown, key=lambda one: (one.at, one.mention_id)))), ())
        assert conversation.ask(end) == always, f"at minute {minute}"
        found += len(always.findings)
    assert (found > 0) == topic.is_ours


def test_what_was_found_is_asked_for_once_more_with_what_was_said_before() -> None:
    topic = Topic(id="acme", name="Acme", tiers=TIERS)
    conversation, said = Conversation(topic, DETECTORS), [one for _, one in _stream(600, random.Random(8))]
    for one in said:
        conversation.say(one)
    end = NOON + 10 * HOUR
    found = conversation.ask(end).findings
    in_order = sorted(said, key=lambda one: (one.at, one.mention_id))
    recent, before = (
        tuple(one for one in in_order if (one.at >= at) == newer) for at, newer in ((end - 3 * HOUR, True), (end - HOUR, False))
    )
    assert conversation.confirm(found, end, ()) == ask(DETECTORS, Talk(topic=topic, end=end, said=recent, before=before), ())
