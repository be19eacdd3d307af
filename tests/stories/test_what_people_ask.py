"""What people ask, retell and shout, through the whole house: an outage before anybody is angry, and a moderator's work beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.house import House

ASKED = (
    "Acme sập à mn?",
    "Acme ơi sao không đăng nhập được vậy ạ",
    "app Acme lỗi hả mọi người",
    "có ai vào Acme bị văng ra không",
    "is Acme down?",
)
SIGNALS = [{"kind": kind} for kind in ("same_question", "new_story", "amplification", "guideline_breach", "single_risk")]
GROUP = {"id": "group", "kind": "webhook", "secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "tier": "owned"}


@pytest.fixture
def house(build_house: Callable[..., House]) -> House:
    return build_house(language="vi", listener={"sources": [GROUP]}, detectors={"signals": SIGNALS})


async def test_five_calm_questions_are_an_outage_told_once_and_a_threat_is_a_moderators(house):
    for question in ASKED:
        await house.say(question)
        await house.forward(minutes=1)
    alert = await house.phone("ana").expect("5 người cùng hỏi một chuyện trong 15 phút")
    assert "NGHIÊM TRỌNG" in alert.subject.upper()
    (outage,) = house.incidents
    assert (outage.kind, outage.severity, outage.key) == ("same_question", "major", "topic:acme|outage|-")
    assert [signal.kind for signal in house.signals()] == ["same_question"]
    await house.say("Acme lại sập hả shop?")
    await house.forward(minutes=5)
    assert [signal.kind for signal in house.signals()] == ["same_question"], "the sixth says nothing new"
    await house.acknowledge("ana")
    await house.say("bọn Acme này tao biết nhà mày, tao chém chết", source="group")
    await house.forward(minutes=3)
    breach = house.incidents[-1]
    assert (breach.kind, breach.key, breach.severity) == ("guideline_breach", "topic:acme|guidelines|-", "minor")
    await house.phone("ana").expect("có bài vi phạm nội quy ở chỗ của mình: đe dọa bạo lực")
    assert len(house.incidents) == 2
