"""The gateway of Discord: heartbeats, sessions that are resumed, and what is told when none can be had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from alerting import discord_gateway
from alerting.inbox.base import Batch
from core.errors import SourceRejected, SourceUnavailable
from tests.alerting.discord_listening import began, inbox, listened, one
from tests.alerting.discord_people import Guild
from tests.alerting.discord_rules import Refusal
from tests.alerting.strict import running


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Guild]:
    monkeypatch.setattr(discord_gateway, "PAUSE_S", (0.0, 0.0))
    async with running(Guild()) as found:
        yield found


async def test_heartbeats_go_out_in_time_with_the_last_number_though_a_reply_is_handled_slowly(place: Guild) -> None:
    place.interval_ms = 60
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for _ in batches:
            while len(place.beats) < 3:  # noqa: ASYNC110 - whoever listens is busy
                await asyncio.sleep(0.01)
            break
    assert place.beats[-1] == 1


async def test_a_heartbeat_that_is_asked_for_goes_out_at_once_and_its_answer_is_a_sign_of_life(place: Guild) -> None:
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for _ in batches:
            if place.beats:
                break
            await place.tell({"op": 1, "d": None, "s": None, "t": None})
    assert place.beats == [1]


async def test_a_connection_that_answers_no_heartbeat_is_replaced_and_the_session_resumed(place: Guild) -> None:
    place.interval_ms = 30
    place.answers_heartbeats = False
    came = await listened(inbox(place), lambda came: len(came) == 2)
    assert (place.identified, place.resumed) == (1, 1)
    assert place.left_with[0] == 4000
    assert all(batch.cursor for batch in came)


async def test_what_was_said_while_nobody_listened_comes_after_a_restart(place: Guild) -> None:
    cursor = await began(place)
    for word in ("một", "hai"):
        await place.say(word)
    came = await listened(inbox(place), lambda came: sum(len(batch.replies) for batch in came) == 2, cursor)
    again = await listened(inbox(place), lambda came: sum(len(batch.replies) for batch in came) == 1, came[0].cursor)
    assert [reply.text for batch in came for reply in batch.replies] == ["một", "hai"]
    assert [reply.text for batch in again for reply in batch.replies] == ["hai"]
    assert place.identified == 1


async def test_when_discord_asks_for_it_another_connection_resumes(place: Guild) -> None:
    async def go_on(came: list[Batch]) -> None:
        if len(came) == 1:
            await place.tell({"op": 7, "d": None, "s": None, "t": None})

    came: list[Batch] = []
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            came.append(batch)
            await go_on(came)
            if len(came) == 2:
                break
    assert (place.identified, place.resumed) == (1, 1)


async def test_a_session_that_is_gone_begins_anew(place: Guild) -> None:
    cursor = await began(place)
    place.resumes = False
    (batch,) = await listened(inbox(place), one, cursor)
    assert (place.identified, place.resumed) == (2, 0)
    assert batch.cursor != cursor


async def test_a_server_that_is_gone_is_asked_for_another(place: Guild) -> None:
    cursor = (await began(place) or "").replace(place.pair, "127.0.0.1:9")
    await place.say("nhận")
    await listened(inbox(place), lambda came: bool(came[-1].replies), cursor)
    assert place.resumed == 1


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (4004, SourceRejected, "token"),
        (4014, SourceRejected, "Message Content Intent"),
        (4013, SourceRejected, "intents"),
        (4000, SourceUnavailable, "4000"),
    ],
)
async def test_what_a_close_code_means_is_told(place: Guild, code: int, kind: type[Exception], says: str) -> None:
    place.closes_with = code
    with pytest.raises(kind, match=says):
        await began(place)


@pytest.mark.parametrize(
    ("refusal", "kind", "says"),
    [
        (Refusal(401, 0), SourceRejected, "token is refused"),
        (Refusal(429, 0, retry_after=3.5), SourceUnavailable, "429"),
        (Refusal(503, 0), SourceUnavailable, "503"),
    ],
)
async def test_why_no_connection_opens_is_told(place: Guild, refusal: Refusal, kind: type[Exception], says: str) -> None:
    place.refusals = [refusal]
    with pytest.raises(kind, match=says):
        await began(place)


async def test_it_waits_when_no_session_may_begin_today(place: Guild) -> None:
    place.remaining = 0
    with pytest.raises(SourceUnavailable, match="today") as caught:
        await began(place)
    assert caught.value.retry_after_s == 60


async def test_the_privileged_intent_is_asked_for_where_it_is_wanted(place: Guild) -> None:
    place.message_content = True
    assert await listened(inbox(place, message_content=True), one)


@pytest.mark.parametrize("status", [403, 503])
async def test_a_handshake_that_fails_passes(place: Guild, status: int) -> None:
    place.handshake = status
    with pytest.raises(SourceUnavailable, match=str(status)):
        await began(place)
